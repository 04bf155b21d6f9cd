import type { window as windowApi } from "vscode";
import { findOutdatedTools, findShadows, type OutdatedTool, type Shadow } from "../../core/credentials/shadow.ts";
import { describeOutdated, describeShadow } from "../../core/credentials/shadowMessages.ts";
import type { Translate } from "../../core/text.ts";
import { commands } from "../../manifest.ts";
import type { Variable } from "./variables.ts";

export interface CheckDeps {
  readonly window: Pick<typeof windowApi, "showQuickPick" | "showInformationMessage" | "showWarningMessage">;
  readonly executeCommand: (command: string) => Thenable<unknown>;
  /** What a terminal starts from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What terminals get from us. */
  readonly variables: () => readonly Variable[];
  readonly t: Translate;
  /** For tests. */
  readonly shadows?: typeof findShadows;
  readonly outdated?: typeof findOutdatedTools;
}

interface Findings {
  /** Terminals are told of the endpoint. */
  readonly endpoint: boolean;
  readonly shadows: readonly Shadow[];
  readonly outdated: readonly OutdatedTool[];
}

/** Shows what in terminals comes before the session's credentials, or is too old for them. */
export async function checkTerminal(deps: CheckDeps): Promise<void> {
  const { window, t } = deps;
  const findings = await find(deps);
  const rows = [
    ...findings.shadows.map((shadow) => ({ label: `$(warning) ${shadow.where}`, detail: describeShadow(shadow, t) })),
    ...findings.outdated.map((tool) => ({ label: `$(warning) ${tool.tool}`, detail: describeOutdated(tool, t) })),
  ];
  if (!findings.endpoint) {
    void window.showInformationMessage(t("Terminals do not use the endpoint now, so there is nothing to check."));
    return;
  }
  if (rows.length === 0) {
    void window.showInformationMessage(t("Nothing comes before your session's AWS credentials in terminals."));
    return;
  }
  await window.showQuickPick(rows, {
    title: t("What Terminals Use in Place of Your AWS Session"),
    matchOnDetail: true,
  });
}

/** Says after a sign-in that something gets in the way; the same findings only once a window. */
export async function warnOfShadows(deps: CheckDeps, said: { findings?: string }): Promise<void> {
  const { window, t } = deps;
  const findings = await find(deps);
  const now = JSON.stringify(findings);
  if (findings.shadows.length + findings.outdated.length === 0 || now === said.findings) return;
  said.findings = now;
  const show = t("Show");
  const [shadow] = findings.shadows;
  const [tool] = findings.outdated;
  const text = shadow !== undefined ? describeShadow(shadow, t) : tool !== undefined ? describeOutdated(tool, t) : "";
  if ((await window.showWarningMessage(text, show)) === show) await deps.executeCommand(commands.checkTerminal);
}

async function find(deps: CheckDeps): Promise<Findings> {
  const variables = deps.variables();
  const env: Record<string, string | undefined> = { ...deps.environment };
  for (const { name, value, how } of variables) env[name] = how === "prepend" ? `${value}${env[name] ?? ""}` : value;
  const uri = variables.find(({ name }) => name === "AWS_CONTAINER_CREDENTIALS_FULL_URI")?.value;
  // Without the endpoint there is nothing that could be shadowed or misunderstood.
  if (uri === undefined) return { endpoint: false, shadows: [], outdated: [] };
  const [shadows, outdated] = await Promise.all([
    (deps.shadows ?? findShadows)({ env, endpointUri: uri }),
    (deps.outdated ?? findOutdatedTools)({ env }),
  ]);
  return { endpoint: true, shadows, outdated };
}
