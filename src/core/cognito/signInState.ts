/** The states of a sign-in, what it has to do, and what can happen: data only. */
import type { Problem } from "../errors.ts";
import type { Answer, Prompt } from "./prompt.ts";
import type { Challenge, ReceivedTokens } from "./userPool.ts";
import type { Tokens } from "./verification.ts";

/** What is known about the person, kept so that a flow that Cognito gave up can be started again by itself. */
export interface Known {
  readonly username: string;
  readonly password?: string;
  /** USER_ID_FOR_SRP: the user's name proper where an alias was typed; further challenges want it. */
  readonly userId?: string;
  /** In this flow. */
  readonly wrongPasswords: number;
}

export interface Asking {
  readonly at: "asking";
  readonly known: Known;
  readonly prompt: Prompt;
  readonly session?: string;
  readonly problem?: Problem;
  readonly notice?: Problem;
}

export interface Working {
  readonly at: "working";
  readonly known: Known;
  readonly effect: Effect;
  /** What is asked again, with the problem, when the effect fails. */
  readonly back: Asking;
  /** An answer that the session expired under: given again without asking once the flow is back there. */
  readonly pending?: Answer;
  /** Why the flow was started again, told at the next prompt. */
  readonly notice?: Problem;
}

export type SignInState =
  | { readonly at: "idle" }
  | Asking
  | Working
  | { readonly at: "done"; readonly tokens: Tokens; readonly clockOffsetSeconds?: number }
  | { readonly at: "failed"; readonly problem: Problem };

/** What the flow has to do; each ends in one event. */
export type Effect =
  | { readonly kind: "startSrp"; readonly username: string }
  | { readonly kind: "provePassword"; readonly known: Known; readonly challenge: Challenge }
  | {
      readonly kind: "respond";
      readonly challenge: "SOFTWARE_TOKEN_MFA" | "NEW_PASSWORD_REQUIRED" | "MFA_SETUP";
      readonly responses: Readonly<Record<string, string>> & { readonly USERNAME: string };
      readonly session: string;
    }
  | { readonly kind: "associate"; readonly session: string }
  | { readonly kind: "verifyCode"; readonly session: string; readonly code: string }
  | { readonly kind: "confirmSignUp"; readonly username: string; readonly code: string }
  | { readonly kind: "resendConfirmation"; readonly username: string }
  | { readonly kind: "forgotPassword"; readonly username: string }
  | {
      readonly kind: "confirmForgotPassword";
      readonly username: string;
      readonly code: string;
      readonly password: string;
    }
  | { readonly kind: "verifyTokens"; readonly received: ReceivedTokens };

export type SignInEvent =
  | { readonly kind: "start"; readonly username: string }
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "cancel" }
  | { readonly kind: "failed"; readonly problem: Problem }
  | { readonly kind: "challenged"; readonly challenge: Challenge }
  | { readonly kind: "authenticated"; readonly received: ReceivedTokens }
  | { readonly kind: "secretIssued"; readonly secret: string; readonly session: string }
  | { readonly kind: "codeVerified"; readonly session: string }
  | { readonly kind: "accountConfirmed" }
  | { readonly kind: "codeSent"; readonly destination?: string }
  | { readonly kind: "passwordReset" }
  | { readonly kind: "verified"; readonly tokens: Tokens; readonly clockOffsetSeconds?: number };

export interface Transition {
  readonly state: SignInState;
  readonly effects: readonly Effect[];
}
