// Runs one tier's mocha files and reports how many tests passed. More arguments go to mocha (--grep …, files).
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./cache.ts";
import { ensurePackages } from "./debian.ts";
import { prepareHostLab } from "./host/hostLab.ts";
import { whyNoHost } from "./host/machine.ts";
import { ensurePython } from "./moto.ts";
import { ensureOauth2Proxy } from "./oauth2Proxy.ts";
import { report } from "./tier.ts";

const tiers: Record<string, { folder: string; timeout: number }> = {
  unit: { folder: "test/unit", timeout: 20_000 },
  "cognito-proof": { folder: "test/cognitoProof", timeout: 120_000 },
  // Alone each takes a second or two; a machine that is busy with other things needs more.
  provision: { folder: "test/provision", timeout: 120_000 },
  host: { folder: "test/host", timeout: 600_000 },
};

const [name = "", ...rest] = process.argv.slice(2);
const tier = tiers[name];
if (tier === undefined) throw new Error(`No such tier: ${name}`);
const named = rest.filter((argument) => argument.endsWith(".test.ts") && existsSync(argument));
const files = named.length > 0 ? named : findTests(tier.folder);
const options = rest.filter((argument) => !named.includes(argument));
// Before mocha's clocks run: the first time takes minutes.
if (name === "provision") await ensurePackages("provision");
else if (name !== "unit") await ensurePython(console.error);
if (name === "host" && whyNoHost() === undefined) await prepareHostLab(console.error);
if (name === "cognito-proof") await ensureOauth2Proxy(console.error);
const folder = mkdtempSync(join(tmpdir(), "gatehouse-mocha-"));
const counts = join(folder, "count.json");
// Namespaces, mounts and files of several owners: root's to make.
const [program = "", ...before] =
  name === "provision" && process.getuid?.() !== 0 ? ["sudo", "-nE", process.execPath] : [process.execPath];
const { status } = spawnSync(
  program,
  [
    ...before,
    "--disable-warning=ExperimentalWarning",
    "--import",
    join(root, "test/lab/endWithParent.mjs"),
    join(root, "node_modules/mocha/bin/mocha.js"),
    "--reporter",
    join(root, "test/lab/reporter.cjs"),
    "--reporter-option",
    `output=${counts}`,
    "--timeout",
    String(tier.timeout),
    ...options,
    ...files,
  ],
  { cwd: root, stdio: "inherit" },
);
let count = { passed: 0, failed: 0 };
if (existsSync(counts)) count = JSON.parse(readFileSync(counts, "utf8")) as typeof count;
rmSync(folder, { recursive: true, force: true });
if (files.length === 0) console.error(`The tier ${name} has no tests (${tier.folder}).`);
// Mocha died before it counted, or failed outside a test.
if (status !== 0 && count.failed === 0) count = { ...count, failed: 1 };
report(count);
process.exitCode = status === 0 && count.passed > 0 && count.failed === 0 ? 0 : 1;

function findTests(folder: string): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  const found = readdirSync(path, { recursive: true, encoding: "utf8" });
  return found
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(folder, file))
    .sort();
}
