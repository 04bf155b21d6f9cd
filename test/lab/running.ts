import { readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cacheDirectory } from "./cache.ts";
import { processEntry } from "./processes.ts";

/** A person of the demo pool. `totpSecret` is Base32, null where no authenticator is enrolled yet. */
export interface DemoUser {
  readonly username: string;
  readonly password: string;
  readonly totpSecret: string | null;
  /** What is special about this one. */
  readonly note?: string;
}

/** What `npm start` prints. */
export interface Announcement {
  readonly url: string;
  readonly users: readonly DemoUser[];
  /** Of a host: PEM file of the authority that browsers may trust. */
  readonly ca?: string;
  /** Of a host: where its names are found, on 127.0.0.1. */
  readonly port?: number;
  /** Of a host: for a Chromium that finds it and takes exactly its certificates. */
  readonly chromiumArguments?: readonly string[];
}

/** The `npm start` that is running. */
export interface Running {
  readonly pid: number;
  /** With the pid it names one process for good (see processes.ts). */
  readonly started: string;
  readonly announcement: Announcement;
  /** Of its run: gone when nothing of it is left. */
  readonly directory: string;
}

/** Where the one that is running is recorded: GATEHOUSE_STATE, or `run` in the cache directory. */
export function stateDirectory(): string {
  return resolve(process.env["GATEHOUSE_STATE"] ?? join(cacheDirectory(), "run"));
}

const file = () => join(stateDirectory(), "start.json");

/** The one that is running; undefined where none is, also when a state file was left behind. */
export function findRunning(): Running | undefined {
  try {
    const running = JSON.parse(readFileSync(file(), "utf8")) as Running;
    return processEntry(running.pid)?.started === running.started ? running : undefined;
  } catch {
    return undefined;
  }
}

/** Records this process as the one that is running. The file holds demo passwords only, yet is private. */
export async function recordRunning(announcement: Announcement, directory: string): Promise<void> {
  const started = processEntry(process.pid)?.started ?? "";
  const path = file();
  await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
  const running: Running = { pid: process.pid, started, announcement, directory };
  await writeFile(`${path}.new`, JSON.stringify(running), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export async function forgetRunning(): Promise<void> {
  if (findRunning()?.pid === process.pid) await rm(file(), { force: true });
}
