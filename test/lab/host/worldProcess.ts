/** The stage as its starter sees it: two network namespaces, the host's root mounted, and the world's process that holds all of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root as checkout } from "../cache.ts";
import type { PythonTools } from "../moto.ts";
import * as addresses from "./addresses.ts";
import { systemPath } from "./machine.ts";
import type { Overlay } from "./overlay.ts";

/** PEM files, and the names that they are for. */
export interface WorldCertificate {
  readonly names: readonly string[];
  readonly certificate: string;
  readonly key: string;
}

export interface WorldOptions {
  readonly python: PythonTools;
  readonly dialSocket: string;
  readonly certificates: readonly WorldCertificate[];
}

/** What the world's process prints when it is ready. */
export interface WorldReady {
  /** The emulator's, on the world's loopback. */
  readonly cognitoPort: number;
}

export interface World extends WorldReady {
  /** Of the process that holds the namespaces. */
  readonly pid: number;
  /** For `dial`: the world's network. */
  readonly dialSocket: string;
  /** For `dial`: the host's network, with its loopback; started at the first call. */
  hostDialSocket(): Promise<string>;
  /** Words before a command that is to run where the host's root is mounted. */
  readonly inMounts: readonly string[];
  /** What it has logged. */
  readonly log: () => string;
  onEnd(listener: () => void): void;
  stop(): Promise<void>;
}

export interface StageOptions {
  /** Of the run; private. */
  readonly directory: string;
  /** Where the host's root is mounted. */
  readonly root: string;
  readonly overlay: Overlay;
  readonly python: PythonTools;
  readonly certificates: readonly WorldCertificate[];
}

/** Starts the world's process in namespaces of its own. Everything of it is gone when the process has ended. */
export async function startWorld(options: StageOptions): Promise<World> {
  const dialSocket = join(options.directory, "world.sock");
  const file = join(options.directory, "world.json");
  const worldOptions: WorldOptions = { python: options.python, dialSocket, certificates: options.certificates };
  await writeFile(file, JSON.stringify(worldOptions), { mode: 0o600 });
  await mkdir(options.root, { recursive: true });
  const world = [`${addresses.worldAddress}/24`, `${addresses.worldAddress6}/64`];
  const metadata = [`${addresses.metadataAddress}/32`, `${addresses.metadataAddress6}/128`];
  const host = [`${addresses.hostAddress}/24`, `${addresses.hostAddress6}/64`];
  const child = spawn(
    "unshare",
    [
      ...["--mount", "--propagation", "private", "--", "bash", join(checkout, "test/lab/host/stage.sh")],
      ...[options.root, options.overlay.mountOptions, [...world, ...metadata].join(","), host.join(",")],
      ...[process.execPath, "--disable-warning=ExperimentalWarning", join(checkout, "test/lab/host/world.ts"), file],
    ],
    { stdio: ["pipe", "pipe", "pipe"], env: { PATH: systemPath, HOME: options.directory } },
  );
  const log = collect(child);
  const ready = JSON.parse(await firstLine(child, "the world", log)) as WorldReady;
  const pid = child.pid ?? 0;
  const children: ChildProcess[] = [];
  let dialer: Promise<string> | undefined;
  return {
    ...ready,
    pid,
    dialSocket,
    log,
    inMounts: ["nsenter", `--mount=/proc/${pid}/ns/mnt`, "--"],
    hostDialSocket() {
      dialer ??= startDialer(pid, join(options.directory, "host.sock"), children);
      return dialer;
    },
    onEnd: (listener) => child.on("exit", listener),
    async stop() {
      await Promise.all([child, ...children].map(end));
    },
  };
}

async function startDialer(world: number, socket: string, children: ChildProcess[]): Promise<string> {
  const child = spawn(
    "nsenter",
    [
      // The names of the network namespaces are seen in the world's mounts only, so these are entered first.
      ...[`--mount=/proc/${world}/ns/mnt`, "--", "nsenter", "--net=/run/netns/host", "--"],
      ...[process.execPath, "--disable-warning=ExperimentalWarning", join(checkout, "test/lab/host/dialer.ts"), socket],
    ],
    { stdio: ["pipe", "pipe", "pipe"], env: { PATH: systemPath } },
  );
  children.push(child);
  await firstLine(child, "the way to the host's loopback", collect(child));
  return socket;
}

function collect(child: ChildProcess): () => string {
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    log = (log + chunk.toString("utf8")).slice(-50_000);
  });
  return () => log;
}

function firstLine(child: ChildProcess, what: string, log: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const onExit = (code: number | null, signal: string | null) =>
      reject(new Error(`${what} did not start (${signal ?? code}):\n${log()}`));
    child.on("error", reject);
    child.on("close", onExit);
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      if (!output.includes("\n")) return;
      child.off("close", onExit);
      resolve(output.slice(0, output.indexOf("\n")));
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
