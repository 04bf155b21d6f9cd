import type { commands as commandsApi, QuickPickItem, QuickPickItemKind, window as windowApi } from "vscode";
import type { KeptConnection } from "../../agent/client.ts";
import { chooseRole } from "../../agent/protocol.ts";
import { GatehouseError } from "../../core/errors.ts";
import type { Translate } from "../../core/text.ts";
import type { CommandId } from "../../manifest.ts";
import { type SessionRow, sessionRows } from "./rows.ts";
import type { SessionStore } from "./store.ts";

export interface ShowDeps {
  readonly window: Pick<typeof windowApi, "showQuickPick">;
  readonly commands: Pick<typeof commandsApi, "executeCommand">;
  /** vscode.QuickPickItemKind.Separator, which only the editor has at run time. */
  readonly separator: QuickPickItemKind;
  readonly agent: Pick<KeptConnection, "request">;
  readonly store: SessionStore;
  readonly t: Translate;
}

interface Row extends QuickPickItem {
  readonly run?: CommandId | undefined;
}

/** Shows who is signed in with what, and what can be done. */
export async function showSession({ window, commands, separator, store, t }: ShowDeps): Promise<void> {
  const { facts, actions } = sessionRows(store.current(), Date.now(), t);
  const row = ({ icon, label, description, detail, command }: SessionRow): Row => ({
    label: `$(${icon}) ${label}`,
    ...(description === undefined ? {} : { description }),
    ...(detail === undefined ? {} : { detail }),
    run: command,
  });
  const picked = await window.showQuickPick<Row>(
    [...facts.map(row), { label: t("Actions"), kind: separator }, ...actions.map(row)],
    { title: t("AWS Session"), matchOnDescription: true, matchOnDetail: true },
  );
  if (picked?.run !== undefined) await commands.executeCommand(picked.run);
}

/**
 * Lets the person choose among the roles of the identity pool.
 *
 * @throws GatehouseError signedOut, noRole, or what the agent says; `cancelled` when nothing is chosen
 */
export async function pickRole({ window, agent, store, t }: ShowDeps): Promise<void> {
  const session = await store.session();
  if (session.state !== "signedIn") throw new GatehouseError("signedOut");
  if (session.roles.length === 0) throw new GatehouseError("noRole");
  const picked = await window.showQuickPick(
    session.roles.map(({ arn, name }) => ({
      label: name,
      description: arn === session.role?.arn ? t("in use") : "",
      detail: arn,
      arn,
    })),
    {
      title: t("Choose an AWS Role"),
      placeHolder: t("Terminals use it from their next call on."),
      matchOnDetail: true,
    },
  );
  if (picked === undefined) throw new GatehouseError("cancelled");
  await agent.request(chooseRole, { role: picked.arn });
}
