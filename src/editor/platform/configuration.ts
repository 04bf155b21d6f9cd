import type { commands as commandsApi, Disposable, workspace as workspaceApi } from "vscode";
import type { KeptConnection } from "../../agent/client.ts";
import { type ConfigurationView, configure } from "../../agent/protocol.ts";
import type { Problem } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { contextKeys } from "../../manifest.ts";
import { readSettings } from "./settings.ts";

export interface ConfigurationDeps {
  readonly workspace: Pick<typeof workspaceApi, "getConfiguration" | "onDidChangeConfiguration">;
  readonly commands: Pick<typeof commandsApi, "executeCommand">;
  readonly log: Log;
  /** Shows what is wrong with a key. */
  readonly showProblem: (problem: Problem) => void;
}

export interface Configuration {
  /** Sends the settings to an agent that was just reached; host.json wins there, where there is one. */
  readonly prepare: (client: Pick<KeptConnection, "request">) => Promise<void>;
  /** Sends them again whenever they change. */
  readonly follow: (connection: Pick<KeptConnection, "request">) => Disposable;
}

/** Keeps the agent's configuration equal to the settings, and says once what is wrong with it. */
export function createConfiguration(deps: ConfigurationDeps): Configuration {
  let shown = "";
  const received = (view: ConfigurationView): void => {
    void deps.commands.executeCommand("setContext", contextKeys.configured, view.ok);
    void deps.commands.executeCommand("setContext", contextKeys.browserSignIn, view.ok && view.browserSignIn);
    const invalid = view.ok ? [] : view.problems.filter(({ code }) => code !== "notConfigured");
    const now = JSON.stringify(invalid);
    if (now === shown) return;
    shown = now;
    for (const problem of invalid) deps.log.error(`configuration: ${JSON.stringify(problem)}`);
    // The log has all of them; one message is enough to start with.
    if (invalid[0] !== undefined) deps.showProblem(invalid[0]);
  };
  const prepare: Configuration["prepare"] = async (client) => {
    try {
      received(await client.request(configure, readSettings(deps.workspace).cognito));
    } catch (error) {
      // The connection is of use all the same: for the session that is there.
      deps.log.warn(`configure: ${String(error)}`);
    }
  };
  return {
    prepare,
    follow: (connection) =>
      deps.workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration("gatehouse.cognito")) return;
        void prepare(connection);
      }),
  };
}

/** Opens our settings where they can be set: those of the scope `machine` belong to the remote side, where there is one. */
export function openSettings(
  execute: typeof commandsApi.executeCommand,
  remote: string | undefined,
): Thenable<unknown> {
  const command = remote === undefined ? "workbench.action.openSettings" : "workbench.action.openRemoteSettings";
  return execute(command, { query: "@ext:gatehouse.gatehouse" });
}
