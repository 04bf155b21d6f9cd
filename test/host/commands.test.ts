import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root } from "../lab/cache.ts";
import { ensureCodeServer } from "../lab/codeServer.ts";
import { freePort } from "../lab/ports.ts";
import { endProcessesOf, type ProcessEntry, processEntry, processes, processesOf, signal } from "../lab/processes.ts";
import type { Announcement, Running } from "../lab/running.ts";
import { until } from "./page.ts";

describe("npm's commands", () => {
  /** Temporary directory and state of what a test starts: another npm start on this machine is not touched. */
  let folder: string;
  let started: Command[] = [];

  before(async function () {
    this.timeout(30 * 60_000);
    await ensureCodeServer();
  });

  beforeEach(() => {
    // Short: Unix sockets lie below it.
    folder = mkdtempSync(join(tmpdir(), "gh-"));
  });

  afterEach(async () => {
    const left = started.flatMap((command) => command.family());
    for (const entry of left) if (isSame(entry)) signal(entry.pid, "SIGKILL");
    await endProcessesOf(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    started = [];
  });

  const npm = (...argv: string[]): Command => {
    const command = new Command(argv, folder);
    started.push(command);
    return command;
  };
  const start = async (...options: string[]): Promise<Command> => {
    const command = npm("start", "--silent", "--", "--json", ...options);
    await command.line(10 * 60_000);
    return command;
  };
  const recorded = (): Running => JSON.parse(readFileSync(join(folder, "state", "start.json"), "utf8"));

  it("start --editor-only prints where the editor is, a second one the same, and stop leaves nothing of it", async () => {
    const first = await start("--editor-only");
    const announcement = first.lastLine() as Announcement;
    const { origin, searchParams } = new URL(announcement.url);
    assert.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.ok(existsSync(searchParams.get("folder") ?? ""));
    assert.deepEqual(
      announcement.users.map(({ username, password, totpSecret }) => [
        username.includes("@"),
        password.length > 8,
        totpSecret === null || /^[A-Z2-7]{16,}$/.test(totpSecret),
      ]),
      [
        [true, true, true],
        [true, true, true],
      ],
    );
    assert.equal(announcement.users.filter(({ totpSecret }) => totpSecret === null).length, 1);
    const health = await fetch(`${origin}/healthz`);
    assert.equal(health.status, 200);
    assert.ok("status" in ((await health.json()) as object));

    const second = await start("--editor-only");
    assert.deepEqual(await second.ended, [0, null]);
    assert.deepEqual(second.lastLine(), announcement);

    const { directory } = recorded();
    const family = first.family();
    assert.ok(processesOf(directory).some(({ commandLine }) => commandLine.includes("--bind-addr")));
    assert.ok(family.length > 5);
    const stop = npm("stop", "--silent");
    assert.deepEqual(await stop.ended, [0, null]);
    assert.equal(stop.output, "Stopped.\n");
    // At once: whoever has stopped it may start it again.
    assert.deepEqual(processesOf(directory).map(nameOf), []);
    assert.ok(!existsSync(directory));
    await assert.rejects(fetch(`${origin}/healthz`));
    assert.deepEqual(await first.ended, [0, null]);
    assert.deepEqual(first.lastLine(), announcement);
    assert.deepEqual(family.filter(isSame).map(nameOf), []);
    assert.deepEqual(runDirectories(folder), []);
  });

  it("start --editor-only takes the port that is named, and Ctrl-C leaves nothing of it", async () => {
    const port = await freePort();
    const command = await start("--editor-only", "--port", String(port));
    assert.equal(new URL((command.lastLine() as Announcement).url).port, String(port));
    const { directory } = recorded();
    const family = command.family();
    assert.ok(processesOf(directory).length > 0);
    // As a terminal does: to the whole group.
    process.kill(-command.pid, "SIGINT");
    await command.ended;
    await until("the end of all that was started", () => family.filter(isSame).length === 0, 15_000);
    assert.deepEqual(processesOf(directory).map(nameOf), []);
    assert.deepEqual(runDirectories(folder), []);
    const stop = npm("stop", "--silent");
    await stop.ended;
    assert.equal(stop.output, "Nothing is running.\n");
  });

  it("cognito prints one line and ends with npm on SIGTERM", async () => {
    const command = npm("run", "--silent", "cognito", "--", "--port", "0");
    await command.line(60_000);
    const { endpoint } = command.lastLine() as { endpoint: string };
    assert.match(endpoint, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    assert.equal((await fetch(`${endpoint}/_control/clock`)).status, 200);
    const family = command.family();
    assert.ok(family.some(({ commandLine }) => commandLine.includes("serveMoto.py")));
    // To npm alone, as a program does that has started it.
    process.kill(command.pid, "SIGTERM");
    await command.ended;
    await until("the end of all that was started", () => family.filter(isSame).length === 0, 15_000);
    assert.equal(command.output.trimEnd().split("\n").length, 1);
    await assert.rejects(fetch(`${endpoint}/_control/clock`));
  });

  it("package lists what is in the package, and its size", async () => {
    const path = join(folder, "packed.vsix");
    const command = npm("run", "--silent", "package", "--", "--out", path);
    assert.deepEqual(await command.ended, [0, null], command.errors);
    const lines = command.output.trimEnd().split("\n");
    assert.equal(lines.at(-1), `${path}: ${statSync(path).size} of 600000 bytes`);
    const names = lines.slice(0, -1).map((line) => /^ *\d+ +\d+ {2}(.+)$/.exec(line)?.[1]);
    for (const name of ["package.json", "dist/extension.js", "dist/agent.js", "l10n/bundle.l10n.ja.json"])
      assert.ok(names.includes(`extension/${name}`), name);
    assert.ok(!names.some((name) => /(^|\/)(src|test|node_modules)\//.test(name ?? "")));
  });
});

/** One run of npm in a process group of its own, with the environment of a person's shell. */
class Command {
  output = "";
  errors = "";
  /** Exit code and signal. */
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
  readonly pid: number;
  readonly #name: string;
  #isOver = false;
  /** Those of before as well: a process that lost its parent is not found again. */
  readonly #family = new Map<string, ProcessEntry>();

  constructor(argv: string[], folder: string) {
    this.#name = `npm ${argv.join(" ")}`;
    const child: ChildProcess = spawn("npm", argv, {
      cwd: root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...shellEnvironment(), TMPDIR: folder, GATEHOUSE_STATE: join(folder, "state") },
    });
    child.stdout?.on("data", (data) => {
      this.output += data;
    });
    child.stderr?.on("data", (data) => {
      this.errors += data;
    });
    this.ended = once(child, "close") as typeof this.ended;
    void this.ended.then(() => {
      this.#isOver = true;
    });
    this.pid = child.pid ?? 0;
  }

  /** Waits for a whole line on standard output. */
  async line(timeoutMs: number): Promise<void> {
    const what = `a line of ${this.#name}`;
    await until(what, () => this.output.endsWith("\n") || this.#isOver, timeoutMs);
    if (!this.output.endsWith("\n")) throw new Error(`${this.#name} ended without a line:\n${this.errors}`);
  }

  /** The last line of standard output, which is JSON. */
  lastLine(): unknown {
    return JSON.parse(this.output.trimEnd().split("\n").at(-1) ?? "");
  }

  /** npm and everything that descends from it, now or when last asked. */
  family(): ProcessEntry[] {
    const all = processes();
    const pids = new Set([this.pid, ...[...this.#family.values()].filter(isSame).map(({ pid }) => pid)]);
    if (this.#isOver) pids.delete(this.pid);
    for (let size = 0; size !== pids.size; ) {
      size = pids.size;
      for (const { pid, parent } of all) if (pids.has(parent)) pids.add(pid);
    }
    for (const entry of all) if (pids.has(entry.pid)) this.#family.set(`${entry.pid} ${entry.started}`, entry);
    return [...this.#family.values()];
  }
}

/** Without what npm and the tests have added. */
function shellEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_|NODE_OPTIONS$|INIT_CWD$)/i.test(name) && (!/^GATEHOUSE_/.test(name) || name === "GATEHOUSE_CACHE"),
  );
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => !entry.includes("node_modules"));
  return { ...Object.fromEntries(entries), PATH: path.join(delimiter) };
}

function isSame(entry: ProcessEntry): boolean {
  return processEntry(entry.pid)?.started === entry.started;
}

/** For a failure's message. */
function nameOf({ pid, commandLine }: ProcessEntry): string {
  return `${pid} ${commandLine.replaceAll("\0", " ").slice(0, 120)}`;
}

function runDirectories(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith("gatehouse-"));
}
