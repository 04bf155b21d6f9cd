import type { CognitoConfiguration } from "../core/cognito/configuration.ts";
import type { Tokens } from "../core/cognito/verification.ts";
import { toProblem } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Redactor } from "../core/redact.ts";
import type { Clock } from "./clock.ts";
import { type Cognito, revokeTimeout } from "./cognito.ts";

export interface DiscardDependencies {
  readonly cognito: () => Promise<Cognito>;
  readonly clock: Clock;
  readonly log: Log;
  readonly redactor: Redactor;
}

/**
 * Revokes tokens that nobody gets: otherwise they would live on at Cognito for as long as a session does. Never rejects.
 *
 * @param why for the log, as in "sign-in: cancelled, …"
 */
export async function discard(
  deps: DiscardDependencies,
  configuration: CognitoConfiguration,
  { refreshToken }: Tokens,
  why: string,
): Promise<void> {
  const forget = deps.redactor.remember(refreshToken);
  try {
    const { createTokenSource } = await deps.cognito();
    const source = createTokenSource({ configuration, log: deps.log, now: deps.clock.now });
    await source.revoke(refreshToken, AbortSignal.timeout(revokeTimeout));
    deps.log.info(`sign-in: ${why}, its tokens are revoked`);
  } catch (error) {
    deps.log.warn(`sign-in: ${why}, but its tokens could not be revoked (${toProblem(error).code})`);
  } finally {
    forget();
  }
}
