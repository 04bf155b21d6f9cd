import { GatehouseError } from "../errors.ts";
import type { Log } from "../log.ts";
import { createClock } from "./clock.ts";
import type { CognitoConfiguration } from "./configuration.ts";
import { createUserPool, type UserPool } from "./userPool.ts";
import { createTokenVerifier, type Tokens, type TokenVerifier } from "./verification.ts";

export interface TokenSource {
  /**
   * New tokens by GetTokensFromRefreshToken. `refreshToken` of the result is the new one under rotation, else the one given.
   * Rejects with `sessionEnded` (revoked, expired, signed out everywhere), `unreachable`, `tls`, `throttled`, `serverError`,
   * `clientMisconfigured`, `tokenInvalid`, `clockSkew` or `cancelled`; only `sessionEnded` means that trying again is no use.
   */
  refresh(refreshToken: string, signal?: AbortSignal): Promise<Tokens>;
  /** Ends the refresh token and every access token that came of it. One that has ended already is fine. */
  revoke(refreshToken: string, signal?: AbortSignal): Promise<void>;
  /** This machine's clock minus Cognito's, seconds; undefined before the first answer. */
  clockOffsetSeconds(): number | undefined;
}

export interface TokenSourceDependencies {
  readonly configuration: CognitoConfiguration;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** For tests. */
  readonly userPool?: Pick<UserPool, "refresh" | "revoke">;
  readonly verifier?: TokenVerifier;
}

export function createTokenSource(dependencies: TokenSourceDependencies): TokenSource {
  const { configuration, log, now } = dependencies;
  const clock = createClock(now);
  const userPool = dependencies.userPool ?? createUserPool(configuration, clock);
  const verifier = dependencies.verifier ?? createTokenVerifier(configuration, clock);
  /** Under rotation: what took the place of a token whose holder never saw it, because the answer could not be verified. */
  let rotated: { readonly from: string; readonly to: string } | undefined;

  return {
    async refresh(refreshToken, signal) {
      // First the keys: a refresh token that is used up for an answer nobody can verify would be lost.
      await verifier.prepare(signal);
      const current = rotated?.from === refreshToken ? rotated.to : refreshToken;
      const received = await userPool.refresh(current, signal);
      if (received.refreshToken !== undefined) rotated = { from: refreshToken, to: received.refreshToken };
      const tokens = await verifier.verify(received, current, signal);
      rotated = undefined;
      log.debug(`tokens refreshed${received.refreshToken === undefined ? "" : ", refresh token rotated"}`);
      return tokens;
    },

    async revoke(refreshToken, signal) {
      const current = rotated?.from === refreshToken ? rotated.to : refreshToken;
      await userPool.revoke(current, signal).catch((error) => {
        if (!(error instanceof GatehouseError && error.code === "sessionEnded")) throw error;
      });
      log.debug("refresh token revoked");
    },

    clockOffsetSeconds: () => clock.offsetSeconds(),
  };
}
