/** What the lab puts into the host from outside: names, trust, keys. Nothing of it is the product's business. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as addresses from "./addresses.ts";

const bundle = "/etc/ssl/certs/ca-certificates.crt";

/** So that programs with certificates of their own trust the lab as well: Node's, Python's. */
export const hostEnvironment: Readonly<Record<string, string>> = {
  NODE_EXTRA_CA_CERTS: bundle,
  AWS_CA_BUNDLE: bundle,
  REQUESTS_CA_BUNDLE: bundle,
};

/** What of the lab's supplies is where in the host. */
export const suppliesInHost = "/var/cache/gatehouse-lab";

/** Writes what every host of the lab has. */
export async function writeBaseFiles(root: string): Promise<void> {
  const environment = Object.entries(hostEnvironment);
  const names = [addresses.loginDomain, ...addresses.awsNames];
  const files: Record<string, string> = {
    "/etc/hostname": "ide\n",
    "/etc/hosts": [
      `127.0.0.1 localhost ide ${addresses.domain}`,
      `::1 localhost ide ${addresses.domain}`,
      `${addresses.worldAddress} ${names.join(" ")}`,
      `${addresses.worldAddress6} ${names.join(" ")}`,
      "",
    ].join("\n"),
    // Nobody answers for other names. Without a server the resolver asks the loopback, which refuses at once.
    "/etc/resolv.conf": "# The lab has no name server: see /etc/hosts.\n",
    "/etc/environment": environment.map(([name, value]) => `${name}=${value}\n`).join(""),
    "/etc/systemd/system.conf.d/lab.conf": `[Manager]\nDefaultEnvironment=${environment.map(([name, value]) => `${name}=${value}`).join(" ")}\n`,
    "/etc/apt/sources.list": `deb [trusted=yes] file:${suppliesInHost}/apt ./\n`,
    "/etc/pip.conf": `[global]\nno-index = true\nfind-links = ${suppliesInHost}/wheels\ndisable-pip-version-check = true\n`,
    // The root is thrown away: nothing has to survive a power cut.
    "/etc/dpkg/dpkg.cfg.d/lab": "force-unsafe-io\n",
  };
  for (const [path, text] of Object.entries(files)) await put(root, path, text, 0o644);
}

/** For `update-ca-certificates`; PEM files. */
export async function writeAuthorities(root: string, certificateAuthorities: readonly string[]): Promise<void> {
  for (const [index, file] of certificateAuthorities.entries()) {
    await put(root, `/usr/local/share/ca-certificates/gatehouse-lab-${index}.crt`, await readFile(file, "utf8"), 0o644);
  }
}

/** Writes a file into the host's root with exactly this mode, as root. */
export async function put(root: string, path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true, mode: 0o755 });
  await writeFile(file, content, { mode });
  await chmod(file, mode);
}
