/** What `gatehouse host apply` prints. */
import type { ApplyReport } from "../core/host/report.ts";
import type { Translate } from "../core/text.ts";
import { printable } from "./printable.ts";

/** Version of what `applyJson` prints; raised when a field changes its meaning or goes. docs/cli.md describes it. */
export const applySchema = 1;

export function applyJson(
  report: ApplyReport,
  { version, milliseconds }: { readonly version: string; readonly milliseconds: number },
): string {
  const ok = ["unchanged", "applied", "planned"].includes(report.outcome);
  return JSON.stringify({ schema: applySchema, version, ok, milliseconds, ...report }, null, 2);
}

/** What follows the lines of the steps: the diff, what went wrong, and one line that says how it ended. */
export function applyText(report: ApplyReport, t: Translate): string {
  const { diff, problems, outcome } = report;
  const lines: string[] = [];
  if (diff !== undefined) {
    lines.push(...printableLines(diff), ...wouldLines(report, t));
  }
  for (const { message, lines: said = [] } of problems)
    lines.push(printable(message), ...said.map((line) => `    ${printable(line)}`));
  lines.push(lastLine(report, t));
  return `${lines.filter((line) => line !== "" || outcome === "planned").join("\n")}\n`;
}

function wouldLines({ files, units }: ApplyReport, t: Translate): string[] {
  const say = (names: readonly string[], line: (names: string) => string) =>
    names.length === 0 ? [] : [line(names.join(" "))];
  return [
    ...say(files.created, (names) => t("would make: {names}", { names })),
    ...say(files.changed, (names) => t("would change: {names}", { names })),
    ...say(files.removed, (names) => t("would remove: {names}", { names })),
    ...say(units.stopped, (names) => t("would stop: {names}", { names })),
    ...say(units.restarted, (names) => t("would restart: {names}", { names })),
    ...say(units.started, (names) => t("would start: {names}", { names })),
    ...say(units.reloaded, (names) => t("would reload: {names}", { names })),
  ];
}

function lastLine({ outcome, files, units }: ApplyReport, t: Translate): string {
  switch (outcome) {
    case "unchanged":
      return t("Nothing had to be changed. The host works.");
    case "applied":
      return t("Done. The host works.");
    case "planned":
      return [...Object.values(files), ...Object.values(units)].every((names) => names.length === 0)
        ? t("Nothing would be changed.")
        : t("Nothing was changed: this was a dry run.");
    case "refused":
      return t("Nothing was changed.");
    case "rolledBack":
      return t("It failed. What was there before is there again.");
    case "failed":
      return t("It failed. The host does not work as it should.");
  }
}

/** A diff keeps its tabs. */
function printableLines(text: string): string[] {
  if (text === "") return [];
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t").map(printable).join("\t"));
}
