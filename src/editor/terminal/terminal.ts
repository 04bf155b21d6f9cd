import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type {
  ExtensionContext,
  env as envApi,
  TerminalOptions,
  TerminalProfile,
  window as windowApi,
  workspace as workspaceApi,
} from "vscode";
import type { KeptConnection } from "../../agent/client.ts";
import type { Log } from "../../core/log.ts";
import { type RuntimePaths, readEndpoint } from "../../core/runtimeDirectory.ts";
import type { Translate } from "../../core/text.ts";
import type * as OnDemand from "../onDemand.ts";
import { readSettings } from "../platform/settings.ts";
import { awsRegion, hostRegion, userRegion } from "./awsRegion.ts";
import { registerEnvironment } from "./environment.ts";
import { registerTerminalProfile } from "./profile.ts";
import { type TerminalInput, terminalVariables } from "./variables.ts";

export interface TerminalDeps {
  readonly vscode: {
    readonly window: typeof windowApi;
    readonly workspace: typeof workspaceApi;
    readonly env: Pick<typeof envApi, "shell">;
    readonly TerminalProfile: new (options: TerminalOptions) => TerminalProfile;
  };
  readonly onDemand: () => Promise<typeof OnDemand>;
  readonly executeCommand: (command: string) => Thenable<unknown>;
  readonly context: Pick<ExtensionContext, "extensionPath" | "environmentVariableCollection" | "globalState">;
  readonly agent: KeptConnection;
  readonly paths: RuntimePaths;
  readonly log: Log;
  readonly t: Translate;
}

export interface Terminal {
  readonly addProfile: () => Promise<void>;
  readonly offerProfile: () => Promise<void>;
  readonly check: () => Promise<void>;
  readonly warnOfShadows: () => Promise<void>;
  dispose(): void;
}

/** Everything that terminals get: variables, the command, a profile with keys; and what may stand in their way. */
export function registerTerminal(deps: TerminalDeps): Terminal {
  const { vscode, context, agent, paths, onDemand, log, t } = deps;
  const { window, workspace } = vscode;
  const dist = join(context.extensionPath, "dist");
  const gatehouse = { node: process.execPath, script: join(dist, "cli.js") };
  // Read once: a file that changes under open terminals must not put a relaunch mark on them.
  const host = hostRegion(process.env);
  const user = userRegion({ env: process.env, home: homedir() });
  const input = (): Omit<TerminalInput, "endpoint"> => {
    const { awsRegion: setting, cognito, terminalCredentials: mode } = readSettings(workspace);
    const region = awsRegion({ user, host: host.host, setting, pool: host.pool || cognito.region });
    return { mode, region, node: gatehouse.node, bin: join(dist, "bin"), delimiter };
  };
  const environment = registerEnvironment({
    collection: context.environmentVariableCollection,
    workspace,
    agent,
    input,
    endpoint: readEndpoint(paths),
    t,
  });
  const profile = registerTerminalProfile({
    window,
    makeProfile: (options) => new vscode.TerminalProfile(options),
    gatehouse,
    shell: () => vscode.env.shell,
    t,
  });
  const profileDeps = {
    window,
    memory: context.globalState,
    gatehouse,
    script: join(dist, "bin", "gatehouse"),
    electron: process.versions["electron"] !== undefined,
    region: () => input().region,
    log,
    t,
  };
  const checkDeps = {
    window,
    executeCommand: deps.executeCommand,
    environment: process.env,
    variables: () => terminalVariables({ ...input(), endpoint: readEndpoint(paths) }),
    t,
  };
  const said = {};
  return {
    addProfile: async () => (await onDemand()).addProfile(profileDeps),
    offerProfile: async () => (await onDemand()).offerProfile(profileDeps),
    check: async () => (await onDemand()).checkTerminal(checkDeps),
    warnOfShadows: async () => (await onDemand()).warnOfShadows(checkDeps, said),
    dispose() {
      profile.dispose();
      environment.dispose();
    },
  };
}
