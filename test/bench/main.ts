// Measures what the project promises, prints a table and writes it to docs/benchmarks.md. Nothing here is a test: these machines
// are noisy, so what counts are ratios measured in turn in one run.
//   --only gate   nothing but the gate's figures; printed, not written
//   --rounds N    of the gate's paired loads (7); fewer are printed, not written
//   --cold        the lab's start with an empty cache as well: minutes
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../lab/cache.ts";
import { buildExtension } from "../lab/extension.ts";
import { activation } from "./activation.ts";
import { clients } from "./clients.ts";
import { credentials } from "./credentials.ts";
import { gate } from "./gate/gate.ts";
import type { Row } from "./measure.ts";
import { sizes } from "./sizes.ts";
import { srp } from "./srp.ts";

const { values } = parseArgs({
  options: { only: { type: "string" }, rounds: { type: "string" }, cold: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds ?? 7);
const progress = (line: string): void => console.error(line);

progress("Building …");
const vsix = await buildExtension();
const rows: Row[] = [];
if (values.only !== "gate") {
  progress("SRP …");
  rows.push(...(await srp(15)));
  progress("Activation in code-server …");
  rows.push(await activation(vsix, 11, progress));
  rows.push(...sizes(vsix));
  rows.push(...(await credentials(progress)));
  progress("200 clients at once …");
  rows.push(await clients(200));
}
rows.push(...(await gate(vsix, { rounds, cold: values.cold }, progress)));

const table = [
  "| what | measured | beside | goal | reached |",
  "|---|---|---|---|---|",
  ...rows.map((row) => `| ${row.what} | ${row.measured} | ${row.against} | ${row.goal} | ${verdict(row.reached)} |`),
].join("\n");
const page = `# Benchmarks

Written by \`npm run bench\`. Each ratio is of medians measured in turn in the same run, after a warm-up; absolute times are those of
the machine below and say little on another. Sizes and counts are as they are.

${table}

Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}.
`;
console.log(page);
if (values.only === undefined && rounds >= 7) writeFileSync(join(root, "docs", "benchmarks.md"), page);

function verdict(reached: boolean | undefined): string {
  if (reached === undefined) return "–";
  return reached ? "yes" : "**no**";
}
