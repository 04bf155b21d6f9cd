// Runs every tier and ends with a table and one line: N passed, N failed. What measures times runs alone and first; the rest two at a
// time, as much of it waits: for a host to boot, for a code that wasn't used yet. A job's output is printed whole when it ends.
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./cache.ts";
import { endDescendants } from "./processes.ts";
import { type Count, countFileVariable } from "./tier.ts";

/** A tier, or one file of it. */
interface Job {
  readonly tier: string;
  readonly file?: string;
}

interface Result {
  readonly tier: string;
  readonly count: Count;
  readonly seconds: number;
  readonly note: string;
}

const alone: readonly Job[] = [{ tier: "check" }, { tier: "unit" }];
/** The longest first, so that none is left over at the end. */
const longest = ["wholeWay", "session", "apply", "units", "gate"].map((name) => `test/host/${name}.test.ts`);
const hostFiles = readdirSync(join(root, "test", "host"))
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => `test/host/${name}`);
const rank = (file: string): number => (longest.includes(file) ? longest.indexOf(file) : longest.length);
const together: readonly Job[] = [
  ...hostFiles.sort((one, other) => rank(one) - rank(other)).map((file) => ({ tier: "host", file })),
  { tier: "provision" },
  { tier: "cognito-proof" },
  { tier: "editor" },
];

const folder = mkdtempSync(join(tmpdir(), "gatehouse-tiers-"));
for (const each of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(each, () => {
    endDescendants();
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
}

const started = Date.now();
const results: Result[] = [];
let jobs = 0;
for (const job of alone) results.push(await run(job, "inherit"));
const queue = [...together];
const worker = async (): Promise<void> => {
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) results.push(await run(job, "whole"));
};
await Promise.all([worker(), worker()]);
rmSync(folder, { recursive: true, force: true });

console.log(`\n${"tier".padEnd(14)} ${"passed".padStart(7)} ${"failed".padStart(7)} ${"seconds".padStart(8)}`);
for (const tier of new Set([...alone, ...together].map((job) => job.tier))) {
  const own = results.filter((result) => result.tier === tier);
  const notes = own.map(({ note }) => note).filter((note) => note !== "");
  console.log(
    line(
      tier,
      sum(own),
      own.reduce((total, { seconds }) => total + seconds, 0),
      notes.join("; "),
    ),
  );
}
const total = sum(results);
console.log(line("all", total, (Date.now() - started) / 1000, ""));
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;

async function run(job: Job, output: "inherit" | "whole"): Promise<Result> {
  const name = [job.tier, job.file].filter((part) => part !== undefined).join(" ");
  console.log(output === "inherit" ? `\n━━ ${name}` : `… ${name}`);
  const begun = Date.now();
  const countFile = join(folder, String(++jobs));
  const outputFile = `${countFile}.out`;
  const status = await start(job, countFile, output === "inherit" ? undefined : outputFile);
  if (output === "whole") console.log(`\n━━ ${name}\n${readFileSync(outputFile, "utf8")}`);
  const lines = existsSync(countFile) ? readFileSync(countFile, "utf8").trim().split("\n") : [];
  const counted = sum(lines.map((text) => ({ count: JSON.parse(text) as Count })));
  const seconds = (Date.now() - begun) / 1000;
  const none = counted.passed + counted.failed === 0;
  const unexplained = status !== 0 && counted.failed === 0;
  if (!none && !unexplained) return { tier: job.tier, count: counted, seconds, note: "" };
  const how = none ? (status === 0 ? "ran no test" : `ended with ${status} before any test`) : `ended with ${status}`;
  const count = { ...counted, failed: counted.failed + 1 };
  return { tier: job.tier, count, seconds, note: job.file === undefined ? how : `${job.file} ${how}` };
}

function sum(counts: readonly { readonly count: Count }[]): Count {
  return {
    passed: counts.reduce((total, { count }) => total + count.passed, 0),
    failed: counts.reduce((total, { count }) => total + count.failed, 0),
  };
}

function line(tier: string, count: Count, seconds: number, note: string): string {
  const numbers = `${String(count.passed).padStart(7)} ${String(count.failed).padStart(7)} ${seconds.toFixed(1).padStart(8)}`;
  return `${tier.padEnd(14)} ${numbers}  ${note}`.trimEnd();
}

function start({ tier, file }: Job, countFile: string, outputFile?: string): Promise<number | string | null> {
  return new Promise((resolve) => {
    const output = outputFile === undefined ? undefined : openSync(outputFile, "w");
    const given = file === undefined ? [tier] : [tier, file];
    const child = spawn(process.execPath, [join(root, "test", "run.mjs"), ...given], {
      cwd: root,
      stdio: ["ignore", output ?? "inherit", output ?? "inherit"],
      env: { ...process.env, [countFileVariable]: countFile },
    });
    if (output !== undefined) closeSync(output);
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(signal ?? code));
  });
}
