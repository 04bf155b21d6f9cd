import { spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheDirectory, root, withLock } from "./cache.ts";

/** Builds dist/ and packs the VSIX; answers its path. Throws with the tools' own output. */
export async function buildExtension(path = join(cacheDirectory(), "gatehouse.vsix")): Promise<string> {
  await withLock("extension", async () => {
    await mkdir(dirname(path), { recursive: true });
    tool(["esbuild.mjs"]);
    // Every dependency is bundled; links stay as they are, because there is no public repository to point at.
    tool([
      join("node_modules", "@vscode", "vsce", "vsce"),
      "package",
      "--no-dependencies",
      "--no-rewrite-relative-links",
      "--allow-missing-repository",
      "--out",
      path,
    ]);
  });
  return path;
}

function tool(args: string[]): void {
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${args[0]} failed:\n${result.stdout}${result.stderr}`);
}
