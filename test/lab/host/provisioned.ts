/** The layers that the product's own provision.sh makes of the base. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root as checkout } from "../cache.ts";
import { runCommand } from "../command.ts";
import { zipEntries } from "../zip.ts";
import type { Container, RunResult } from "./container.ts";
import { ensureLayer, type Layer } from "./layers.ts";
import { canOverlay } from "./overlay.ts";
import {
  clientSecretInHost,
  hostFileInHost,
  type Stage,
  type StageOptions,
  setStage,
  writeConfiguration,
} from "./stage.ts";

export interface ProvisionOptions extends Omit<StageOptions, "layers" | "changes" | "hostFile"> {
  /** With the directory `root`. */
  readonly base: Layer;
  /** What else decides how it comes out. */
  readonly inputs: readonly Layer[];
  /** The VSIX's contents. */
  readonly vsix: Buffer;
}

/** Of the host, for what provisioning is given. */
const given = "/root/gatehouse";
const scripts = join(checkout, "deploy/host");

/**
 * The directories to lay over each other, the top one first. Made at the first call for this VSIX, in two steps: what provision.sh does
 * before it comes to the VSIX stays when only that changes. (To the script it is an interrupted run that is run again.)
 */
export async function ensureProvisioned(options: ProvisionOptions): Promise<readonly string[]> {
  const { base, inputs, vsix } = options;
  const sources = ["provision.sh", "pins.json", "provision", "python"]
    .flatMap(filesOf)
    .map((path) => readFileSync(path));
  const kind = (await canOverlay(dirname(base.path))) ? "changes" : "whole";
  const groundwork = keyOf(kind, ...[base, ...inputs].map(({ path }) => path), ...sources);
  const below = await layerOf("groundwork", groundwork, [join(base.path, "root")], options, doGroundwork);
  // What is in the archive, not when it was packed.
  const entries = zipEntries(vsix).map(({ name, checksum }) => `${name} ${checksum}\n`);
  return layerOf("provisioned", keyOf(...below, ...entries), below, options, provision);
}

async function doGroundwork(container: Container, { progress }: ProvisionOptions): Promise<void> {
  progress("Installing what the host needs with provision.sh …");
  const result = await runScript(container, progress, []);
  // There is no VSIX yet: the step that takes it is where the script has to stop.
  if (!result.stderr.includes("is no unpacked VSIX.")) await fail(container, result);
  await container.run(["rm", "-rf", "/var/log/gatehouse"]);
}

async function provision(container: Container, { progress, vsix }: ProvisionOptions, stage: Stage): Promise<void> {
  progress("Provisioning the host with provision.sh …");
  await writeFile(join(stage.root, given, "gatehouse.vsix"), vsix);
  const result = await runScript(container, progress, ["--vsix", `${given}/gatehouse.vsix`]);
  if (result.code !== 0) await fail(container, result);
  // What each host of the lab makes anew.
  const state = ["/etc/gatehouse/secrets/*", "/var/lib/gatehouse-redis/*"].join(" ");
  await container.run(["sh", "-c", `systemctl stop 'gatehouse-*'; rm -rf ${state}`]);
}

function runScript(
  container: Container,
  progress: (line: string) => void,
  more: readonly string[],
): Promise<RunResult> {
  const options = ["--host-file", hostFileInHost, "--client-secret-file", clientSecretInHost, ...more];
  return container.run(["bash", `${given}/deploy/host/provision.sh`, ...options], {
    check: false,
    onOutput: (line) => {
      if (line.startsWith("[")) progress(`  ${line}`);
    },
  });
}

async function fail(container: Container, { code, stdout, stderr }: RunResult): Promise<never> {
  const logs = await container.run(["sh", "-c", "systemctl --failed; journalctl -n 60 --no-pager"], { check: false });
  throw new Error(`provision.sh ended with ${code}:\n${stdout}${stderr}\n${logs.stdout}`);
}

/** The layers with one more on top: what `work` changed in a running host. */
async function layerOf(
  kind: "groundwork" | "provisioned",
  key: string,
  below: readonly string[],
  options: ProvisionOptions,
  work: (container: Container, options: ProvisionOptions, stage: Stage) => Promise<void>,
): Promise<readonly string[]> {
  const keep = kind === "groundwork" ? 2 : 3;
  const layer = await ensureLayer({ kind, key, keep, progress: options.progress }, async (folder) => {
    const stage = await setStage({ ...options, layers: below, changes: folder });
    try {
      await mkdir(join(stage.root, given), { recursive: true, mode: 0o700 });
      await cp(scripts, join(stage.root, given, "deploy/host"), { recursive: true });
      await writeConfiguration(stage, true);
      const container = await stage.boot();
      await work(container, options, stage);
      await container.run(["sh", "-c", `rm -rf ${given} /var/log/journal/*`]);
      await container.powerOff();
      const complete = stage.overlay.upper === undefined;
      if (complete) await runCommand(["mv", join(stage.run.path, "root"), join(folder, "upper")]);
      await writeFile(join(folder, "layer.json"), JSON.stringify({ complete }));
    } finally {
      await stage.close();
    }
    await rm(join(folder, "work"), { recursive: true, force: true });
  });
  const { complete } = JSON.parse(await readFile(join(layer.path, "layer.json"), "utf8")) as { complete: boolean };
  const upper = join(layer.path, "upper");
  return complete ? [upper] : [upper, ...below];
}

function filesOf(name: string): string[] {
  const path = join(scripts, name);
  if (name.includes(".")) return [path];
  const found = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isFile());
  return found.map((entry) => join(path, entry.name)).sort();
}

function keyOf(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 16);
}
