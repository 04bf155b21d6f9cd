/** docs/benchmarks.md: one table for each part that is measured, each of one run. */
import { cpus, loadavg } from "node:os";
import type { Row } from "./measure.ts";

export interface Section {
  readonly title: string;
  /** What has to be known to read the table. */
  readonly text: string;
  /** Undefined where this run has not measured it. */
  readonly rows: readonly Row[] | undefined;
}

const introduction = `# Benchmarks

Written by \`npm run bench\`. Each ratio is of medians measured in turn in the same run, after a warm-up; in parentheses stand the least and
the greatest figure. Absolute times are those of the machine below and say little on another. Sizes and counts are as they are.
`;

/** @param before the page so far: a section that was not measured stays as it is there */
export function benchmarksPage(sections: readonly Section[], before: string): string {
  return [introduction, ...sections.map((section) => written(section) ?? found(section.title, before))].join("\n");
}

function written({ title, text, rows }: Section): string | undefined {
  if (rows === undefined) return undefined;
  const table = [
    "| what | measured | beside | goal | reached |",
    "|---|---|---|---|---|",
    ...rows.map((row) => `| ${row.what} | ${row.measured} | ${row.against} | ${row.goal} | ${verdict(row.reached)} |`),
  ].join("\n");
  const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}; load average at the end ${loadavg()[0]?.toFixed(1)}.`;
  return `## ${[title, text, table, machine].filter((part) => part !== "").join("\n\n")}\n`;
}

function found(title: string, page: string): string {
  const after = page.split(`## ${title}\n`)[1];
  return `## ${title}\n${after?.split("\n## ")[0]?.trimEnd() ?? "\nNot measured yet."}\n`;
}

function verdict(reached: boolean | undefined): string {
  if (reached === undefined) return "–";
  return reached ? "yes" : "**no**";
}
