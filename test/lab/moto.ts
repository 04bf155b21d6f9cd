/**
 * Python packages of the lab (moto and the AWS CLI) in a virtual environment of their own, and moto's server.
 * Nothing of the machine's Python but the interpreter is used; every package is pinned by hash.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory, root, withLock } from "./cache.ts";
import { ensurePackages } from "./debian.ts";

const sources = join(root, "test", "lab", "python");
/** The AWS CLI is the one that Debian hosts get; the lab's own file names this one. */
const hostRequirements = join(root, "deploy", "host", "python", "requirements.txt");

export interface PythonTools {
  /** Absolute paths into the virtual environment. */
  readonly python: string;
  readonly aws: string;
  readonly motoServer: string;
}

/**
 * The virtual environment, made at the first call and kept in the cache under the hash of its requirements file.
 * A virtual environment can't be moved, so it is built in place; the stamp, written last, says that it is whole.
 * `progress` is called with one line when something slow begins.
 */
export async function ensurePython(progress: (line: string) => void = () => {}): Promise<PythonTools> {
  const requirements = join(sources, "requirements.txt");
  const key = createHash("sha256")
    .update(await readFile(requirements))
    .update(await readFile(hostRequirements))
    .digest("hex")
    .slice(0, 16);
  const directory = join(cacheDirectory(), `python-${key}`);
  const stamp = join(directory, "complete");
  const bin = join(directory, "bin");
  const tools = { python: join(bin, "python"), aws: join(bin, "aws"), motoServer: join(bin, "moto_server") };
  if (await exists(stamp)) return tools;
  await withLock(
    `python-${key}`,
    async () => {
      if (await exists(stamp)) return;
      await ensurePackages("python");
      progress("Setting up moto and the AWS CLI (once; about a minute)");
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true });
      await run("python3", ["-m", "venv", directory]);
      await run(tools.python, [
        ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"],
        ...["--require-hashes", "--only-binary=:all:", "-r", requirements],
      ]);
      await writeFile(stamp, "");
    },
    () => progress("Waiting for another set-up of moto and the AWS CLI"),
  );
  return tools;
}

export interface Moto {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Starts moto on a free loopback port. It ends with this process, however that ends. */
export async function startMoto(tools: PythonTools): Promise<Moto> {
  const child = spawn(tools.python, [join(sources, "serveMoto.py"), "-H", "127.0.0.1", "-p", "0"], {
    stdio: ["pipe", "ignore", "pipe"],
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], PYTHONUNBUFFERED: "1" },
  });
  const endpoint = await address(child);
  // Its request log goes on; an unread pipe would fill up and block it.
  child.stderr.resume();
  return {
    endpoint,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function address(child: ChildProcess & { stderr: NodeJS.ReadableStream }): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const onData = (chunk: Buffer) => {
      output = (output + chunk.toString("utf8")).slice(-20_000);
      const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
      if (found === undefined) return;
      child.stderr.off("data", onData);
      child.off("exit", onExit);
      resolve(found);
    };
    const onExit = () => reject(new Error(`moto did not start:\n${output}`));
    child.stderr.on("data", onData);
    child.once("exit", onExit);
    child.once("error", reject);
  });
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString("utf8")).slice(-4000);
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${output}`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
