import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheDirectory, root, withLock } from "./cache.ts";
import { runCommand } from "./command.ts";

/** Builds dist/ and packs the VSIX; answers its path. Throws with the tools' own output. */
export async function buildExtension(path = join(cacheDirectory(), "gatehouse.vsix")): Promise<string> {
  await withLock("extension", async () => {
    await mkdir(dirname(path), { recursive: true });
    await runCommand([process.execPath, "esbuild.mjs"], { cwd: root });
    await packExtension(root, path);
  });
  return path;
}

/** Packs the extension in `folder` as it stands. */
export async function packExtension(folder: string, path: string): Promise<void> {
  const vsce = join(root, "node_modules", "@vscode", "vsce", "vsce");
  // Every dependency is bundled; links stay as they are, because there is no public repository to point at.
  const options = ["--no-dependencies", "--no-rewrite-relative-links", "--allow-missing-repository", "--out", path];
  await runCommand([process.execPath, vsce, "package", ...options], { cwd: folder });
}
