import { cp, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { cacheDirectory, root, withLock } from "./cache.ts";
import { runCommand } from "./command.ts";

/** Builds dist/ and packs the VSIX; answers its path. Throws with the tools' own output. */
export async function buildExtension(path = join(cacheDirectory(), "gatehouse.vsix")): Promise<string> {
  await withLock("extension", async () => {
    await mkdir(dirname(path), { recursive: true });
    await runCommand([process.execPath, "esbuild.mjs"], { cwd: root });
    const copy = await mkdtemp(join(tmpdir(), "gatehouse-pack-"));
    try {
      for (const name of await readdir(root)) {
        if (!large.has(name) && join(root, name) !== cacheDirectory())
          await cp(join(root, name), join(copy, name), { recursive: true });
      }
      // Whoever reads it meanwhile has a whole one.
      const packed = join(dirname(path), `.${basename(path)}.new`);
      await packExtension(copy, packed);
      await rename(packed, path);
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });
  return path;
}

/**
 * Of the checkout, in no package. vsce holds every file of the folder against every line of .vscodeignore before it leaves any out:
 * with the cache beside the sources that takes ten seconds.
 */
const large = new Set([".git", ".cache", ".vscode-test", "node_modules", "out", "test"]);

/** Packs the extension in `folder` as it stands. */
export async function packExtension(folder: string, path: string): Promise<void> {
  const vsce = join(root, "node_modules", "@vscode", "vsce", "vsce");
  // Every dependency is bundled; links stay as they are, because there is no public repository to point at.
  const options = ["--no-dependencies", "--no-rewrite-relative-links", "--allow-missing-repository", "--out", path];
  await runCommand([process.execPath, vsce, "package", ...options], { cwd: folder });
}
