import type { Problem } from "../errors.ts";
import type { Log } from "../log.ts";
import type { CognitoConfiguration } from "./configuration.ts";
import type { Answer, Prompt } from "./prompt.ts";
import type { Tokens } from "./tokens.ts";

export type { IdClaims, Tokens } from "./tokens.ts";

/** Where a sign-in stands: something to ask for, done, or over. */
export type FlowStep =
  | { readonly state: "prompt"; readonly prompt: Prompt; readonly problem?: Problem; readonly notice?: Problem }
  | { readonly state: "tokens"; readonly tokens: Tokens; readonly clockOffsetSeconds?: number }
  | { readonly state: "failed"; readonly problem: Problem };

export interface Flow {
  start(username: string, signal?: AbortSignal): Promise<FlowStep>;
  answer(answer: Answer, signal?: AbortSignal): Promise<FlowStep>;
}

export interface FlowDependencies {
  readonly configuration: CognitoConfiguration;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export function createFlow(_dependencies: FlowDependencies): Flow {
  throw new Error("not yet");
}
