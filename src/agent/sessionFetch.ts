/** A session's way to Cognito: fetches its tokens and keys, and revokes it. */
import type { IdentityPool } from "../core/cognito/identityPool.ts";
import type { TokenSource } from "../core/cognito/tokens.ts";
import { toProblem } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Clock } from "./clock.ts";
import type { Cognito } from "./cognito.ts";
import type { SignOutResult } from "./protocol.ts";
import { type HeldSession, hold } from "./sessionView.ts";

export interface SessionFetchDependencies {
  readonly cognito: () => Promise<Cognito>;
  readonly clock: Clock;
  readonly log: Log;
  /** Called between tokens and keys: with rotation the old refresh token is worth nothing any more. */
  readonly onTokens: (session: HeldSession) => void;
}

export interface SessionFetch {
  /** Fetches tokens (unless they are fresh) and keys into the session. Not twice at a time for one session. */
  fetch(session: HeldSession, role: string | undefined, signal: AbortSignal): Promise<void>;
  revoke(session: HeldSession): Promise<void>;
  /** Revokes as a step of a sign-out: never rejects. */
  revokeStep(session: HeldSession): Promise<SignOutResult["steps"][number]>;
}

/** Tokens younger than this are not fetched again only because the keys failed. */
const freshFor = 5 * 60_000;
const revokeTimeout = 10_000;

interface Clients {
  readonly source: TokenSource;
  readonly pool: IdentityPool;
}

export function createSessionFetch(deps: SessionFetchDependencies): SessionFetch {
  const { clock, log } = deps;
  const clients = new WeakMap<HeldSession, Clients>();

  /** One of each for a session: they remember what they learnt (the identity's id, the clock's offset, a rotation under way). */
  const clientsOf = async (session: HeldSession): Promise<Clients> => {
    const known = clients.get(session);
    if (known !== undefined) return known;
    const { createTokenSource, createIdentityPool } = await deps.cognito();
    const options = { configuration: session.configuration, log, now: clock.now };
    const made = clients.get(session) ?? { source: createTokenSource(options), pool: createIdentityPool(options) };
    clients.set(session, made);
    return made;
  };

  const revoke = async (session: HeldSession): Promise<void> => {
    const { source } = await clientsOf(session);
    await source.revoke(session.tokens.refreshToken, AbortSignal.timeout(revokeTimeout));
  };

  return {
    async fetch(session, role, signal) {
      const { source, pool } = await clientsOf(session);
      const age = clock.now() - session.tokensObtainedAt;
      const left = session.tokens.expiresAt - clock.now();
      if (age < 0 || age > freshFor || left < 60_000) {
        session.tokens = await source.refresh(session.tokens.refreshToken, signal);
        session.tokensObtainedAt = clock.now();
        session.clockOffsetSeconds = source.clockOffsetSeconds() ?? session.clockOffsetSeconds;
        deps.onTokens(session);
      }
      const credentials = await pool.credentials(session.tokens.idToken, role, signal);
      session.chosenRole = role;
      session.credentials = hold(credentials, session, clock.now());
    },
    revoke,
    async revokeStep(session) {
      const step = "revokeRefreshToken";
      try {
        await revoke(session);
        return { step };
      } catch (error) {
        const problem = toProblem(error);
        log.warn(`session: revocation failed (${problem.code})`);
        // Nothing left to revoke is as good as revoked.
        return problem.code === "sessionEnded" ? { step } : { step, problem };
      }
    },
  };
}
