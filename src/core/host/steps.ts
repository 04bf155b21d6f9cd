/** The lines that tell a run's steps, and what they add to its report. */
import type { Translate } from "../text.ts";
import type { FileChange } from "./plan.ts";
import { HostProblem, outputLines } from "./problems.ts";
import type { ApplyProblem, ApplyReport } from "./report.ts";
import type { HostCheck } from "./selfCheck.ts";

export function checkLine({ ok, summary, detail }: HostCheck, t: Translate): string {
  return `${ok ? t("ok") : t("error")}  ${summary}: ${detail}`;
}

export function fileReport(report: ApplyReport["files"], { path, kind }: Pick<FileChange, "path" | "kind">): void {
  (kind === "create" ? report.created : kind === "remove" ? report.removed : report.changed).push(path);
}

export function fileLine({ path, kind }: Pick<FileChange, "path" | "kind">, t: Translate): string {
  if (kind === "create") return t("made {path}", { path });
  if (kind === "remove") return t("removed {path}", { path });
  return kind === "access" ? t("owner and mode of {path}", { path }) : t("changed {path}", { path });
}

export function unitLines(units: ApplyReport["units"], t: Translate): string[] {
  const { stopped, restarted, started, reloaded } = units;
  const say = (names: readonly string[], line: (units: string) => string) =>
    names.length === 0 ? [] : [line(names.join(" "))];
  return [
    ...say(stopped, (names) => t("stopping {units}", { units: names })),
    ...say(restarted, (names) => t("restarting {units}", { units: names })),
    ...say(started, (names) => t("starting {units}", { units: names })),
    ...say(reloaded, (names) => t("reloading {units}", { units: names })),
  ];
}

export function toApplyProblem(error: unknown): ApplyProblem {
  // Anything else is a mistake of ours: its stack helps to find it.
  if (error instanceof HostProblem)
    return { message: error.message, ...(error.lines.length > 0 ? { lines: error.lines } : {}) };
  const lines = outputLines(error instanceof Error ? (error.stack ?? error.message) : String(error), 5);
  return { message: lines[0] ?? "", lines: lines.slice(1) };
}
