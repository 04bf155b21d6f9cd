import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "../../lab/cache.ts";

export interface SlowLink {
  /** Of loopback. */
  readonly port: number;
  stop(): void;
}

/** @param target port of loopback that the link leads to @param roundTripMs without load @param megabits 10⁶ bit/s, each way */
export async function startSlowLink(target: number, roundTripMs: number, megabits: number): Promise<SlowLink> {
  const preload = ["--import", join(root, "test", "lab", "endWithParent.mjs")];
  const script = join(root, "test", "bench", "gate", "slowRelay.ts");
  const child = spawn(process.execPath, [...preload, script, ...[target, roundTripMs, megabits].map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit").then(([status]) => {
    throw new Error(`The slow link ended with ${status}.`);
  });
  const [line] = (await Promise.race([once(child.stdout, "data"), exited])) as [Buffer];
  exited.catch(() => {});
  return { port: Number(line.toString("utf8")), stop: () => void child.kill() };
}
