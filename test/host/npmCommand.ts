/** npm as a person runs it, for tests of its commands. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root } from "../lab/cache.ts";
import { endProcessesOf, type ProcessEntry, processEntry, processes, signal } from "../lab/processes.ts";
import type { Running } from "../lab/running.ts";
import { until } from "./page.ts";

/** A place of its own for each test: another `npm start` on this machine is not touched. */
export class Npm {
  /** Temporary directory and state of what a test starts. Short: Unix sockets lie below it. */
  readonly folder = mkdtempSync(join(tmpdir(), "gh-"));
  /** Words before npm. */
  before: readonly string[] = [];
  readonly #started: Command[] = [];

  run(...argv: string[]): Command {
    const command = new Command([...this.before, "npm", ...argv], this.folder);
    this.#started.push(command);
    return command;
  }

  /** `npm start -- --json` with these options, ready. */
  async start(timeoutMs: number, ...options: string[]): Promise<Command> {
    const command = this.run("start", "--silent", "--", "--json", ...options);
    await command.line(timeoutMs);
    return command;
  }

  recorded(): Running {
    return JSON.parse(readFileSync(join(this.folder, "state", "start.json"), "utf8")) as Running;
  }

  /** Directories of runs that are still there. */
  runDirectories(): string[] {
    return readdirSync(this.folder).filter((name) => name.startsWith("gatehouse-"));
  }

  async close(): Promise<void> {
    const left = this.#started.flatMap((command) => command.family());
    for (const entry of left) if (isSame(entry)) signal(entry.pid, "SIGKILL");
    await endProcessesOf(this.folder);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** One run of npm in a process group of its own, with the environment of a person's shell. */
export class Command {
  output = "";
  errors = "";
  /** Exit code and signal. */
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
  readonly pid: number;
  readonly #name: string;
  #isOver = false;
  /** Those of before as well: a process that lost its parent is not found again. */
  readonly #family = new Map<string, ProcessEntry>();

  constructor([program = "", ...argv]: readonly string[], folder: string) {
    this.#name = `${program} ${argv.join(" ")}`;
    const child: ChildProcess = spawn(program, argv, {
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

export function isSame(entry: ProcessEntry): boolean {
  return processEntry(entry.pid)?.started === entry.started;
}

/** For a failure's message. */
export function nameOf({ pid, commandLine }: ProcessEntry): string {
  return `${pid} ${commandLine.replaceAll("\0", " ").slice(0, 120)}`;
}
