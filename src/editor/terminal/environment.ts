import type { Disposable, GlobalEnvironmentVariableCollection, workspace as workspaceApi } from "vscode";
import type { KeptConnection } from "../../agent/client.ts";
import type { Translate } from "../../core/text.ts";
import { together } from "../platform/disposables.ts";
import { type TerminalInput, terminalVariables, type Variable } from "./variables.ts";

export type Collection = Pick<
  GlobalEnvironmentVariableCollection,
  "persistent" | "description" | "replace" | "prepend" | "delete" | "clear"
>;

export interface EnvironmentDeps {
  readonly collection: Collection;
  readonly workspace: Pick<typeof workspaceApi, "onDidChangeConfiguration">;
  readonly agent: Pick<KeptConnection, "onState">;
  /** Everything but the endpoint, as it is now. */
  readonly input: () => Omit<TerminalInput, "endpoint">;
  /** The endpoint as the last agent left it on disk. */
  readonly endpoint: TerminalInput["endpoint"];
  readonly t: Translate;
}

/**
 * Keeps the variables of terminals. Set at once, before any terminal is restored, and touched only where a value really changes:
 * each change puts a relaunch mark on the terminals that are open.
 */
export function registerEnvironment(deps: EnvironmentDeps): Disposable {
  const { collection, t } = deps;
  const current = new Map<string, string>();
  let { endpoint } = deps;

  const apply = (): void => {
    const wanted = terminalVariables({ ...deps.input(), endpoint });
    for (const name of [...current.keys()]) {
      if (wanted.some((variable) => variable.name === name)) continue;
      collection.delete(name);
      current.delete(name);
    }
    for (const variable of wanted) {
      if (current.get(variable.name) === variable.value) continue;
      set(collection, variable);
      current.set(variable.name, variable.value);
    }
  };

  // The default would keep the values in the browser.
  collection.persistent = false;
  collection.clear();
  collection.description = t("AWS credentials of your session, and the command `gatehouse`");
  apply();
  return together(
    deps.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("gatehouse")) apply();
    }),
    deps.agent.onState((connection) => {
      if (connection.state !== "connected") return;
      endpoint = connection.client.hello.endpoint;
      apply();
    }),
  );
}

function set(collection: Collection, { name, value, how }: Variable): void {
  if (how === "replace") collection.replace(name, value);
  // Again behind the shell's own start-up files: login shells set PATH anew.
  else collection.prepend(name, value, { applyAtProcessCreation: true, applyAtShellIntegration: true });
}
