/** What the lab needs of the machine that it runs on. */
import { existsSync } from "node:fs";

/** Where this machine keeps its administrator's commands. */
export const systemPath = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;

/**
 * Words before a command that may mount and start what it likes: all of it ends with the command, also when that is killed, and with
 * this process, however that ends.
 */
export const isolated: readonly string[] = [
  ...[
    "setpriv",
    "--pdeathsig",
    "KILL",
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "--pid",
    "--fork",
    "--kill-child=KILL",
  ],
];

/** Why the host can't run here, in a sentence; undefined where it can. */
export function whyNoHost(): string | undefined {
  if (process.platform !== "linux" || !existsSync("/etc/debian_version")) {
    return "The host runs on Debian only (it is made by debootstrap and run by systemd-nspawn).";
  }
  if (process.getuid?.() !== 0) return "The host needs root (namespaces, mounts, systemd-nspawn).";
  return undefined;
}
