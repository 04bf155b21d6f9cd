import { GatehouseError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Session } from "../../core/session.ts";
import type { SessionStore } from "./store.ts";

export interface AfterSignInDeps {
  readonly store: Pick<SessionStore, "current" | "onChange">;
  readonly pickRole: () => Promise<void>;
  readonly warnOfShadows: () => Promise<void>;
  readonly offerProfile: () => Promise<void>;
  readonly log: Log;
}

/** What comes by itself once somebody has signed in: a role where one has to be chosen, a word on what is in the way, the profile. */
export async function afterSignIn(deps: AfterSignInDeps): Promise<void> {
  try {
    const session = await settled(deps.store, 30_000);
    if (session.state !== "signedIn") return;
    if (session.credentials.state === "unavailable" && session.credentials.problem.code === "ambiguousRole") {
      await deps.pickRole().catch((error: unknown) => deps.log.info(`no role was chosen: ${String(error)}`));
    }
    // Side by side: a warning that nobody answers must not hold the offer back.
    await Promise.all([deps.warnOfShadows(), deps.offerProfile()]);
  } catch (error) {
    // The person is signed in: what is only offered must not look like a failure.
    deps.log.warn(`after the sign-in: ${String(error)}`);
  }
}

/** The session once its AWS credentials are there, or are known not to be. Rejects with `cancelled` after `milliseconds`. */
export function settled(store: Pick<SessionStore, "current" | "onChange">, milliseconds: number): Promise<Session> {
  return new Promise((resolve, reject) => {
    const finish = (how: () => void): void => {
      clearTimeout(timer);
      listener.dispose();
      how();
    };
    const look = (): void => {
      const known = store.current();
      if (known.state !== "known") return;
      const { session } = known;
      if (session.state === "signedIn" && session.credentials.state === "pending") return;
      finish(() => resolve(session));
    };
    const timer = setTimeout(() => finish(() => reject(new GatehouseError("cancelled"))), milliseconds);
    const listener = store.onChange(look);
    look();
  });
}
