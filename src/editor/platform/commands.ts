import type { commands as commandsApi, Disposable, window as windowApi } from "vscode";
import { type Problem, toProblem } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { describe, remedy } from "../../core/messages.ts";
import type { Translate } from "../../core/text.ts";
import { type CommandId, commands } from "../../manifest.ts";
import { together } from "./disposables.ts";

export interface CommandDeps {
  readonly commands: Pick<typeof commandsApi, "registerCommand" | "executeCommand">;
  readonly window: Pick<typeof windowApi, "showErrorMessage">;
  readonly t: Translate;
  readonly log: Log;
}

export type Handlers = Readonly<Record<CommandId, (...args: readonly unknown[]) => unknown>>;

/** Registers every command. What a handler throws becomes one message with what helps; a cancelled one says nothing. */
export function registerCommands(deps: CommandDeps, handlers: Handlers): Disposable {
  return together(
    ...Object.entries(handlers).map(([id, handler]) =>
      deps.commands.registerCommand(id, async (...args: unknown[]) => {
        try {
          return await handler(...args);
        } catch (error) {
          const problem = toProblem(error);
          if (problem.code === "cancelled") return undefined;
          deps.log.error(`${id}: ${problem.code} ${JSON.stringify(problem.params ?? {})}`);
          void showProblem(deps, problem, id as CommandId);
          return undefined;
        }
      }),
    ),
  );
}

export interface ProblemButton {
  readonly title: string;
  readonly command: CommandId;
}

/** What a message about a problem offers: its remedy first, the log last. */
export function problemButtons(problem: Problem, failed: CommandId | undefined, t: Translate): ProblemButton[] {
  const buttons: ProblemButton[] = [];
  switch (remedy(problem)) {
    case "signIn":
      buttons.push({ title: t("Sign In"), command: commands.signIn });
      break;
    case "chooseRole":
      buttons.push({ title: t("Choose a Role"), command: commands.chooseRole });
      break;
    case "configure":
      buttons.push({ title: t("Open Settings"), command: commands.openSettings });
      break;
    case "retry":
      if (failed !== undefined) buttons.push({ title: t("Try Again"), command: failed });
      // An address can only be wrong where somebody set it.
      if (problem.params?.["setting"]) buttons.push({ title: t("Open Settings"), command: commands.openSettings });
      break;
    case "showLog":
      if (failed !== undefined) buttons.push({ title: t("Try Again"), command: failed });
      break;
    default:
      break;
  }
  // signIn.ts says which way has failed.
  if (problem.params?.["way"] === "browser") {
    if (buttons.length === 0 && failed !== undefined) buttons.push({ title: t("Try Again"), command: failed });
    buttons.push({ title: t("Use Password Instead"), command: commands.signInWithPassword });
  }
  return [...buttons, { title: t("Show Log"), command: commands.showLog }];
}

/** Shows a problem with its buttons and runs the command of the one that was pressed. */
export async function showProblem(deps: CommandDeps, problem: Problem, failed?: CommandId): Promise<void> {
  const buttons = problemButtons(problem, failed, deps.t);
  const pressed = await deps.window.showErrorMessage(describe(problem, deps.t), ...buttons.map(({ title }) => title));
  const button = buttons.find(({ title }) => title === pressed);
  if (button !== undefined) await deps.commands.executeCommand(button.command);
}
