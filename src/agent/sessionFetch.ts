/** A session's way to Cognito: fetches its tokens and keys, and revokes it. */
import { isDeepStrictEqual } from "node:util";
import type { CognitoConfiguration } from "../core/cognito/configuration.ts";
import type { IdentityPool } from "../core/cognito/identityPool.ts";
import type { TokenSource } from "../core/cognito/tokens.ts";
import { toProblem } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Clock } from "./clock.ts";
import { type Cognito, revokeTimeout } from "./cognito.ts";
import type { SignOutResult } from "./protocol.ts";
import { type HeldSession, hold } from "./sessionView.ts";

export interface SessionFetchDependencies {
  readonly cognito: () => Promise<Cognito>;
  /** What is in force now. @throws GatehouseError when it is missing or wrong */
  readonly configuration: () => CognitoConfiguration;
  readonly clock: Clock;
  readonly log: Log;
  /** Called between tokens and keys: with rotation the old refresh token is worth nothing any more. */
  readonly onTokens: (session: HeldSession) => void;
}

export interface SessionFetch {
  /** Whether the session was last fetched with another configuration than the one that it would be fetched with now. */
  isOutdated(session: HeldSession): boolean;
  /** Fetches tokens (unless they are fresh) and keys into the session. Not twice at a time for one session. */
  fetch(session: HeldSession, role: string | undefined, signal: AbortSignal): Promise<void>;
  revoke(session: HeldSession): Promise<void>;
  /** Revokes as a step of a sign-out: never rejects. */
  revokeStep(session: HeldSession): Promise<SignOutResult["steps"][number]>;
}

/** Tokens younger than this are not fetched again only because the keys failed. */
const freshFor = 5 * 60_000;

interface Clients {
  readonly configuration: CognitoConfiguration;
  readonly source: TokenSource;
  readonly pool: IdentityPool;
}

/** Whether tokens of the one are tokens of the other, wherever they are fetched. */
export function isSameClient(one: CognitoConfiguration, other: CognitoConfiguration): boolean {
  return one.region === other.region && one.userPoolId === other.userPoolId && one.clientId === other.clientId;
}

export function createSessionFetch(deps: SessionFetchDependencies): SessionFetch {
  const { clock, log } = deps;
  const clients = new WeakMap<HeldSession, Clients>();

  /** An endpoint or the identity pool may have changed since the sign-in; of another pool or client the session stays what it is. */
  const configurationOf = (session: HeldSession): CognitoConfiguration => {
    try {
      const now = deps.configuration();
      return isSameClient(now, session.configuration) ? now : session.configuration;
    } catch {
      return session.configuration;
    }
  };

  const isOutdated = (session: HeldSession): boolean =>
    !isDeepStrictEqual(configurationOf(session), session.configuration);

  /** One of each for a session: they remember what they learnt (the identity's id, the clock's offset, a rotation under way). */
  const clientsOf = async (session: HeldSession): Promise<Clients> => {
    const { createTokenSource, createIdentityPool } = await deps.cognito();
    const configuration = configurationOf(session);
    const known = clients.get(session);
    if (known !== undefined && isDeepStrictEqual(known.configuration, configuration)) return known;
    const options = { configuration, log, now: clock.now };
    const source =
      known?.configuration.userPoolEndpoint === configuration.userPoolEndpoint &&
      known?.configuration.clientSecret === configuration.clientSecret
        ? known?.source
        : undefined;
    const made = { configuration, source: source ?? createTokenSource(options), pool: createIdentityPool(options) };
    clients.set(session, made);
    session.configuration = configuration;
    return made;
  };

  const revoke = async (session: HeldSession): Promise<void> => {
    const { source } = await clientsOf(session);
    await source.revoke(session.tokens.refreshToken, AbortSignal.timeout(revokeTimeout));
  };

  return {
    isOutdated,
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
