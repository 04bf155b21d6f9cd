/** What a production host downloads, as the lab has it: tar files of the releases' shape, and Python packages. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { root as checkout } from "../cache.ts";
import { type CodeServer, codeServerVersion } from "../codeServer.ts";
import { runCommand } from "../command.ts";
import { suppliesInHost } from "./hostFiles.ts";
import { ensureLayer, type Layer } from "./layers.ts";

/** As host.json names a third party's file. */
export interface Pin {
  readonly version: string;
  readonly url: string;
  readonly sha256: string;
}

export interface Pins {
  readonly codeServer: Pin;
  readonly oauth2Proxy: Pin;
}

/** The release's name of this machine's architecture. */
const architecture = arch() === "x64" ? "amd64" : arch();

/** A layer with `files` (the tar files) and `pins.json`. */
export async function ensureDownloads(
  codeServer: CodeServer,
  oauth2Proxy: string,
  progress: (line: string) => void,
): Promise<Layer> {
  const hash = createHash("sha256").update(`1 ${codeServerVersion} ${codeServer.entry} ${oauth2Proxy} ${architecture}`);
  return ensureLayer({ kind: "downloads", key: hash.digest("hex").slice(0, 16), keep: 1, progress }, async (folder) => {
    progress("Packing code-server and oauth2-proxy as their releases are packed …");
    const files = join(folder, "files");
    await mkdir(files);
    const pins: Pins = {
      codeServer: await packCodeServer(codeServer, folder, files),
      oauth2Proxy: await packOauth2Proxy(oauth2Proxy, folder, files),
    };
    await writeFile(join(folder, "pins.json"), JSON.stringify(pins));
  });
}

export function readPins(downloads: Layer): Pins {
  return JSON.parse(readFileSync(join(downloads.path, "pins.json"), "utf8")) as Pins;
}

async function packCodeServer({ node, entry }: CodeServer, folder: string, files: string): Promise<Pin> {
  const name = `code-server-${codeServerVersion}-linux-${architecture}`;
  const source = dirname(dirname(dirname(entry)));
  const staged = join(folder, name);
  // Links to the same files: nothing is copied.
  await runCommand(["cp", "-al", source, staged]);
  if (!existsSync(join(staged, "lib", "node"))) {
    await runCommand(["cp", "-al", dirname(source), join(staged, "node_modules")]);
    await runCommand(["rm", "-rf", join(staged, "node_modules", "code-server"), join(staged, "node_modules", ".bin")]);
    await copyFile(node, join(staged, "lib", "node"));
    await chmod(join(staged, "lib", "node"), 0o755);
    await mkdir(join(staged, "bin"));
    await writeFile(join(staged, "bin", "code-server"), launcher, { mode: 0o755 });
  }
  const pin = await pack(folder, name, files, codeServerVersion, ["--exclude=obj.target", "--exclude=.deps"]);
  await runCommand(["rm", "-rf", staged]);
  return pin;
}

const launcher = `#!/bin/sh
root=$(dirname "$(dirname "$(readlink -f "$0")")")
exec "$root/lib/node" "$root" "$@"
`;

async function packOauth2Proxy(executable: string, folder: string, files: string): Promise<Pin> {
  const version = /v(\d+\.\d+\.\d+)/.exec(await versionOf(executable))?.[1];
  if (version === undefined) throw new Error(`${executable} doesn't say which version it is.`);
  const name = `oauth2-proxy-v${version}.linux-${architecture}`;
  await mkdir(join(folder, name));
  await copyFile(executable, join(folder, name, "oauth2-proxy"));
  const pin = await pack(folder, name, files, version);
  await runCommand(["rm", "-rf", join(folder, name)]);
  return pin;
}

async function pack(
  folder: string,
  name: string,
  files: string,
  version: string,
  exclusions: readonly string[] = [],
): Promise<Pin> {
  const archive = join(files, `${name}.tar.gz`);
  const options = ["--owner=0", "--group=0", "--numeric-owner", "--mode=go-w,go+rX", ...exclusions];
  // Weakly compressed: it is read from this disk once for each version that is provisioned.
  await runCommand(["tar", "-C", folder, ...options, "-I", "gzip -1", "-cf", archive, name]);
  const hash = createHash("sha256");
  await pipeline(createReadStream(archive), hash);
  return { version, url: `file://${suppliesInHost}/files/${name}.tar.gz`, sha256: hash.digest("hex") };
}

async function versionOf(executable: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(executable, ["--version"]);
  return `${stdout}${stderr}`;
}

/** A layer with the Python packages of a requirements file, for the host's Python. */
export async function ensureWheels(
  python: string,
  requirements: string,
  progress: (line: string) => void,
): Promise<Layer> {
  const hash = createHash("sha256")
    .update(await readFile(requirements))
    .update(arch());
  return ensureLayer({ kind: "wheels", key: hash.digest("hex").slice(0, 16), keep: 2, progress }, async (folder) => {
    progress("Fetching the host's Python packages …");
    const options = ["--quiet", "--require-hashes", "--only-binary=:all:", "--no-deps", "--python-version", "3.11"];
    const target = ["--dest", join(folder, "wheels"), "-r", requirements];
    await runCommand([python, "-m", "pip", "download", "--no-input", ...options, ...target], { cwd: checkout });
  });
}
