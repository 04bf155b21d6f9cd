import type { Problem } from "./errors.ts";

/** A role of the identity pool that the person may take, from `cognito:roles`. */
export interface Role {
  /** ARN, as in the token's `cognito:roles`. */
  readonly arn: string;
  /** Last part of the ARN: what a person recognises. */
  readonly name: string;
}

/** Why nobody is signed in. */
export type SignedOutReason = "never" | "signedOut" | "expired" | "revoked" | "agentRestarted" | "signedOutEverywhere";

export interface SignedOut {
  readonly state: "signedOut";
  readonly reason: SignedOutReason;
}

/** State of the temporary AWS credentials. Times are milliseconds since the epoch. */
export type CredentialsView =
  | { readonly state: "ready"; readonly expiresAt: number; readonly refreshedAt: number; readonly account?: string }
  | { readonly state: "pending" }
  | { readonly state: "unavailable"; readonly problem: Problem };

export interface SignedIn {
  readonly state: "signedIn";
  /** Opaque id, not derived from a token: what other extensions get. */
  readonly id: string;
  readonly username: string;
  readonly email?: string;
  readonly signedInAt: number;
  readonly roles: readonly Role[];
  /** The role in use: chosen, preferred or the pool's default (then absent until STS has named it). */
  readonly role?: Role;
  readonly credentials: CredentialsView;
  /** The last refresh failed although the session is still valid: what and since when. */
  readonly trouble?: { readonly problem: Problem; readonly since: number; readonly nextAttemptAt: number };
  /** This machine's clock minus Cognito's, in seconds, where measured. */
  readonly clockOffsetSeconds?: number;
}

/** The session as everybody but the agent may see it: no token, no key. */
export type Session = SignedOut | SignedIn;
