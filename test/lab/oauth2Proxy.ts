/**
 * oauth2-proxy for tests: the release file where it can be fetched, else built from its Go module (`test/lab/oauth2-proxy`), which
 * has the version before: the newest one isn't served as a module everywhere. Both are kept in the cache.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cacheDirectory, root, withLock } from "./cache.ts";
import { runCommand } from "./command.ts";
import { freePort } from "./ports.ts";

const release = "7.15.5";
/** SHA-256 of the release's tar file by platform; where none is known it is built. */
const checksums: Readonly<Record<string, string>> = {
  "linux-amd64": "f63f94bf72c5f46ab002a0a275aa8b3cf19b4d828aed08a13978cb9a62c3a1fd",
};
const sources = join(root, "test", "lab", "oauth2-proxy");
const modulePath = "github.com/oauth2-proxy/oauth2-proxy/v7";

/** The executable's path. `progress` is called with one line when something slow begins. */
export async function ensureOauth2Proxy(progress: (line: string) => void = () => {}): Promise<string> {
  const released = join(cacheDirectory(), `oauth2-proxy-${release}`);
  const module = await readFile(join(sources, "go.mod"), "utf8");
  const sums = await readFile(join(sources, "go.sum"), "utf8");
  const version = /oauth2-proxy\/v7 (v[\d.]+)/.exec(module)?.[1] ?? "";
  const key = createHash("sha256").update(module).update(sums).digest("hex").slice(0, 16);
  const built = join(cacheDirectory(), `oauth2-proxy-module-${key}`);
  const present = async () => {
    for (const path of [released, built]) if (await exists(path)) return path;
    return undefined;
  };
  const found = await present();
  if (found !== undefined) return found;
  return withLock(
    "oauth2-proxy",
    async () => {
      const made = await present();
      if (made !== undefined) return made;
      // Whoever stops half-way leaves no executable under the final name.
      const folder = join(cacheDirectory(), `oauth2-proxy-new-${randomBytes(4).toString("hex")}`);
      await mkdir(folder, { recursive: true });
      try {
        if (await fetchRelease(folder)) {
          await rename(join(folder, "oauth2-proxy"), released);
          return released;
        }
        progress(`Building oauth2-proxy ${version} (once; about two minutes)`);
        await build(join(folder, "oauth2-proxy"), version);
        await rename(join(folder, "oauth2-proxy"), built);
        return built;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    () => progress("Waiting for another set-up of oauth2-proxy"),
  );
}

/** False where the file can't be had. @throws where it is not the one that is known */
async function fetchRelease(folder: string): Promise<boolean> {
  const name = `${platform()}-${arch() === "x64" ? "amd64" : arch()}`;
  const expected = checksums[name];
  if (expected === undefined) return false;
  const file = `oauth2-proxy-v${release}.${name}`;
  const url = `https://github.com/oauth2-proxy/oauth2-proxy/releases/download/v${release}/${file}.tar.gz`;
  const controller = new AbortController();
  const impatience = setTimeout(() => controller.abort(), 5000);
  let bytes: Buffer;
  try {
    const answer = await fetch(url, { signal: controller.signal });
    clearTimeout(impatience);
    if (!answer.ok) return false;
    bytes = Buffer.from(await answer.arrayBuffer());
  } catch {
    return false;
  } finally {
    clearTimeout(impatience);
  }
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== expected) throw new Error(`${url} has the SHA-256 ${actual}, not ${expected}.`);
  const archive = join(folder, "release.tar.gz");
  await writeFile(archive, bytes);
  await runCommand(["tar", "-xzf", archive, "-C", folder, "--strip-components=1", `${file}/oauth2-proxy`]);
  return true;
}

async function build(output: string, version: string): Promise<void> {
  const flags = `-s -w -X ${modulePath}/pkg/version.VERSION=${version}`;
  const command = ["go", "build", "-trimpath", "-mod=readonly", "-ldflags", flags, "-o", output, modulePath];
  await runCommand(command, { cwd: sources }).catch((error: Error) => {
    throw new Error(`oauth2-proxy can be neither fetched nor built (Go 1.26 or newer is needed):\n${error.message}`);
  });
}

export interface Oauth2ProxyOptions {
  readonly executable: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Of 127.0.0.1; default: a free one. */
  readonly port?: number;
  /** Where signed-in requests go. */
  readonly upstream: string;
  /** Further options, `--name=value`; the last one counts. */
  readonly more?: readonly string[];
}

export interface Oauth2Proxy {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** What it has logged. */
  readonly log: () => string;
  stop(): Promise<void>;
}

/** Starts it on loopback: OIDC with PKCE, sessions in the cookie, straight to the sign-in. */
export async function startOauth2Proxy(options: Oauth2ProxyOptions): Promise<Oauth2Proxy> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    options.executable,
    [
      "--provider=oidc",
      `--oidc-issuer-url=${options.issuer}`,
      `--client-id=${options.clientId}`,
      `--redirect-url=${url}/oauth2/callback`,
      `--http-address=127.0.0.1:${port}`,
      `--upstream=${options.upstream}`,
      "--email-domain=*",
      "--scope=openid email",
      "--code-challenge-method=S256",
      "--insecure-oidc-skip-nonce=false",
      "--skip-provider-button=true",
      "--cookie-secure=false",
      "--cookie-samesite=lax",
      ...(options.more ?? []),
    ],
    {
      stdio: ["ignore", "pipe", "pipe"],
      // Secrets stand in no argument list.
      env: {
        PATH: process.env["PATH"],
        OAUTH2_PROXY_CLIENT_SECRET: options.clientSecret,
        OAUTH2_PROXY_COOKIE_SECRET: randomBytes(16).toString("hex"),
      },
    },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString("utf8")).slice(-50_000);
    });
  }
  const end = () => child.kill("SIGKILL");
  process.on("exit", end);
  await listening(child, port, () => log);
  return {
    url,
    log: () => log,
    async stop() {
      process.off("exit", end);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      end();
      await ended;
    },
  };
}

/** It says nothing when it begins to listen, so it is asked. */
async function listening(child: ChildProcess, port: number, log: () => string): Promise<void> {
  let failed: Error | undefined;
  child.on("error", (error) => {
    failed = error;
  });
  while (failed === undefined && child.exitCode === null && child.signalCode === null) {
    const socket = connect(port, "127.0.0.1");
    const answered = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (answered) return;
    await delay(50);
  }
  throw failed ?? new Error(`oauth2-proxy did not start:\n${log()}`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
