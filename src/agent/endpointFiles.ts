/** Where the container endpoint listens, and the files that tell terminals of it. */
import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, join } from "node:path";
import { GatehouseError } from "../core/errors.ts";
import { readPrivateFile, writePrivateFile } from "../core/privateFile.ts";
import { portTokenFile, type RuntimePaths, readEndpoint } from "../core/runtimeDirectory.ts";
import { listen } from "./sockets.ts";

/** On the descriptor, else on the port of last time, else on any: terminals that are open know the old one. */
export async function listenEndpoint(server: Server, fd: number | undefined, paths: RuntimePaths): Promise<void> {
  if (fd !== undefined) {
    await listen(server, { fd });
    const address = server.address() as AddressInfo | string | null;
    if (typeof address === "object" && address?.address === "127.0.0.1") return;
    throw new GatehouseError("agentUnavailable", { detail: "the endpoint's socket is not one on 127.0.0.1" });
  }
  const last = readEndpoint(paths);
  if (last !== undefined) {
    try {
      return await listen(server, { host: "127.0.0.1", port: Number(new URL(last.uri).port), exclusive: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
  await listen(server, { host: "127.0.0.1", port: 0, exclusive: true });
}

/**
 * The endpoint's token, 256 bits in Base64url. Where there is a directory to keep it in, a killed agent's successor goes on with it: a
 * request that has read the file, and waits in the socket's queue until there is an agent again, is answered then.
 *
 * @param directory private to the agent; only where the endpoint's socket is handed over, so that nobody else can take its port
 */
export function endpointToken(directory: string | undefined): string {
  const fresh = randomBytes(32).toString("base64url");
  if (directory === undefined) return fresh;
  const file = join(directory, "endpointToken");
  try {
    const kept = readPrivateFile(file, fresh.length);
    if (kept?.length === fresh.length) return kept;
  } catch {
    // It isn't what we wrote: another one is made.
  }
  writePrivateFile(file, fresh);
  return fresh;
}

/** The number of the port that the endpoint listens on; 0 before it does. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo | null)?.port ?? 0;
}

/**
 * Writes the token and where the endpoint is. To be called when it listens: only then is it certain whose the port is.
 *
 * @param tokenFile `paths.tokenFile` or `portTokenFile`
 * @param shared the files are for the group of their directory, too
 */
export function publishEndpoint(
  paths: RuntimePaths,
  port: number,
  token: string,
  tokenFile: string,
  shared: boolean,
): void {
  // The directory of the service's files belongs to the IDE user's group, and so do they.
  const open = shared ? { mode: 0o640, gid: statSync(dirname(tokenFile)).gid } : {};
  removeTokens(paths, basename(tokenFile));
  writePrivateFile(tokenFile, token, open);
  const named = tokenFile === portTokenFile(paths, port) ? { tokenFile: basename(tokenFile) } : {};
  writePrivateFile(paths.endpointFile, JSON.stringify({ port, ...named }), open);
}

/** Those of other ports, that a killed agent left: nobody answers to what is in them any more. */
function removeTokens(paths: RuntimePaths, but: string): void {
  const directory = dirname(paths.tokenFile);
  const name = basename(paths.tokenFile);
  for (const entry of readdirSync(directory)) {
    const suffix = entry.startsWith(name) ? entry.slice(name.length) : undefined;
    if (suffix === undefined || entry === but || !/^(-\d{1,5})?$/.test(suffix)) continue;
    try {
      rmSync(join(directory, entry), { force: true });
    } catch {
      // What can't be removed is no token, or a worthless one.
    }
  }
}
