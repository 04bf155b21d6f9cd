import type { Disposable, workspace as workspaceApi } from "vscode";
import type { KeptConnection } from "../../agent/client.ts";
import { claimAutomaticSignIn } from "../../agent/protocol.ts";
import { toProblem } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { readSettings } from "../platform/settings.ts";
import type { SessionStore } from "../session/store.ts";
import type { SignIn } from "./signIn.ts";

export interface AutomaticDeps {
  readonly workspace: Pick<typeof workspaceApi, "getConfiguration">;
  readonly agent: Pick<KeptConnection, "request">;
  readonly store: Pick<SessionStore, "onChange">;
  readonly signIn: Pick<SignIn, "automatically">;
  readonly log: Log;
}

/**
 * Signs in by itself where the setting says so and the window finds nobody signed in at its start. Which window does it, and how often,
 * is for the agent to say: it alone knows of all of them, and of who signed out.
 */
export function registerAutomaticSignIn({ workspace, agent, store, signIn, log }: AutomaticDeps): Disposable {
  const look = async (): Promise<void> => {
    try {
      if ((await agent.request(claimAutomaticSignIn)).granted) await signIn.automatically();
    } catch (error) {
      log.info(`sign-in by itself: ${toProblem(error).code}`);
    }
  };
  const first = store.onChange(({ known }) => {
    if (known.state !== "known") return;
    first.dispose();
    if (known.session.state === "signedOut" && readSettings(workspace).signInAutomatically) void look();
  });
  return first;
}
