/** The part of the agent that loads the AWS SDK: at the first sign-in, so that an agent that waits for one stays small. */
import type { createFlow } from "../core/cognito/flow.ts";
import type { createIdentityPool } from "../core/cognito/identityPool.ts";
import type { createTokenSource } from "../core/cognito/tokens.ts";

export interface Cognito {
  readonly createFlow: typeof createFlow;
  readonly createTokenSource: typeof createTokenSource;
  readonly createIdentityPool: typeof createIdentityPool;
}

export async function loadCognito(): Promise<Cognito> {
  const [flow, tokens, identityPool] = await Promise.all([
    import("../core/cognito/flow.ts"),
    import("../core/cognito/tokens.ts"),
    import("../core/cognito/identityPool.ts"),
  ]);
  return {
    createFlow: flow.createFlow,
    createTokenSource: tokens.createTokenSource,
    createIdentityPool: identityPool.createIdentityPool,
  };
}
