/** The base layer: Debian as debootstrap makes it, and every package that provisioning will install as files beside it. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { root as checkout } from "../cache.ts";
import { runCommand } from "../command.ts";
import type { Authorities } from "./certificates.ts";
import { writeAuthorities, writeBaseFiles } from "./hostFiles.ts";
import { ensureLayer, type Layer } from "./layers.ts";
import { isolated, systemPath } from "./machine.ts";
import { packageIndex } from "./packageIndex.ts";

const release = "bookworm";
const mirror = "http://deb.debian.org/debian";
const sources = [
  `deb ${mirror} ${release} main`,
  `deb ${mirror} ${release}-updates main`,
  `deb ${mirror}-security ${release}-security main`,
].join("\n");

/** To be counted up when the way in which it is made changes. */
const recipe = 1;

/** In the base: about what a cloud image of Debian has. */
const installed = [
  ...["systemd", "systemd-sysv", "dbus", "libpam-systemd", "ca-certificates", "sudo", "iproute2", "procps", "less"],
  ...["curl", "python3", "openssl", "bash-completion", "vim-tiny", "unattended-upgrades"],
];

/** Beside what provision.sh asks for, for `apt-get install` without a network: for host.json's `packages`, and to look around. */
const more = [
  ...["gcc", "make", "jq", "unzip", "python3-pip", "python3-pytest", "nodejs", "nano"],
  ...["netcat-openbsd", "strace", "redis-tools", "acl"],
];

/** The base layer's directory has `root` (Debian) and `apt` (a repository of the packages beside it). */
export async function ensureBase(authorities: Authorities, progress: (line: string) => void): Promise<Layer> {
  const certificateAuthorities = [authorities.browser.certificate, authorities.aws.certificate];
  const available = [...(await provisioningPackages()), ...more];
  const hash = createHash("sha256").update(`${recipe} ${release} ${arch()} ${installed} ${available}`);
  for (const file of certificateAuthorities) hash.update(readFileSync(file));
  return ensureLayer({ kind: "base", key: hash.digest("hex").slice(0, 16), keep: 2, progress }, async (folder) => {
    const root = join(folder, "root");
    progress("Making the lab's Debian (once; a minute or two) …");
    await repeat(progress, async () => {
      await rm(root, { recursive: true, force: true });
      await mkdir(root, { mode: 0o755 });
      const packages = `--include=${installed.join(",")}`;
      await runInNamespaces(["debootstrap", "--variant=minbase", packages, release, root, mirror]);
    });
    progress("Fetching the packages that provisioning installs …");
    await writeFile(join(root, "etc/apt/sources.list"), `${sources}\n`);
    await cp("/etc/resolv.conf", join(root, "etc/resolv.conf"), { dereference: true });
    const apt = "apt-get -qq -o DPkg::Options::=--force-unsafe-io -o Acquire::Retries=3";
    await repeat(progress, () =>
      runInNamespaces([
        ...["chroot", root, "sh", "-ec"],
        `export DEBIAN_FRONTEND=noninteractive; ${apt} update; ${apt} -y dist-upgrade; ` +
          `${apt} -y --no-install-recommends --download-only install ${available.join(" ")}`,
      ]),
    );
    await collectPackages(join(root, "var/cache/apt/archives"), join(folder, "apt"));
    await writeBaseFiles(root);
    await writeAuthorities(root, certificateAuthorities);
    // Where its packages lie is only known to a running host; its lists are made here.
    await mkdir(join(root, "var/cache/gatehouse-lab/apt"), { recursive: true });
    await runInNamespaces([
      ...["sh", "-ec", 'mount --bind "$1/apt" "$1/root/var/cache/gatehouse-lab/apt"; chroot "$1/root" sh -ec "$2"'],
      ...["sh", folder, `update-ca-certificates; rm -rf /var/lib/apt/lists/*; ${apt} update; ${apt} clean`],
    ]);
    // Debian's daily upgrades would look for a mirror that isn't there.
    await runInNamespaces([
      ...["chroot", root, "systemctl", "mask", "--quiet"],
      ...["apt-daily.timer", "apt-daily-upgrade.timer", "unattended-upgrades.service"],
    ]);
    await mkdir(join(root, "var/log/journal"), { recursive: true });
  });
}

/** Names of the packages that provisioning installs on this distribution. */
async function provisioningPackages(): Promise<string[]> {
  const script = join(checkout, "deploy", "host", "provision.sh");
  const { stdout } = await promisify(execFile)("bash", [script, "--list-packages"]);
  return stdout.trim().split(/\s+/);
}

/** Moves the package files out of the root, and makes a repository of them. */
async function collectPackages(archives: string, repository: string): Promise<void> {
  await mkdir(repository, { mode: 0o755 });
  const files = (await readdir(archives)).filter((name) => name.endsWith(".deb"));
  for (const name of files) await cp(join(archives, name), join(repository, name));
  for (const name of files) await rm(join(archives, name));
  await writeFile(join(repository, "Packages"), await packageIndex(repository, files));
}

/** With mounts and processes of its own: what is mounted or started goes away with the command, also when it is killed. */
async function runInNamespaces(command: readonly string[]): Promise<void> {
  await runCommand([...isolated, "--mount-proc", ...command], {
    env: { ...proxies(), PATH: systemPath, HOME: "/root" },
  });
}

/** How the machine reaches its mirrors. */
function proxies(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => /^(https?|no)_proxy$/i.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? ""]));
}

async function repeat(progress: (line: string) => void, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 4) throw error;
      const seconds = 5 * 2 ** (attempt - 1);
      const reason = (error as Error).message.trim().split("\n").slice(-3).join(" / ");
      progress(`That failed (${reason}); again in ${seconds} s …`);
      await delay(seconds * 1000);
    }
  }
}
