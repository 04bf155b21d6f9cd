/** Requests one after another over a connection that is kept, as fast as they are answered, from within the host's network. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "../../lab/cache.ts";
import { cookieHeader, type Way } from "./way.ts";

export interface Target {
  /** Of 127.0.0.1. */
  readonly port: number;
  readonly tls: { readonly serverName: string; readonly caFile: string } | undefined;
  /** `Name: value` */
  readonly headers: readonly string[];
}

export interface Order {
  readonly path: string;
  readonly count: number;
}

export interface Reached {
  /** Of each request, from its sending to the last byte of the answer. */
  readonly ms: number[];
  /** Of the first answer that was not 200; where all were, of the last. */
  readonly status: number;
  /** Status line and headers as they came. */
  readonly headers: string;
  /** Of the body as it came over the wire. */
  readonly bytes: number;
}

export interface Client {
  get(path: string, count: number): Promise<Reached>;
  close(): void;
}

/** What Chromium says over TLS; code-server alone is asked for the same. */
const browserHeaders = [
  "Accept: */*",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Sec-Fetch-Site: same-origin",
  "Sec-Fetch-Mode: cors",
  "Sec-Fetch-Dest: empty",
];

/** A client with the way's session. @param hostPid any process of the host, as the machine numbers it */
export async function clientOf(way: Way, hostPid: number): Promise<Client> {
  const { hostname, host } = new URL(way.origin);
  const cookie = cookieHeader(way);
  const target: Target = {
    port: way.portInHost,
    tls: way.caFile === undefined ? undefined : { serverName: hostname, caFile: way.caFile },
    headers: [`Host: ${host}`, ...browserHeaders, ...(cookie === "" ? [] : [`Cookie: ${cookie}`])],
  };
  const scripts = [join(root, "test", "lab", "endWithParent.mjs"), join(root, "test/bench/gate/requestsProcess.ts")];
  const [preload = "", script = ""] = scripts;
  const command = ["--target", String(hostPid), "--net", "--", process.execPath, "--import", preload, script];
  const child = spawn("nsenter", command, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit").then(([status]): never => {
    throw new Error(`The client of ${way.name} ended with ${status}.`);
  });
  ended.catch(() => {});
  const ask = async (message: Target | Order): Promise<unknown> => {
    const answer = once(child, "message");
    child.send(message);
    const [value] = (await Promise.race([answer, ended])) as unknown[];
    return value;
  };
  await ask(target);
  return {
    get: async (path, count) => (await ask({ path, count })) as Reached,
    close: () => child.kill(),
  };
}

/** @throws unless every answer was 200 */
export function expectOk(reached: Reached, what: string): Reached {
  if (reached.status !== 200) throw new Error(`${what}: ${reached.headers}`);
  return reached;
}
