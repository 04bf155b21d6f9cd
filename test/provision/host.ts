/**
 * A root directory with stand-ins for a distribution's commands, in which provision.sh is run as it stands. What a distribution has is
 * in amazonLinux.tsv and debian.tsv; a command, package, option or unit that isn't there fails the run and is in `refused()`.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root as checkout } from "../lab/cache.ts";

const here = join(checkout, "test", "provision");
const python = "/usr/bin/python3";
/** Archives that were made, by their arguments: most tests want the same ones. */
const made = new Map<string, Buffer>();

export type Distribution = "amazonLinux" | "debian";

export interface Fact {
  readonly kind: string;
  readonly name: string;
  readonly source: string;
}

export function factsOf(distribution: Distribution): readonly Fact[] {
  return readFileSync(join(here, `${distribution}.tsv`), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [kind = "", name = "", source = ""] = line.split("\t");
      return { kind, name, source };
    });
}

const osRelease: Readonly<Record<Distribution, string>> = {
  amazonLinux: 'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n',
  debian: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
};

export interface Result {
  readonly code: number | null;
  readonly output: string;
}

export interface Release {
  readonly version: string;
  readonly url: string;
  readonly sha256: string;
}

export interface TestHost {
  /** As the machine sees it. */
  readonly root: string;
  readonly codeServer: Release;
  readonly oauth2Proxy: Release;
  /** Runs provision.sh, out of the checkout or at a path of the host; with the usual options where none are given. */
  provision(options?: readonly string[], script?: string): Promise<Result>;
  write(path: string, content: string): void;
  read(path: string): string;
  exists(path: string): boolean;
  /** Where a link leads, one step; "" where there is none. */
  link(path: string): string;
  /** One line for each call of a stand-in since the last `forget`. */
  calls(): readonly string[];
  refused(): readonly string[];
  forget(): void;
  /** Every file below the host's own directories: type, mode, owner, time and content. */
  snapshot(folder?: string): ReadonlyMap<string, string>;
  /** Writes /input/host.json with these keys beside the usual ones. */
  hostFile(more?: Readonly<Record<string, unknown>>): void;
  /** /input/NAME: a VSIX of this version that holds the checkout's deploy/host. */
  vsix(name: string, version: string, note?: string): void;
  /** The file that is downloaded from https://…/code-server-VERSION-linux-ARCH.tar.gz, and its pin. */
  makeCodeServer(version: string, claimed?: string): Release;
  python(...args: readonly string[]): void;
  close(): void;
}

