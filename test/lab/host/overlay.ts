/** Layers of the host's root: what is below is never written; what is written goes to a directory on top. */
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../command.ts";
import { isolated, systemPath } from "./machine.ts";

export interface Overlay {
  /** For `mount -t overlay -o`; `copy` where the root is a copy and nothing is to be mounted. */
  readonly mountOptions: string;
  /** Where what is written goes; undefined where the root is a copy. */
  readonly upper: string | undefined;
}

/**
 * @param layers the top one first; directories
 * @param directory for what is written, on a file system that takes it
 * @param root of the host, for where it has to be a copy
 */
export async function layOver(
  layers: readonly string[],
  directory: string,
  root: string,
  progress: (line: string) => void,
): Promise<Overlay> {
  if (await canOverlay(directory)) {
    const [upper, work] = await directories(directory, "upper", "work");
    return { mountOptions: `lowerdir=${layers.join(":")},upperdir=${upper},workdir=${work}`, upper };
  }
  progress("This machine can't mount an overlay; copying the host's root instead …");
  await mkdir(root, { recursive: true });
  for (const layer of [...layers].reverse()) await copyLayer(layer, root);
  return { mountOptions: "copy", upper: undefined };
}

/** Whether an overlay can be mounted that writes into `directory`. Tried in a mount namespace of its own: nothing has to be unmounted. */
export async function canOverlay(directory: string): Promise<boolean> {
  const trial = await mkdtemp(join(directory, "try-"));
  try {
    const [lower, upper, work, target] = await directories(trial, "lower", "upper", "work", "target");
    const mountOptions = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    const mount = ["mount", "-t", "overlay", "overlay", "-o", mountOptions, target ?? ""];
    await runCommand([...isolated, "--", ...mount], { env: { PATH: systemPath } });
    return true;
  } catch {
    return false;
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}

async function directories(parent: string, ...names: readonly string[]): Promise<string[]> {
  const paths = names.map((name) => join(parent, name));
  for (const path of paths) await mkdir(path, { recursive: true, mode: 0o755 });
  return paths;
}

async function copyLayer(layer: string, root: string): Promise<void> {
  const names = (await readdir(layer)).map((name) => join(layer, name));
  if (names.length > 0) await runCommand(["cp", "-a", "--reflink=auto", ...names, root], { env: { PATH: systemPath } });
}
