/** The sockets that the agent listens on: handed over by systemd, or its own. */
import { chmodSync, lstatSync, renameSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { GatehouseError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { RuntimePaths } from "../core/runtimeDirectory.ts";

/** Descriptors by name. */
export interface PassedSockets {
  readonly agent: number;
  readonly endpoint?: number | undefined;
  /** Where the gate brings a browser that comes back from managed login; no sign-in by browser without it. */
  readonly callback?: number | undefined;
}

const firstDescriptor = 3;
/** Names of FileDescriptorName= in the socket units. */
const known = ["agent", "endpoint", "callback"] as const;
type Name = (typeof known)[number];

/**
 * Reads systemd's socket activation (sd_listen_fds(3)): LISTEN_PID must be this process, or the variables were meant for a parent.
 *
 * @returns undefined when nothing was passed
 * @throws GatehouseError agentUnavailable when something was, but not the agent's socket
 */
export function passedSockets(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
  log: Log,
): PassedSockets | undefined {
  if (environment["LISTEN_PID"] !== String(pid)) return undefined;
  const count = Number(environment["LISTEN_FDS"]);
  if (!Number.isInteger(count) || count < 1) return undefined;
  const names = (environment["LISTEN_FDNAMES"] ?? "").split(":");
  const found: Partial<Record<Name, number>> = {};
  for (let index = 0; index < count; index++) {
    const given = names[index] ?? "";
    // A unit without FileDescriptorName= names its socket after itself; of one socket there is no doubt.
    const name = count === 1 && (given === "" || given.endsWith(".socket")) ? "agent" : given;
    if (!isKnown(name)) log.error(`sockets: ignored one under the unknown name "${given}"`);
    else if (found[name] !== undefined) log.error(`sockets: ignored a second one under the name "${given}"`);
    else found[name] = firstDescriptor + index;
  }
  if (found.agent === undefined) {
    throw new GatehouseError("agentUnavailable", { detail: 'no socket with the name "agent" was handed over' });
  }
  return { ...found, agent: found.agent };
}

function isKnown(name: string): name is Name {
  return (known as readonly string[]).includes(name);
}

/** Waits until the server listens on a descriptor or an address. */
export function listen(server: Server, where: Parameters<Server["listen"]>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    server.once("error", failed);
    server.listen(where as { path: string }, () => {
      server.removeListener("error", failed);
      resolve();
    });
  });
}

/** Where a socket is published, and whether it is still there. */
export interface Published {
  /** False when the file was removed or replaced. */
  isOurs(): boolean;
  remove(): void;
}

/**
 * Listens under a temporary name and then renames: the socket that a killed agent left is replaced in one step, and no client ever
 * finds none, or one that doesn't answer yet. Only the holder of the agent's lock may call this.
 */
export async function publishSocket(server: Server, paths: RuntimePaths): Promise<Published> {
  const temporary = join(paths.directory, `.agent.${process.pid}.sock`);
  rmSync(temporary, { force: true });
  await listen(server, { path: temporary, exclusive: true, backlog: 1024 });
  chmodSync(temporary, 0o600);
  const { ino, dev } = lstatSync(temporary);
  renameSync(temporary, paths.socket);
  const isOurs = (): boolean => {
    try {
      const status = lstatSync(paths.socket);
      return status.ino === ino && status.dev === dev;
    } catch {
      return false;
    }
  };
  return {
    isOurs,
    remove() {
      if (isOurs()) rmSync(paths.socket, { force: true });
    },
  };
}