export function makeHost(distribution: Distribution): TestHost {
  const base = mkdtempSync(join(tmpdir(), "gatehouse-provision-"));
  const root = join(base, "root");
  const at = (path: string): string => join(root, path);
  const folders =
    "machine/usr usr/bin usr/lib usr/local/bin etc/systemd/system proc dev run tmp root home files input state var/log opt";
  for (const folder of folders.split(" ")) mkdirSync(at(folder), { recursive: true });
  for (const link of ["bin", "lib", "lib64", "sbin"]) {
    if (link !== "lib64" || existsSync("/usr/lib64")) symlinkSync(`usr/${link === "sbin" ? "bin" : link}`, at(link));
  }
  if (existsSync("/usr/lib64")) mkdirSync(at("usr/lib64"));
  symlinkSync("bin", at("usr/sbin"));
  cpSync(join(here, "standIns"), at("standIns"), { recursive: true });
  const facts = factsOf(distribution);
  for (const { kind, name } of facts) {
    if (kind === "standIn") symlinkSync(`/standIns/${name}`, at(`usr/bin/${name}`));
    if (kind === "wrapped") symlinkSync("/standIns/pass", at(`usr/bin/${name}`));
    if (kind === "command") symlinkSync(`/machine/usr/bin/${name}`, at(`usr/bin/${name}`));
  }
  execFileSync("mknod", ["-m", "666", at("dev/null"), "c", "1", "3"]);
  symlinkSync("/proc/self/fd", at("dev/fd"));
  const write = (path: string, content: string): void => writeFileSync(at(path), content);
  write("etc/os-release", osRelease[distribution]);
  write("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
  write("etc/group", "root:x:0:\n");
  write("state/facts.tsv", readFileSync(join(here, `${distribution}.tsv`), "utf8"));
  write("state/installed", "");
  write("input/secret", "s3cr3t-of-the-gate\n");
  cpSync(join(checkout, "deploy", "host"), at("input/host"), { recursive: true });

  const archive = (kind: string, path: string, folder: string, key: string, fill: () => void): void => {
    let bytes = made.get(key);
    if (bytes === undefined) {
      fill();
      runPython(kind, at(path), folder);
      bytes = readFileSync(at(path));
      made.set(key, bytes);
    } else writeFileSync(at(path), bytes);
  };
  const runPython = (...args: readonly string[]): void => {
    execFileSync(python, ["-I", join(here, "fixtures.py"), ...args]);
  };
  const pinned = (version: string, file: string): Release => ({
    version,
    url: `https://downloads.example.com/${file}`,
    sha256: createHash("sha256")
      .update(readFileSync(at(`files/${file}`)))
      .digest("hex"),
  });
  const scratch = join(base, "scratch");
  const makeCodeServer = (version: string, claimed = version): Release => {
    const folder = join(scratch, `code-server-${version}-linux-amd64`);
    const file = `code-server-${version}-linux-amd64.tar.gz`;
    archive("release", `files/${file}`, folder, `code-server ${version} ${claimed}`, () => {
      for (const each of ["lib/vscode/extensions", "out/node"]) mkdirSync(join(folder, each), { recursive: true });
      writeFileSync(
        join(folder, "package.json"),
        `{\n  "name": "code-server",\n  "version": "${claimed}",\n  "x": 1\n}\n`,
      );
      writeFileSync(join(folder, "out/node/entry.js"), `// ${version}\n`);
      cpSync(join(here, "standIns/node"), join(folder, "lib/node"));
    });
    return pinned(version, file);
  };
  const makeOauth2Proxy = (version: string): Release => {
    const folder = join(scratch, `oauth2-proxy-v${version}.linux-amd64`);
    const file = `oauth2-proxy-v${version}.linux-amd64.tar.gz`;
    archive("release", `files/${file}`, folder, `oauth2-proxy ${version}`, () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(folder, "oauth2-proxy"),
        `#!/bin/bash\necho "oauth2-proxy v${version} (built with go1.26.8)"\n`,
      );
      chmodSync(join(folder, "oauth2-proxy"), 0o755);
    });
    return pinned(version, file);
  };
  const codeServer = makeCodeServer("4.145.2");
  const oauth2Proxy = makeOauth2Proxy("7.15.5");

  const host: TestHost = {
    root,
    codeServer,
    oauth2Proxy,
    async provision(options, script = "/input/host/provision.sh") {
      const given = options ?? [
        ...["--vsix", "/input/gatehouse.vsix", "--host-file", "/input/host.json"],
        ...["--client-secret-file", "/input/secret"],
      ];
      const unshare = [
        // It ends with the tests, however they end.
        ...["setpriv", "--pdeathsig", "KILL", "unshare"],
        "--mount",
        "--propagation",
        "private",
        "--pid",
        "--fork",
        "--kill-child",
        "--net",
        "--",
      ];
      const [command = "", ...args] = [...unshare, join(here, "stage.sh"), root, "/bin/bash", script, ...given];
      const child = spawn(command, args, {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, SEEN: "by the caller" },
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
      const code = await new Promise<number | null>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", resolve);
      });
      const refused = lines(at("state/refused"));
      return { code, output: [output, ...refused.map((line) => `refused by a stand-in: ${line}`)].join("\n") };
    },
    write,
    read: (path) => readFileSync(at(path), "utf8"),
    exists: (path) => lstatSync(at(path), { throwIfNoEntry: false }) !== undefined,
    link(path) {
      const status = lstatSync(at(path), { throwIfNoEntry: false });
      return status?.isSymbolicLink() ? readlinkSync(at(path)) : "";
    },
    calls: () => lines(at("state/calls")),
    refused: () => lines(at("state/refused")),
    forget() {
      write("state/calls", "");
      write("state/count", "0");
      for (const name of ["refused", "slept", "kill-at", "killed"]) rmSync(at(`state/${name}`), { force: true });
    },
    snapshot: (folder = "") => snapshotOf(root, folder),
    hostFile(more = {}) {
      const file = {
        version: 1,
        domain: "ide.example.com",
        user: "developer",
        pins: { codeServer: host.codeServer, oauth2Proxy: host.oauth2Proxy },
        ...more,
      };
      write("input/host.json", `${JSON.stringify(file, undefined, 2)}\n`);
    },
    vsix(name, version, note = "") {
      const folder = join(scratch, `vsix-${name}`);
      archive("vsix", `input/${name}`, folder, `vsix ${version} ${note}`, () => {
        mkdirSync(join(folder, "dist"), { recursive: true });
        cpSync(join(checkout, "deploy", "host"), join(folder, "deploy", "host"), { recursive: true });
        writeFileSync(
          join(folder, "package.json"),
          `{\n  "name": "gatehouse",\n  "version": "${version}",\n  "x": 1\n}\n`,
        );
        writeFileSync(join(folder, "dist/cli.js"), `// ${version} ${note}\n`);
      });
    },
    makeCodeServer,
    python: runPython,
    close: () => rmSync(base, { recursive: true, force: true }),
  };
  host.forget();
  host.hostFile();
  host.vsix("gatehouse.vsix", "0.2.0");
  return host;
}

function lines(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
}

/** What isn't the host's: mounts, the test's own, and the log, which grows. */
const ignored = new Set([
  "machine",
  "standIns",
  "state",
  "input",
  "files",
  "proc",
  "dev",
  "usr/lib",
  "usr/lib64",
  "var/log",
]);

function snapshotOf(root: string, folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (path: string): void => {
    for (const name of readdirSync(join(root, path)).sort()) {
      const inner = path === "" ? name : `${path}/${name}`;
      if (ignored.has(inner)) continue;
      const full = join(root, inner);
      const status = lstatSync(full);
      const { uid, gid, mtimeMs } = status;
      const mode = (status.mode & 0o7777).toString(8);
      if (status.isDirectory()) {
        found.set(`/${inner}`, `directory ${mode} ${uid}:${gid}`);
        visit(inner);
      } else if (status.isSymbolicLink()) found.set(`/${inner}`, `→ ${readlinkSync(full)}`);
      else {
        const hash = createHash("sha256").update(readFileSync(full)).digest("hex");
        found.set(`/${inner}`, `file ${mode} ${uid}:${gid} ${mtimeMs} ${hash}`);
      }
    }
  };
  visit(folder);
  return found;
}
