/** The provisioned layer: what the product's own provision.sh makes of the base. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root as checkout } from "../cache.ts";
import { zipEntries } from "../zip.ts";
import type { Container } from "./container.ts";
import { ensureLayer, type Layer } from "./layers.ts";
import { clientSecretInHost, hostFileInHost, type StageOptions, setStage, writeConfiguration } from "./stage.ts";

export interface ProvisionOptions extends Omit<StageOptions, "layers" | "changes" | "hostFile"> {
  /** With the directory `root`. */
  readonly base: Layer;
  /** What else decides how it comes out. */
  readonly inputs: readonly Layer[];
  readonly vsix: string;
}

/** The directories to lay over each other, the top one first. Made at the first call for this VSIX. */
export async function ensureProvisioned(options: ProvisionOptions): Promise<readonly string[]> {
  const { base, vsix, progress } = options;
  const hash = createHash("sha256").update("1");
  for (const { path } of [base, ...options.inputs]) hash.update(path);
  // What is in the archive, not when it was packed.
  for (const { name, checksum } of zipEntries(await readFile(vsix))) hash.update(`${name} ${checksum}\n`);
  // Without --vsix's own copy: the script that starts is the checkout's.
  hash.update(await readFile(join(checkout, "deploy/host/provision.sh")));
  const key = hash.digest("hex").slice(0, 16);
  const baseRoot = join(base.path, "root");
  const layer = await ensureLayer({ kind: "provisioned", key, keep: 3, progress }, async (folder) => {
    progress("Provisioning the host with provision.sh …");
    const stage = await setStage({ ...options, layers: [baseRoot], changes: folder });
    try {
      await mkdir(join(stage.root, "root/gatehouse"), { recursive: true, mode: 0o700 });
      await copyFile(vsix, join(stage.root, "root/gatehouse/gatehouse.vsix"));
      await cp(join(checkout, "deploy/host"), join(stage.root, "root/gatehouse/host"), { recursive: true });
      await writeConfiguration(stage, true);
      const container = await stage.boot();
      await provision(container, progress);
      await forget(container);
      await container.powerOff();
      const complete = stage.overlay.upper === undefined;
      if (complete) await rename(join(stage.run.path, "root"), join(folder, "upper"));
      await writeFile(join(folder, "layer.json"), JSON.stringify({ complete }));
    } finally {
      await stage.close();
    }
    await rm(join(folder, "work"), { recursive: true, force: true });
    await rm(join(folder, "try"), { recursive: true, force: true });
  });
  const { complete } = JSON.parse(await readFile(join(layer.path, "layer.json"), "utf8")) as { complete: boolean };
  return complete ? [join(layer.path, "upper")] : [join(layer.path, "upper"), baseRoot];
}

/** Whether this checkout has a script to provision with. */
export function canProvision(): boolean {
  return existsSync(join(checkout, "deploy/host/provision.sh"));
}

async function provision(container: Container, progress: (line: string) => void): Promise<void> {
  const script = "/root/gatehouse/host/provision.sh";
  const command = [script, "--vsix", "/root/gatehouse/gatehouse.vsix", "--host-file", hostFileInHost];
  const result = await container.run(["bash", ...command, "--client-secret-file", clientSecretInHost], {
    check: false,
    onOutput: (line) => progress(`  ${line}`),
  });
  if (result.code !== 0 && !result.stdout.includes("There is no command host.")) {
    const logs = await container.run(["sh", "-c", "systemctl --failed; journalctl -n 60 --no-pager"], { check: false });
    throw new Error(`provision.sh ended with ${result.code}:\n${result.stdout}${result.stderr}\n${logs.stdout}`);
  }
}

/** What each host of the lab makes anew, and what would only be carried along. */
async function forget(container: Container): Promise<void> {
  await container.run([
    "sh",
    "-c",
    "systemctl stop 'gatehouse-*'; rm -rf /etc/gatehouse/secrets/* /var/lib/gatehouse-redis/* /var/log/journal/* /root/gatehouse",
  ]);
}
