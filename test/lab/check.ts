// Static checks: formatting and lint (Biome, with the import rules between the parts), types, shell scripts, and the build with
// its size budgets. Each counts as one test. That the manifest and the languages agree is a unit test.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./cache.ts";
import { ensurePackages } from "./debian.ts";
import { report } from "./tier.ts";

const tracked = spawnSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" });
const shellScripts = (tracked.stdout ?? "").split("\n").filter((file) => file !== "" && isShellScript(file));

const checks: [name: string, command: string, args: string[]][] = [
  ["format and lint", "biome", ["check", "--error-on-warnings", "."]],
  ["types", "tsc", ["--noEmit", "-p", "."]],
  ["build and size budgets", "node", ["esbuild.mjs"]],
];
if (shellScripts.length > 0) {
  await ensurePackages("check");
  checks.push(["shell scripts", "shellcheck", shellScripts]);
}

let failed = 0;
for (const [name, command, args] of checks) {
  console.log(`• ${name}`);
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (result.error !== undefined) console.error(`${command} cannot be started: ${result.error.message}`);
  if (result.status !== 0) {
    failed++;
    console.error(`✗ ${name} failed`);
  }
}
report({ passed: checks.length - failed, failed });
process.exitCode = failed === 0 ? 0 : 1;

function isShellScript(file: string): boolean {
  if (/\.(ba)?sh$/.test(file)) return true;
  if (/\.[a-z]+$/i.test(file)) return false;
  try {
    return /^#!.*\b(ba)?sh\b/.test(readFileSync(join(root, file), "utf8").slice(0, 64));
  } catch {
    return false;
  }
}
