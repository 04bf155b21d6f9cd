import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { withLock } from "./cache.ts";

/** What each tier needs beyond Node: Debian package → a command or file that shows it is there already. */
const needs = {
  check: { shellcheck: "shellcheck" },
  python: { "python3-venv": "/usr/share/doc/python3-venv" },
  provision: { python3: "/usr/bin/python3" },
  codeServerBuild: {
    "build-essential": "g++",
    python3: "python3",
    "libkrb5-dev": "/usr/include/gssapi.h",
    "pkg-config": "pkg-config",
  },
  browser: { chromium: "chromium" },
  authenticator: { oathtool: "oathtool" },
  camera: { "zbar-tools": "zbarimg" },
  pictures: { optipng: "optipng" },
  hostLab: {
    debootstrap: "debootstrap",
    "systemd-container": "systemd-nspawn",
    iproute2: "ip",
    nftables: "nft",
    openssl: "openssl",
  },
} as const satisfies Record<string, Record<string, string>>;

export type PackageSet = keyof typeof needs;

/** Installs what is missing of these sets with apt-get; throws a sentence that names what is missing where it cannot. */
export async function ensurePackages(...sets: PackageSet[]): Promise<void> {
  if (missing(sets).length === 0) return;
  await withLock("apt", async () => {
    const packages = missing(sets);
    if (packages.length === 0) return;
    if (!existsSync("/etc/debian_version") || !isCommand("apt-get")) {
      throw new Error(
        `This needs the Debian packages ${packages.join(", ")} or what equals them: install them, then try again.`,
      );
    }
    const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
    if (asRoot.length > 0 && spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status !== 0) {
      throw new Error(`Root or password-less sudo is needed once: sudo apt-get install ${packages.join(" ")}`);
    }
    console.error(`Installing Debian packages: ${packages.join(" ")} …`);
    const apt = [...asRoot, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=600"];
    // The package lists of a fresh machine are empty or old: a newer point release removes files that they name.
    for (let attempt = 1; ; attempt++) {
      const update = await quietly([...apt, "update"]);
      const install = await quietly([...apt, "install", "-y", "--no-install-recommends", ...packages]);
      if (install.status === 0) break;
      if (attempt === 4) {
        throw new Error(`apt-get could not install ${packages.join(", ")}:\n${update.output}${install.output}`);
      }
      const seconds = 5 * 2 ** (attempt - 1);
      console.error(`apt-get failed; again in ${seconds} s …`);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
  });
}

function missing(sets: readonly PackageSet[]): string[] {
  const found = sets.flatMap((set) => Object.entries(needs[set]).filter(([, sign]) => !isThere(sign)));
  return [...new Set(found.map(([name]) => name))];
}

function isThere(sign: string): boolean {
  return sign.startsWith("/") ? existsSync(sign) : isCommand(sign);
}

function isCommand(name: string): boolean {
  const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`;
  return path.split(":").some((folder) => existsSync(`${folder}/${name}`));
}

/** Runs a command without showing its output, unless it is asked for. */
function quietly(argv: readonly string[]): Promise<{ status: number | null; output: string }> {
  const [command = "", ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
    child.on("error", (error) => resolve({ status: null, output: `${output}${error.message}\n` }));
    child.on("close", (status) => resolve({ status, output }));
  });
}

/** What the machine calls itself, for messages. */
export function distribution(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? process.platform;
  } catch {
    return process.platform;
  }
}
