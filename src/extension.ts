import * as vscode from "vscode";
import { keepConnected } from "./agent/client.ts";
import { refresh } from "./agent/protocol.ts";
import { createRedactor } from "./core/redact.ts";
import { runtimePaths } from "./core/runtimeDirectory.ts";
import { systemClock as clock } from "./editor/platform/clock.ts";
import { registerCommands, showProblem } from "./editor/platform/commands.ts";
import { createConfiguration, openSettings } from "./editor/platform/configuration.ts";
import { channelLog } from "./editor/platform/log.ts";
import { translator } from "./editor/platform/text.ts";
import { afterSignIn } from "./editor/session/afterSignIn.ts";
import { createAuthentication } from "./editor/session/authentication.ts";
import { registerOffers } from "./editor/session/offers.ts";
import { signOutOfAws } from "./editor/session/signOut.ts";
import { registerStatusBar } from "./editor/session/statusBar.ts";
import { createSessionStore } from "./editor/session/store.ts";
import { registerSignIn } from "./editor/signIn/register.ts";
import { registerTerminal } from "./editor/terminal/terminal.ts";
import { authenticationProviderId, commands as ids } from "./manifest.ts";

/** Registers everything at once and waits for nothing: the agent answers when it answers. */
export function activate(context: vscode.ExtensionContext): void {
  const { window, workspace, commands } = vscode;
  const { executeCommand } = commands;
  const onDemand = () => import("./editor/onDemand.ts");
  const t = translator(vscode.l10n);
  const channel = window.createOutputChannel("Gatehouse", { log: true });
  const log = channelLog(channel, createRedactor().redact);
  const toasts = { commands, window, t, log };
  const configuration = createConfiguration({ workspace, commands, log, showProblem: (p) => showProblem(toasts, p) });
  const paths = runtimePaths({ environment: process.env });
  const agent = keepConnected({
    paths,
    client: "editor",
    version: String(context.extension.packageJSON.version),
    agentScript: context.asAbsolutePath("dist/agent.js"),
    node: process.execPath,
    environment: process.env,
    prepare: configuration.prepare,
  });
  const store = createSessionStore(agent, log);
  const terminal = registerTerminal({ vscode, onDemand, executeCommand, context, agent, paths, log, t });
  const show = { window, commands, separator: vscode.QuickPickItemKind.Separator, agent, store, t };
  const pickRole = async () => (await onDemand()).pickRole(show);
  const afterwards = () => void afterSignIn({ ...terminal, store, pickRole, log });
  const signIn = registerSignIn({ vscode, onDemand, context, agent, store, afterwards, log, t });
  const signOut = () => signOutOfAws({ agent, window, log, t });
  const item = window.createStatusBarItem("gatehouse.session", vscode.StatusBarAlignment.Left, 10);
  const provider = createAuthentication({ store, emitter: new vscode.EventEmitter(), signIn: signIn.start, signOut });

  context.subscriptions.push(
    channel,
    agent,
    configuration.follow(agent),
    store,
    terminal,
    signIn,
    registerStatusBar({ item, ThemeColor: vscode.ThemeColor, store, clock, t }),
    registerOffers({ window, commands, agent, store, t }),
    provider,
    vscode.authentication.registerAuthenticationProvider(authenticationProviderId, "Gatehouse (AWS)", provider),
    registerCommands(toasts, {
      [ids.signIn]: signIn.start,
      [ids.signInWithPassword]: signIn.withPassword,
      [ids.signOutOfAws]: signOut,
      [ids.showSession]: async () => (await onDemand()).showSession(show),
      [ids.chooseRole]: pickRole,
      [ids.refreshCredentials]: async () => void (await agent.request(refresh)),
      [ids.addProfile]: terminal.addProfile,
      [ids.checkTerminal]: terminal.check,
      [ids.openSettings]: () => openSettings(executeCommand, vscode.env.remoteName),
      [ids.showLog]: () => channel.show(),
    }),
  );
}
