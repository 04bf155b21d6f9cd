// The end-to-end tests with the full counts; writes docs/soak.md. Takes long: half an hour and more.
//   npm run test:soak -- [--rotations N] [--agent-kills N] [--extension-host-kills N] [--reloads N] [--apply-kills N]
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./cache.ts";

const { values } = parseArgs({
  options: {
    rotations: { type: "string", default: "1000" },
    // Each needs a sign-in, and so a code that was not used: half a minute.
    "agent-kills": { type: "string", default: "40" },
    "extension-host-kills": { type: "string", default: "20" },
    reloads: { type: "string", default: "50" },
    "apply-kills": { type: "string", default: "20" },
  },
});

const names: Record<string, string> = {
  rotations: "credentials rotated under a loop of AWS calls",
  reloads: "window reloaded under the loop",
  extensionHostKills: "extension host killed under the loop",
  calls: "AWS calls of the loop, not one failed",
  applyKills: "`gatehouse host apply` killed with -9 half-way, completed by the next run",
  agentKills: "agent killed with -9 while signed in",
  medianRestartMs: "time from the kill until another agent answered a client, median, ms",
  slowestRestartMs: "the same, longest, ms",
  restartsOverASecond: "of these over a second, and so done again",
};

const folder = mkdtempSync(join(tmpdir(), "gatehouse-soak-"));
const figures = join(folder, "figures");
const started = Date.now();
const { status } = spawnSync(process.execPath, [join(root, "test", "run.mjs"), "host"], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    GATEHOUSE_ROTATIONS: values.rotations,
    GATEHOUSE_AGENT_KILLS: values["agent-kills"],
    GATEHOUSE_EXTENSION_HOST_KILLS: values["extension-host-kills"],
    GATEHOUSE_RELOADS: values.reloads,
    GATEHOUSE_APPLY_KILLS: values["apply-kills"],
    GATEHOUSE_SOAK_FILE: figures,
  },
});
const lines = existsSync(figures) ? readFileSync(figures, "utf8").trim().split("\n") : [];
rmSync(folder, { recursive: true, force: true });
const rows = lines.flatMap((line) => Object.entries(JSON.parse(line) as Record<string, number>));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const minutes = Math.round((Date.now() - started) / 60_000);
const page = `# Soak

Written by \`npm run test:soak\`: the end-to-end tests with the full counts, version ${version}, ${minutes} minutes, ${
  status === 0 ? "every test passed" : "**with failures**"
}.

| | count |
|---|---:|
${rows.map(([name, value]) => `| ${names[name] ?? name} | ${value.toLocaleString("en")} |`).join("\n")}
`;
console.log(page);
if (rows.length > 0) writeFileSync(join(root, "docs", "soak.md"), page);
process.exitCode = status ?? 1;
