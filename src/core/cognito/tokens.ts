import type { Log } from "../log.ts";
import type { CognitoConfiguration } from "./configuration.ts";

/** What a verified id token says. */
export interface IdClaims {
  readonly sub: string;
  readonly username: string;
  readonly email?: string;
  /** `cognito:roles`, ARNs. */
  readonly roles: readonly string[];
  /** `cognito:preferred_role`. */
  readonly preferredRole?: string;
  readonly groups: readonly string[];
  readonly originJti?: string;
  /** When the person signed in, seconds since the epoch, Cognito's clock. */
  readonly authTime: number;
  /** Seconds since the epoch, Cognito's clock. */
  readonly exp: number;
}

/** A verified set of tokens. */
export interface Tokens {
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Expiry of id and access token (the earlier one), milliseconds since the epoch, this machine's clock. */
  readonly expiresAt: number;
  readonly claims: IdClaims;
}

export interface TokenSource {
  refresh(refreshToken: string, signal?: AbortSignal): Promise<Tokens>;
  revoke(refreshToken: string, signal?: AbortSignal): Promise<void>;
}

export interface TokenSourceDependencies {
  readonly configuration: CognitoConfiguration;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export function createTokenSource(_dependencies: TokenSourceDependencies): TokenSource {
  throw new Error("not yet");
}
