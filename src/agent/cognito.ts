import type { createCodeExchange } from "../core/cognito/codeExchange.ts";
import type { createFlow } from "../core/cognito/flow.ts";
import type { createIdentityPool } from "../core/cognito/identityPool.ts";
import type { createTokenSource } from "../core/cognito/tokens.ts";

/** The way to Cognito, as the session and the sign-ins use it: cognitoProcess.ts, or a fake. */
export interface Cognito {
  readonly createFlow: typeof createFlow;
  readonly createTokenSource: typeof createTokenSource;
  readonly createIdentityPool: typeof createIdentityPool;
  readonly createCodeExchange: typeof createCodeExchange;
}

/** Milliseconds for a revocation: later than the call's own limit, which says what could not be reached. */
export const revokeTimeout = 15_000;
