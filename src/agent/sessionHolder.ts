/** What the session's holder offers, and what it needs. */
import type { CognitoConfiguration } from "../core/cognito/configuration.ts";
import type { Tokens } from "../core/cognito/verification.ts";
import type { Supply } from "../core/credentials/endpoint.ts";
import type { Problem } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Redactor } from "../core/redact.ts";
import type { Session, SignedOutReason } from "../core/session.ts";
import type { Clock } from "./clock.ts";
import type { Cognito } from "./cognito.ts";
import type { ProcessCredentials, SignOutResult } from "./protocol.ts";
import type { HeldSession } from "./sessionView.ts";

export interface SessionDependencies {
  readonly cognito: () => Promise<Cognito>;
  /** What is in force now. @throws GatehouseError when it is missing or wrong */
  readonly configuration: () => CognitoConfiguration;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly redactor: Redactor;
  /** After each change that others can see. */
  readonly onChange: (session: Session) => void;
  /** Called with what a successor needs, undefined when there is no session any more. Answers why a successor still finds one. */
  readonly store: (session: HeldSession | undefined) => Problem | undefined;
  /** Why nobody is signed in at the start. */
  readonly reason: SignedOutReason;
}

export interface SessionHolder {
  view(): Session;
  /**
   * Takes a fresh sign-in over; what was there before is revoked. Resolves when the first keys are there, or why they aren't. Until then
   * `signal` undoes it all: the new session is revoked, the one before goes on.
   *
   * @throws GatehouseError cancelled
   */
  adopt(
    configuration: CognitoConfiguration,
    tokens: Tokens,
    clockOffsetSeconds: number | undefined,
    signal?: AbortSignal,
  ): Promise<Session>;
  /** Goes on with a session that a predecessor left. */
  restore(session: HeldSession): void;
  /** Keeps the keys of the role so far until those of the new one are there. */
  chooseRole(arn: string, signal?: AbortSignal): Promise<Session>;
  /** Renews tokens and keys now; calls at the same time are one. @throws GatehouseError signedOut and whatever went wrong */
  refresh(): Promise<Session>;
  /** The configuration may have changed: renews at once when that concerns the session. */
  reconfigured(): void;
  signOut(): Promise<SignOutResult>;
  supply(): Supply;
  /** @throws GatehouseError signedOut | identityPoolMissing | noRole | … */
  processCredentials(): Promise<ProcessCredentials>;
  /**
   * Begins nothing any more. What is under way may take `patience` milliseconds to end, and is stored: with rotation, an answer that
   * nobody waited for takes the session with it, since the refresh token before is worth nothing by then.
   */
  dispose(patience?: number): Promise<void>;
}
