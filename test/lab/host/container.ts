/** The host: systemd in a container (systemd-nspawn), with the network of the stage. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { processes } from "../processes.ts";
import type { ControlGroup } from "./cgroup.ts";
import { hostEnvironment } from "./hostFiles.ts";
import { isolated, systemPath } from "./machine.ts";
import type { World } from "./worldProcess.ts";

export interface RunOptions {
  /** Who runs it; root where absent. */
  readonly user?: string;
  /** For its standard input; empty where absent. */
  readonly input?: string;
  /** Whether an exit code other than 0 throws; default: yes. */
  readonly check?: boolean;
  /** Told of each line of its standard output. */
  readonly onOutput?: (line: string) => void;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Container {
  /** The machine's id of the host's init; another one after a reboot. @throws while it is down */
  initPid(): number;
  /** Words before a command that is to run in the host, without a user's environment. */
  inHost(user?: string): readonly string[];
  run(command: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** As `reboot` in the host: everything is stopped in order, the network's rules are gone, and it starts anew. */
  reboot(): Promise<void>;
  /** Called when it has ended, except for a reboot. */
  onEnd(listener: () => void): void;
  /** Shuts down in order. */
  powerOff(): Promise<void>;
  /** Ends it at once. */
  kill(): Promise<void>;
}

export interface ContainerOptions {
  readonly world: World;
  readonly group: ControlGroup;
  /** The run's; the console's output goes to a file in it. */
  readonly directory: string;
  readonly root: string;
  /** Directories of the machine that the host may read: path here → path there. */
  readonly readOnly: Readonly<Record<string, string>>;
}

/** Milliseconds for boot and for shutdown. */
const patience = 90_000;

/** Boots it and waits until systemd has started everything. */
export async function bootContainer(options: ContainerOptions): Promise<Container> {
  const { world, directory } = options;
  const console = join(directory, "console.log");
  const listeners: (() => void)[] = [];
  let stopping = false;
  let init = 0;
  let child: ChildProcess;

  const boot = async () => {
    // A reboot empties the firewall; here the network outlives it.
    const flush = ["nsenter", "--net=/run/netns/host", "--", "nft", "flush", "ruleset"];
    await output([...world.inMounts, ...flush]);
    child = spawnInGroup(nspawn(options), options.group, console);
    child.on("exit", (code) => {
      init = 0;
      // systemd-nspawn's word for "start me again", because it was told that somebody else manages its unit.
      const ended = () => {
        for (const listener of listeners) listener();
      };
      if (code === 133 && !stopping) {
        booted = boot();
        booted.catch(ended);
      } else ended();
    });
    init = await ready(child, options.root, console);
  };
  let booted = boot();
  booted.catch(() => {});
  await booted;

  const initPid = () => {
    if (init === 0) throw new Error(`The host is down; its console: ${tail(console)}`);
    return init;
  };
  const inHost = (user?: string) => wordsInHost(initPid(), user);
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  const ended = async () => {
    const timeout = AbortSignal.timeout(patience);
    if (!isGone()) await once(child, "exit", { signal: timeout });
  };
  return {
    initPid,
    inHost,
    async run(command, { user, input, check = true, onOutput } = {}) {
      await booted;
      const result = await output([...inHost(user), ...command], input, onOutput);
      if (check && result.code !== 0) {
        throw new Error(
          `${command.join(" ")} ended with ${result.code} in the host:\n${result.stdout}${result.stderr}`,
        );
      }
      return result;
    },
    async reboot() {
      await booted;
      const before = booted;
      await output([...inHost(), "systemctl", "reboot"]);
      await ended();
      for (const deadline = Date.now() + 1000; booted === before && Date.now() < deadline; ) await delay(10);
      if (booted === before) throw new Error(`The host did not come back; its console: ${tail(console)}`);
      await booted;
    },
    onEnd: (listener) => void listeners.push(listener),
    async powerOff() {
      await booted;
      stopping = true;
      await output([...inHost(), "systemctl", "poweroff"]);
      await ended();
      if (child.exitCode !== 0) throw new Error(`The host did not shut down in order; its console: ${tail(console)}`);
    },
    async kill() {
      stopping = true;
      await booted.catch(() => {});
      if (isGone()) return;
      child.kill("SIGKILL");
      await ended();
    },
  };
}

function nspawn({ world, directory, root, readOnly }: ContainerOptions): readonly string[] {
  const binds = Object.entries(readOnly).map(([here, there]) => `--bind-ro=${here}:${there}`);
  return [
    // In a process namespace of its own: otherwise the host outlives systemd-nspawn where that is killed.
    ...[...world.inMounts, ...isolated, "--mount-proc", "--"],
    ...["systemd-nspawn", "--quiet", "--boot"],
    ...["--register=no", "--keep-unit", `--machine=${directory.slice(directory.lastIndexOf("-") + 1)}`],
    ...["--hostname=ide", `--directory=${root}`, "--network-namespace-path=/run/netns/host", "--console=pipe"],
    // The metadata fence; with a namespace that was made elsewhere nspawn takes it away.
    ...["--capability=CAP_NET_ADMIN", "--resolv-conf=off", "--timezone=off", "--link-journal=no", ...binds],
  ];
}

function spawnInGroup(command: readonly string[], group: ControlGroup, log: string): ChildProcess {
  const enter = group.doors.map((door) => `echo $$ > '${door}'`).join("; ");
  const descriptor = openSync(log, "a");
  const child = spawn("sh", ["-c", `${enter}; exec "$@"`, "sh", ...command], {
    stdio: ["ignore", descriptor, descriptor],
    env: { PATH: systemPath },
  });
  closeSync(descriptor);
  return child;
}

/** Waits until the host has started everything; answers the id of its init. */
async function ready(child: ChildProcess, root: string, console: string): Promise<number> {
  for (const deadline = Date.now() + patience; Date.now() < deadline; await delay(100)) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    const init = findInit(root);
    if (init === undefined) continue;
    const state = await output([
      "nsenter",
      "--target",
      String(init),
      "--all",
      "--",
      "systemctl",
      "is-system-running",
      "--wait",
    ]);
    // "degraded": a unit has failed, which is for the caller to find bad.
    if (/^(running|degraded)$/m.test(state.stdout)) return init;
  }
  throw new Error(`The host did not start; its console: ${tail(console)}`);
}

