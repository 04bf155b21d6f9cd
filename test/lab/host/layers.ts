/** Layers in the cache: each is made once under a key of what goes into it, and used while nothing of that changes. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory, withLock } from "../cache.ts";
import { processes } from "../processes.ts";

export interface Layer {
  /** Its directory; what is in it is the maker's business. Never to be written. */
  readonly path: string;
  /** Whether it was made by this call. */
  readonly made: boolean;
}

export interface LayerOptions {
  readonly kind: "base" | "downloads" | "wheels" | "groundwork" | "provisioned";
  /** Of everything that decides how it comes out. */
  readonly key: string;
  /** How many of this kind stay in the cache, those in use not counted. */
  readonly keep: number;
  readonly progress: (line: string) => void;
}

/** The layer of this key; made by `make` in a fresh directory where there is none. A half-made one is never used. */
export async function ensureLayer(options: LayerOptions, make: (folder: string) => Promise<void>): Promise<Layer> {
  const { kind, key, progress } = options;
  const parent = join(cacheDirectory(), "host");
  const path = join(parent, `${kind}-${key}`);
  const stamp = join(path, "used");
  const present = async (): Promise<boolean> => {
    if (!existsSync(stamp)) return false;
    const now = new Date();
    await utimes(stamp, now, now);
    return true;
  };
  if (await present()) return { path, made: false };
  return withLock(
    `host/${kind}`,
    async () => {
      if (await present()) return { path, made: false };
      await mkdir(parent, { recursive: true });
      for (const name of await readdir(parent)) {
        // Of somebody who was stopped in the middle: nobody else is at it while we hold the lock.
        if (name.startsWith(`new-${kind}-`)) await rm(join(parent, name), { recursive: true, force: true });
      }
      const folder = await mkdtemp(join(parent, `new-${kind}-`));
      try {
        await make(folder);
        await writeFile(join(folder, "used"), "");
        await rm(path, { recursive: true, force: true });
        await rename(folder, path);
      } catch (error) {
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
      await prune(parent, options, path);
      return { path, made: true };
    },
    () => progress(`Somebody else is making the lab's ${kind} layer; waiting for it …`),
  );
}

/** Removes those that were used longest ago. */
async function prune(parent: string, { kind, keep }: LayerOptions, current: string): Promise<void> {
  const mounted = await mountedLayers();
  const found: { path: string; used: number }[] = [];
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (!name.startsWith(`${kind}-`) || !existsSync(join(path, "used")) || path === current) continue;
    if (!mounted.includes(path)) found.push({ path, used: (await stat(join(path, "used"))).mtimeMs });
  }
  found.sort((a, b) => b.used - a.used);
  for (const { path } of found.slice(keep - 1)) await rm(path, { recursive: true, force: true });
}

/** What every lab of this machine has mounted, as one text. */
async function mountedLayers(): Promise<string> {
  const worlds = processes().filter(({ commandLine }) => commandLine.includes("/lab/host/world.ts"));
  const mounts = await Promise.all(worlds.map(({ pid }) => readFile(`/proc/${pid}/mountinfo`, "utf8").catch(() => "")));
  return mounts.join("\n");
}
