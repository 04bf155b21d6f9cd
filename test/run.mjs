// The one way in for everything that is run from package.json: makes sure that npm's packages are installed, then runs the
// target on the project's own Node (a dev dependency), which executes TypeScript as it stands. Needs nothing but Node 20 and npm.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, "node_modules", ".bin");
const node = join(bin, "node");
const endWithParent = join(root, "test", "lab", "endWithParent.mjs");

/** @type {Record<string, string[]>} */
const targets = {
  build: ["esbuild.mjs"],
  check: ["test/lab/check.ts"],
  unit: ["test/lab/mocha.ts", "unit"],
  "cognito-proof": ["test/lab/mocha.ts", "cognito-proof"],
  provision: ["test/lab/mocha.ts", "provision"],
  host: ["test/lab/mocha.ts", "host"],
  editor: ["test/editor/run.ts"],
  desktop: ["test/desktop/run.ts"],
  test: ["test/lab/tiers.ts"],
  soak: ["test/lab/soak.ts"],
  pictures: ["test/host/pictures.ts"],
  start: ["test/lab/start.ts"],
  stop: ["test/lab/stop.ts"],
  lab: ["test/lab/host/shell.ts"],
  cognito: ["test/cognito/main.ts"],
  bench: ["test/bench/main.ts"],
  package: ["test/lab/package.ts"],
};

const [target = "", ...rest] = process.argv.slice(2);
const [script, ...given] = targets[target] ?? [];
if (script === undefined) {
  fail(`Say what to run: ${Object.keys(targets).join(", ")}.`);
}
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 20) fail(`Node 20 or newer is needed; this is ${process.version}.`);

await installPackages();
if (!existsSync(join(root, script))) fail(`${script} is missing: this checkout cannot run "${target}".`);

const child = spawn(
  node,
  ["--disable-warning=ExperimentalWarning", "--import", endWithParent, script, ...given, ...rest],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: [bin, pathWithoutPackages()].join(delimiter) },
  },
);
// A terminal sends Ctrl-C to the whole group; what reaches only this process must reach the target as well.
const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
for (const each of signals) {
  process.on(each, () => {
    if (each !== "SIGINT" || !process.stdin.isTTY) child.kill(each);
  });
}
if (process.env["npm_lifecycle_event"] !== undefined) {
  // npm was killed too hard to pass it on: it is the parent, or the parent of the shell between.
  const before = ancestors();
  setInterval(() => ancestors() !== before && child.kill("SIGTERM"), 500).unref();
}
child.on("error", (error) => fail(`${node} cannot be started: ${error.message}`));
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  for (const each of signals) process.removeAllListeners(each);
  process.kill(process.pid, signal ?? undefined);
});

/** Runs `npm ci` where what is installed is not what package-lock.json says. Everything it prints goes to standard error. */
async function installPackages() {
  if (packagesMatch() && nodeRuns()) return;
  const lock = join(root, ".cache", "npm.lock");
  mkdirSync(dirname(lock), { recursive: true });
  for (let told = false; ; told = true) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
      const owner = Number(readOr(lock, "0"));
      if (owner > 0 && !alive(owner)) rmSync(lock, { force: true });
      else if (!told) console.error(`Waiting for npm ci of process ${owner} (${lock}) …`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  try {
    if (packagesMatch() && nodeRuns()) return;
    const started = Date.now();
    console.error("Installing npm packages (npm ci) …");
    for (let attempt = 1; ; attempt++) {
      const result = spawnSync("npm", ["ci", "--no-progress", "--loglevel=error"], {
        cwd: root,
        encoding: "utf8",
        env: { ...process.env, PATH: pathWithoutPackages() },
      });
      if (result.error !== undefined) fail(`npm cannot be started (${result.error.message}). Install npm 10 or newer.`);
      if (result.status === 0) break;
      const output = `${result.stdout}${result.stderr}`;
      if (attempt === 3 || output.includes("EUSAGE")) fail(`${output}\nnpm ci failed; its own message is above.`);
      console.error(`npm ci failed; attempt ${attempt + 1} of 3 …`);
    }
    if (!nodeRuns()) {
      fail(
        "The npm package `node` did not install its binary. Are install scripts switched off (npm config get ignore-scripts)?",
      );
    }
    console.error(`npm packages are installed (${Math.round((Date.now() - started) / 1000)} s).`);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Whether node_modules holds the version of every package that package-lock.json names for this platform. */
function packagesMatch() {
  try {
    const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
    const installed = JSON.parse(readFileSync(join(root, "node_modules", ".package-lock.json"), "utf8")).packages;
    return Object.entries(wanted).every(
      ([path, entry]) =>
        path === "" || installed[path]?.version === entry.version || (entry.optional && installed[path] === undefined),
    );
  } catch {
    return false;
  }
}

function nodeRuns() {
  const result = spawnSync(node, ["--version"], { encoding: "utf8" });
  return result.status === 0 && Number(result.stdout.slice(1).split(".")[0]) >= 24;
}

/** The PATH that the caller had before npm put node_modules/.bin in front: npm must not run on a Node that it deletes. */
function pathWithoutPackages() {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((entry) => !entry.endsWith(join("node_modules", ".bin")) && !entry.includes("node-gyp-bin"))
    .join(delimiter);
}

/** Id of the parent; where that is npm's shell, also of npm. */
function ancestors() {
  if (!readOr(`/proc/${process.ppid}/cmdline`, "").includes("\0-c\0")) return String(process.ppid);
  const stat = readOr(`/proc/${process.ppid}/stat`, "");
  return `${process.ppid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]}`;
}

/**
 * @param {string} path
 * @param {string} otherwise when it is gone meanwhile
 */
function readOr(path, otherwise) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}

/** @param {number} pid */
function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/** @param {string} sentence @returns {never} */
function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
