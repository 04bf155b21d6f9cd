import type { window as windowApi } from "vscode";
import type { KeptConnection } from "../../agent/client.ts";
import { signOut } from "../../agent/protocol.ts";
import type { Log } from "../../core/log.ts";
import { describe } from "../../core/messages.ts";
import type { Translate } from "../../core/text.ts";

export interface SignOutDeps {
  readonly agent: Pick<KeptConnection, "request">;
  readonly window: Pick<typeof windowApi, "showWarningMessage">;
  readonly log: Log;
  readonly t: Translate;
}

/** Signs out of AWS; what could not be done is said, because the session then lives on: at Cognito until it expires, or in the
 * file that a service keeps for its successor. */
export async function signOutOfAws({ agent, window, log, t }: SignOutDeps): Promise<void> {
  const { steps } = await agent.request(signOut);
  for (const { step, problem } of steps) {
    if (problem === undefined) continue;
    log.warn(`sign-out: ${step}: ${problem.code} ${JSON.stringify(problem.params ?? {})}`);
    const why = describe(problem, t);
    void window.showWarningMessage(
      step === "dropCredentials"
        ? t("You are signed out here, but what was kept of the session could not be removed. {why}", { why })
        : t("You are signed out here, but the session could not be ended at Cognito. {why}", { why }),
    );
  }
}
