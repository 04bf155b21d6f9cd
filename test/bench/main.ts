// Measures what the project promises, prints a table and writes it to docs/benchmarks.md. Nothing here is a test: these machines
// are noisy, so what counts are ratios measured in turn in one run.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { root } from "../lab/cache.ts";
import { buildExtension } from "../lab/extension.ts";
import { activation } from "./activation.ts";
import { clients } from "./clients.ts";
import { credentials } from "./credentials.ts";
import type { Row } from "./measure.ts";
import { sizes } from "./sizes.ts";
import { srp } from "./srp.ts";

const progress = (line: string): void => console.error(line);

progress("Building …");
const vsix = await buildExtension();
const rows: Row[] = [];
progress("SRP …");
rows.push(...(await srp(15)));
progress("Activation in code-server …");
rows.push(await activation(vsix, 11, progress));
rows.push(...sizes(vsix));
rows.push(...(await credentials(progress)));
progress("200 clients at once …");
rows.push(await clients(200));

const table = [
  "| what | measured | beside | goal | reached |",
  "|---|---|---|---|---|",
  ...rows.map(
    (row) => `| ${row.what} | ${row.measured} | ${row.against} | ${row.goal} | ${row.reached ? "yes" : "**no**"} |`,
  ),
].join("\n");
const page = `# Benchmarks

Written by \`npm run bench\`. Each ratio is of medians measured in turn in the same run, after a warm-up; absolute times are those of
the machine below and say little on another. Sizes and counts are as they are.

${table}

Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}.
`;
console.log(page);
writeFileSync(join(root, "docs", "benchmarks.md"), page);
