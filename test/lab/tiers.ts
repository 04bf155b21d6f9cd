// Runs every tier, one after the other, and ends with a table and one line: N passed, N failed.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./cache.ts";
import { endDescendants } from "./processes.ts";
import { type Count, countFileVariable } from "./tier.ts";

const tiers = ["check", "unit", "cognito-proof", "provision", "editor", "host"];
const folder = mkdtempSync(join(tmpdir(), "gatehouse-tiers-"));
for (const each of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(each, () => {
    endDescendants();
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
}

const rows: { tier: string; count: Count; seconds: number; note: string }[] = [];
for (const tier of tiers) {
  console.log(`\n━━ ${tier}`);
  const started = Date.now();
  const file = join(folder, tier);
  const status = await runTier(tier, file);
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  const counts = lines.map((line) => JSON.parse(line) as Count);
  let passed = 0;
  let failed = 0;
  for (const count of counts) {
    passed += count.passed;
    failed += count.failed;
  }
  let note = "";
  if (passed + failed === 0) note = status === 0 ? "ran no test" : `ended with ${status} before any test`;
  else if (status !== 0 && failed === 0) note = `ended with ${status}`;
  if (note !== "") failed++;
  rows.push({ tier, count: { passed, failed }, seconds: (Date.now() - started) / 1000, note });
}
rmSync(folder, { recursive: true, force: true });

const total = { passed: 0, failed: 0, seconds: 0 };
console.log(`\n${"tier".padEnd(14)} ${"passed".padStart(7)} ${"failed".padStart(7)} ${"seconds".padStart(8)}`);
for (const { tier, count, seconds, note } of rows) {
  console.log(line(tier, count, seconds, note));
  total.passed += count.passed;
  total.failed += count.failed;
  total.seconds += seconds;
}
console.log(line("all", total, total.seconds, ""));
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;

function line(tier: string, count: Count, seconds: number, note: string): string {
  const numbers = `${String(count.passed).padStart(7)} ${String(count.failed).padStart(7)} ${seconds.toFixed(1).padStart(8)}`;
  return `${tier.padEnd(14)} ${numbers}  ${note}`.trimEnd();
}

function runTier(tier: string, countFile: string): Promise<number | string | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, "test", "run.mjs"), tier], {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, [countFileVariable]: countFile },
    });
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(signal ?? code));
  });
}
