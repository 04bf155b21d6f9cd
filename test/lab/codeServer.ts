import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { cacheDirectory, root, withLock } from "./cache.ts";
import { runCommand } from "./command.ts";
import { ensurePackages } from "./debian.ts";

/** For the lab only: its bundled Node is older than a production host's has to be. */
export const codeServerVersion = "4.139.1";

/** SHA-256 of the release tarballs, by architecture. */
const releases: Record<string, { name: string; sha256: string }> = {
  x64: { name: "amd64", sha256: "53029be6c5781b7bca49b815fcc9a2a3fc111813ad8c9965b2c0f0d2985a0674" },
  arm64: { name: "arm64", sha256: "0edb4b60d9c4744b2dd14b0911e3c2e6dd8c6f3c13bd58bda23ae744e59e7df1" },
};

/** An installed code-server: run `node entry …`. */
export interface CodeServer {
  readonly node: string;
  readonly entry: string;
}

type Progress = (line: string) => void;

/** Installs code-server into the cache directory unless it is there: the release file, else npm's package with a native build. */
export async function ensureCodeServer(progress: Progress = console.error): Promise<CodeServer> {
  const folder = join(cacheDirectory(), `code-server-${codeServerVersion}`);
  const stamp = join(folder, "installed.json");
  if (!existsSync(stamp)) {
    await withLock(
      "code-server",
      async () => {
        if (existsSync(stamp)) return;
        const started = Date.now();
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true });
        const found = (await fromRelease(folder, progress)) ?? (await fromNpm(folder, progress));
        await writeFile(`${stamp}.new`, JSON.stringify(found));
        await rename(`${stamp}.new`, stamp);
        progress(`code-server ${codeServerVersion} is installed (${Math.round((Date.now() - started) / 1000)} s).`);
      },
      () => progress("Another set-up of code-server is running; waiting for it …"),
    );
  }
  const { node, entry } = JSON.parse(await readFile(stamp, "utf8")) as CodeServer;
  return { node: join(folder, node), entry: join(folder, entry) };
}

/** Paths are relative to `folder`. Undefined where the release cannot be fetched; throws when what came is not the release. */
async function fromRelease(folder: string, progress: Progress): Promise<CodeServer | undefined> {
  const release = releases[process.arch];
  if (release === undefined) return undefined;
  const name = `code-server-${codeServerVersion}-linux-${release.name}`;
  const address = `https://github.com/coder/code-server/releases/download/v${codeServerVersion}/${name}.tar.gz`;
  const archive = join(folder, "release.tar.gz");
  try {
    progress(`Fetching code-server ${codeServerVersion} (release file) …`);
    const abort = new AbortController();
    const timeout = setTimeout(() => abort.abort(new Error("no answer within 5 s")), 5000);
    const response = await fetch(address, { signal: abort.signal });
    clearTimeout(timeout);
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    const body = Readable.fromWeb(response.body as import("node:stream/web").ReadableStream);
    await pipeline(body, createWriteStream(archive), { signal: AbortSignal.timeout(600_000) });
  } catch (error) {
    const cause = (error as Error).cause;
    progress(
      `The release file cannot be fetched (${cause instanceof Error ? cause.message : (error as Error).message}); taking npm's package.`,
    );
    await rm(archive, { force: true });
    return undefined;
  }
  const hash = createHash("sha256");
  await pipeline(createReadStream(archive), hash);
  if (hash.digest("hex") !== release.sha256) throw new Error(`${address} does not have the expected SHA-256.`);
  await runCommand(["tar", "-xzf", archive, "-C", folder]);
  await rm(archive);
  return { node: join(name, "lib", "node"), entry: join(name, "out", "node", "entry.js") };
}

/** npm's package builds its native parts: against a Node 24 in a folder of its own, because that one keeps the headers. */
async function fromNpm(folder: string, progress: Progress): Promise<CodeServer> {
  await ensurePackages("codeServerBuild");
  const nodeFolder = join(folder, "node");
  const serverFolder = join(folder, "server");
  const project = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string }>;
  };
  const nodeVersion = project.packages["node_modules/node"]?.version ?? "24";
  const packaged = join("node_modules", "node", "node_modules", `node-linux-${process.arch}`);
  const path = (process.env["PATH"] ?? "")
    .split(":")
    .filter((entry) => !entry.includes("node_modules/.bin") && !entry.includes("node-gyp-bin"))
    .join(":");
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS$|INIT_CWD$)/i.test(name)),
  );
  for (let attempt = 1; ; attempt++) {
    try {
      progress(`Installing Node ${nodeVersion} with its headers, to build code-server …`);
      await install(nodeFolder, { node: nodeVersion }, { ...environment, PATH: path });
      progress(
        `Installing code-server ${codeServerVersion} from npm and building its native parts (2 minutes or more) …`,
      );
      await install(
        serverFolder,
        { "code-server": codeServerVersion },
        {
          ...environment,
          PATH: `${join(nodeFolder, "node_modules", ".bin")}:${path}`,
          npm_config_nodedir: join(nodeFolder, packaged),
        },
      );
      break;
    } catch (error) {
      if (attempt === 3) throw error;
      progress(`${(error as Error).message}\nThat failed; attempt ${attempt + 1} of 3 from the start …`);
    }
  }
  return {
    node: join("node", packaged, "bin", "node"),
    entry: join("server", "node_modules", "code-server", "out", "node", "entry.js"),
  };
}

/** One package into an empty folder: what a failed install leaves behind cannot be repaired by the next. */
async function install(
  folder: string,
  dependencies: Record<string, string>,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const allowScripts = Object.fromEntries(Object.keys(dependencies).map((name) => [name, true]));
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, allowScripts, dependencies }));
  await runCommand(["npm", "install", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"], {
    cwd: folder,
    env: environment,
  });
}
