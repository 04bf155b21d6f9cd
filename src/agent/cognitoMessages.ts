/** What the agent and its Cognito process say to each other over the IPC channel. */
import type { CognitoConfiguration } from "../core/cognito/configuration.ts";
import type { Problem } from "../core/errors.ts";
import type { Log } from "../core/log.ts";

export type Kind = "flow" | "tokens" | "identityPool" | "codeExchange";

export type ToCognito =
  | {
      readonly call: number;
      /** Made at its first call. */
      readonly object: number;
      readonly kind: Kind;
      readonly configuration: CognitoConfiguration;
      readonly method: string;
      readonly parameters: readonly unknown[];
    }
  | { readonly abort: number }
  | { readonly forget: number };

export type FromCognito =
  | { readonly call: number; readonly result: unknown; readonly offset?: number | undefined }
  | { readonly call: number; readonly problem: Problem }
  | { readonly log: keyof Log; readonly line: string };
