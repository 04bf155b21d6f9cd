// Provisioning's and the end-to-end tests with the full counts; writes docs/soak.md. Takes long: half an hour and more.
//   npm run test:soak -- [--rotations N] [--agent-kills N] …: see repetitions.ts
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./cache.ts";
import { nameOf, repetitions, variableOf } from "./repetitions.ts";

const { values } = parseArgs({
  options: Object.fromEntries(
    Object.entries(repetitions).map(([option, usual]) => [option, { type: "string", default: String(usual) }]),
  ),
});

const folder = mkdtempSync(join(tmpdir(), "gatehouse-soak-"));
const figures = join(folder, "figures");
const started = Date.now();
const environment = {
  ...process.env,
  ...Object.fromEntries(Object.entries(values).map(([option, count]) => [variableOf(option), String(count)])),
  GATEHOUSE_SOAK_FILE: figures,
};
const passed = ["provision", "host"]
  .map((tier) =>
    spawnSync(process.execPath, [join(root, "test", "run.mjs"), tier], {
      cwd: root,
      stdio: "inherit",
      env: environment,
    }),
  )
  .every(({ status }) => status === 0);
const lines = existsSync(figures) ? readFileSync(figures, "utf8").trim().split("\n") : [];
rmSync(folder, { recursive: true, force: true });
const rows = lines.flatMap((line) => Object.entries(JSON.parse(line) as Record<string, number>));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const minutes = Math.round((Date.now() - started) / 60_000);
const page = `# Soak

Written by \`npm run test:soak\`: provisioning's and the end-to-end tests with the full counts, version ${version}, ${minutes} minutes, ${
  passed ? "every test passed" : "**with failures**"
}.

| | count |
|---|---:|
${rows.map(([figure, value]) => `| ${nameOf(figure)} | ${value.toLocaleString("en")} |`).join("\n")}
`;
console.log(page);
if (rows.length > 0) writeFileSync(join(root, "docs", "soak.md"), page);
process.exitCode = passed ? 0 : 1;
