import type { commands as commandsApi, Disposable, window as windowApi } from "vscode";
import type { KeptConnection } from "../../agent/client.ts";
import type { Translate } from "../../core/text.ts";
import { commands, contextKeys } from "../../manifest.ts";
import { together } from "../platform/disposables.ts";
import { lossOf } from "./loss.ts";
import type { SessionStore } from "./store.ts";

export interface LossDeps {
  readonly window: Pick<typeof windowApi, "showInformationMessage" | "showWarningMessage">;
  readonly commands: Pick<typeof commandsApi, "executeCommand">;
  readonly agent: Pick<KeptConnection, "onCredentialsWanted">;
  readonly store: Pick<SessionStore, "onChange">;
  readonly t: Translate;
}

/** Offers to sign in where the session was lost, or where a terminal wants credentials and there is none. Once each. */
export function registerOffers({ window, commands: api, agent, store, t }: LossDeps): Disposable {
  const signIn = t("Sign In");
  const offer = async (shown: Thenable<string | undefined>): Promise<void> => {
    if ((await shown) === signIn) await api.executeCommand(commands.signIn);
  };
  return together(
    store.onChange(({ known, previous }) => {
      const signedIn = known.state === "known" && known.session.state === "signedIn";
      void api.executeCommand("setContext", contextKeys.signedIn, signedIn);
      const message = lossOf(previous, known, t);
      if (message !== undefined) void offer(window.showWarningMessage(message, signIn));
    }),
    agent.onCredentialsWanted(() => {
      const message = t("A terminal asked for AWS credentials, but you are signed out.");
      void offer(window.showInformationMessage(message, signIn));
    }),
  );
}
