// Measures what the project promises, prints it and writes it to docs/benchmarks.md. Nothing here is a test: these machines
// are noisy, so what counts are ratios measured in turn in one run.
//   --only NAME   `parts` (extension, agent, CLI) or `gate`; the other's section stays as it is
//   --rounds N    of the gate's paired loads (7); with fewer nothing is written
//   --cold        the lab's start with an empty cache as well: minutes
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../lab/cache.ts";
import { buildExtension } from "../lab/extension.ts";
import { whyNoHost } from "../lab/host/machine.ts";
import { activation } from "./activation.ts";
import { clients } from "./clients.ts";
import { credentials } from "./credentials.ts";
import { gate, gateText } from "./gate/gate.ts";
import type { Row } from "./measure.ts";
import { benchmarksPage } from "./page.ts";
import { sizes } from "./sizes.ts";
import { srp } from "./srp.ts";

const { values } = parseArgs({
  options: { only: { type: "string" }, rounds: { type: "string" }, cold: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds ?? 7);
const progress = (line: string): void => console.error(line);
const wanted = (name: "parts" | "gate"): boolean => values.only === undefined || values.only === name;

progress("Building …");
const vsix = await buildExtension();
const path = join(root, "docs", "benchmarks.md");
const page = benchmarksPage(
  [
    { title: "Extension, agent and CLI", text: "", rows: wanted("parts") ? await parts() : undefined },
    {
      title: "The gate",
      text: gateText,
      rows: wanted("gate") && canHost() ? await gate(vsix, { rounds, cold: values.cold }, progress) : undefined,
    },
  ],
  readFileSync(path, "utf8"),
);
console.log(page);
if (rounds >= 7) writeFileSync(path, page);

function canHost(): boolean {
  const why = whyNoHost();
  if (why !== undefined) progress(why);
  return why === undefined;
}

async function parts(): Promise<Row[]> {
  const rows: Row[] = [];
  progress("SRP …");
  rows.push(...(await srp(15)));
  progress("Activation in code-server …");
  rows.push(await activation(vsix, 11, progress));
  rows.push(...sizes(vsix));
  rows.push(...(await credentials(progress)));
  progress("200 clients at once …");
  rows.push(await clients(200));
  return rows;
}
