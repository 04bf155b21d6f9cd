import type { Disposable, TerminalOptions, TerminalProfile, window as windowApi } from "vscode";
import type { Translate } from "../../core/text.ts";
import { terminalProfileId } from "../../manifest.ts";

export interface ProfileDeps {
  readonly window: Pick<typeof windowApi, "registerTerminalProfileProvider">;
  readonly makeProfile: (options: TerminalOptions) => TerminalProfile;
  readonly gatehouse: GatehouseCommand;
  /** The person's shell. */
  readonly shell: () => string;
  readonly t: Translate;
}

export interface GatehouseCommand {
  /** Absolute path of the Node (or Electron) that runs the CLI. */
  readonly node: string;
  /** Absolute path of dist/cli.js. */
  readonly script: string;
}

/** A terminal for tools that know keys in the environment only. The keys go from the agent to the shell, not through the editor. */
export function environmentTerminal({ node, script }: GatehouseCommand, shell: string, name: string): TerminalOptions {
  return {
    name,
    shellPath: node,
    shellArgs: [script, "exec", "--", shell],
    env: { ELECTRON_RUN_AS_NODE: "1", GATEHOUSE_NODE: node },
    isTransient: true,
  };
}

export function registerTerminalProfile({ window, makeProfile, gatehouse, shell, t }: ProfileDeps): Disposable {
  return window.registerTerminalProfileProvider(terminalProfileId, {
    provideTerminalProfile: () => makeProfile(environmentTerminal(gatehouse, shell(), t("AWS Keys"))),
  });
}
