import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { root } from "../../lab/cache.ts";

export interface Link {
  /** Of loopback. */
  readonly port: number;
  close(): void;
}

export interface LinkOptions {
  /** Of loopback in the network that the link leads to. */
  readonly target: number;
  /** A process of that network; this machine's where absent. */
  readonly networkOf?: number;
  /** Without load, milliseconds; default 0. */
  readonly roundTripMs?: number;
  /** 10⁶ bit/s each way; default: no limit. */
  readonly megabits?: number;
}

export async function startLink(options: LinkOptions): Promise<Link> {
  const { target, networkOf, roundTripMs = 0, megabits = Number.POSITIVE_INFINITY } = options;
  const scripts = [join(root, "test", "lab", "endWithParent.mjs"), join(root, "test/bench/gate/linkProcess.ts")];
  const [preload = "", script = ""] = scripts;
  const inNetwork = networkOf === undefined ? [] : ["nsenter", "--target", String(networkOf), "--net", "--"];
  const node = [process.execPath, "--import", preload, script];
  const [program = "", ...rest] = [...inNetwork, ...node, ...[target, roundTripMs, megabits].map(String)];
  const child = spawn(program, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit").then(([status]): never => {
    throw new Error(`The link ended with ${status}.`);
  });
  ended.catch(() => {});
  // A socket stays in the network that it was made in, whoever accepts from it.
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await Promise.race([Promise.all([once(server, "listening"), once(child, "message")]), ended]);
  const { port } = server.address() as AddressInfo;
  const listening = once(child, "message");
  child.send("server", server);
  await Promise.race([listening, ended]);
  server.close();
  return { port, close: () => void child.kill() };
}
