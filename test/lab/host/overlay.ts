/** Layers of the host's root: what is below is never written; what is written goes to a directory on top. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../command.ts";
import { systemPath } from "./machine.ts";

export interface Overlay {
  /** For `mount -t overlay -o`; `copy=` where the root is a copy and nothing is to be mounted. */
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
  const upper = join(directory, "upper");
  const work = join(directory, "work");
  await mkdir(upper, { recursive: true, mode: 0o755 });
  await mkdir(work, { recursive: true });
  const mountOptions = `lowerdir=${layers.join(":")},upperdir=${upper},workdir=${work}`;
  if (await canMount(mountOptions, directory)) return { mountOptions, upper };
  progress("This machine can't mount an overlay; copying the host's root instead …");
  await mkdir(root, { recursive: true });
  for (const layer of [...layers].reverse()) await copyLayer(layer, root);
  return { mountOptions: `copy=${layers.length}`, upper: undefined };
}

/** Tried in a mount namespace of its own, so nothing has to be unmounted. */
async function canMount(mountOptions: string, directory: string): Promise<boolean> {
  const target = join(directory, "try");
  await mkdir(target, { recursive: true });
  const mount = ["mount", "-t", "overlay", "overlay", "-o", mountOptions, target];
  return runCommand(["unshare", "--mount", "--propagation", "private", "--", ...mount], {
    env: { PATH: systemPath },
  }).then(
    () => true,
    () => false,
  );
}

async function copyLayer(layer: string, root: string): Promise<void> {
  const names = (await readdir(layer)).map((name) => join(layer, name));
  if (names.length > 0) await runCommand(["cp", "-a", "--reflink=auto", ...names, root], { env: { PATH: systemPath } });
}
