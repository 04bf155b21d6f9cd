import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../lab/cache.ts";

/** Milliseconds from `npm start` to its URL with an empty cache; Debian's packages of the machine itself are there already. */
export async function coldStart(progress: (line: string) => void): Promise<number> {
  const cache = mkdtempSync(join(tmpdir(), "gatehouse-cold-"));
  const environment = { ...process.env, GATEHOUSE_CACHE: cache, GATEHOUSE_STATE: join(cache, "run") };
  const started = performance.now();
  const child = spawn(process.execPath, [join(root, "test", "run.mjs"), "start", "--json"], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  try {
    child.stderr.on("data", (chunk: Buffer) => progress(chunk.toString("utf8").trimEnd()));
    await Promise.race([
      once(child.stdout, "data"),
      ended.then(([status]) => {
        throw new Error(`npm start ended with ${status} before it was ready.`);
      }),
    ]);
    return performance.now() - started;
  } finally {
    child.kill("SIGTERM");
    await ended;
    rmSync(cache, { recursive: true, force: true, maxRetries: 3 });
  }
}