/** Words before a command that is to run in the host whose init this is, with the host's own environment and nothing of the machine's. */
export function wordsInHost(init: number, user?: string): readonly string[] {
  const environment = { ...hostEnvironment, LANG: "C.UTF-8" };
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const enter = ["nsenter", "--target", String(init), "--all", "--", "env", "-i"];
  if (user !== undefined) {
    const identity = [`--reuid=${user}`, `--regid=${user}`, "--init-groups", "--reset-env"];
    return [...enter, "setpriv", ...identity, "--", "env", ...variables];
  }
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  return [...enter, path, "HOME=/root", "USER=root", "LOGNAME=root", ...variables];
}

/** The machine's id of the init of the host that was booted from `root`. */
export function findInit(root: string): number | undefined {
  const all = processes();
  const supervisor = all.find(
    ({ commandLine }) => commandLine.startsWith("systemd-nspawn\0") && commandLine.includes(`\0--directory=${root}\0`),
  );
  return all.find(({ parent }) => parent === supervisor?.pid)?.pid;
}

function tail(path: string): string {
  return `${path}\n${readFileSync(path, "utf8").slice(-3000)}`;
}

function output(argv: readonly string[], input = "", onLine?: (line: string) => void): Promise<RunResult> {
  const [command = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { PATH: systemPath } });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    if (onLine !== undefined) createInterface({ input: child.stdout }).on("line", onLine);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    // It may end without reading what it is given.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code: code ?? (signal === null ? 1 : 128), stdout, stderr }));
  });
}
