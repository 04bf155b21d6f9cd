/** `npm start -- --open`: Chromium with the lab's names and exactly its certificates. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePackages } from "../debian.ts";
import { endProcessesOf } from "../processes.ts";
import type { Announcement } from "../running.ts";

export interface Browser {
  /** Ends it, and removes its profile. */
  close(): Promise<void>;
}

/** What the names of profiles begin with. */
export const profilePrefix = "gatehouse-browser-";

/** @throws a sentence where there is no display */
export function canOpen(): void {
  if (process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"] || process.env["GATEHOUSE_CHROMIUM"]) return;
  throw new Error(
    "--open needs a display (DISPLAY or WAYLAND_DISPLAY), and there is none here. Without it, npm start prints how to reach the host.",
  );
}

/**
 * Starts it as the person who called sudo, where somebody did: Chromium's sandbox doesn't work as root. It ends with the lab.
 * GATEHOUSE_CHROMIUM names another executable.
 */
export async function openBrowser(announcement: Announcement, directory: string): Promise<Browser> {
  const named = process.env["GATEHOUSE_CHROMIUM"];
  if (named === undefined) await ensurePackages("browser");
  const candidates = [named, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const executable = candidates.find((path) => path !== undefined && existsSync(path));
  if (executable === undefined) throw new Error("Chromium is missing; name one in GATEHOUSE_CHROMIUM.");
  const uid = Number(process.env["SUDO_UID"] ?? process.getuid?.());
  const gid = Number(process.env["SUDO_GID"] ?? process.getgid?.());
  const profile = await mkdtemp(join(tmpdir(), profilePrefix));
  await chown(profile, uid, gid);
  const options = [
    ...[`--user-data-dir=${profile}`, "--no-first-run", "--no-default-browser-check", "--disable-quic"],
    ...(uid === 0 ? ["--no-sandbox"] : []),
    ...(announcement.chromiumArguments ?? []),
  ];
  const child = spawn(executable, [...options, announcement.url], {
    stdio: "ignore",
    uid,
    gid,
    // The run's directory in the environment is how everything of a run is found at its end.
    env: { ...process.env, HOME: profile, GATEHOUSE_LAB_DIRECTORY: directory },
  });
  child.on("error", (error) => console.error(`Chromium did not start: ${error.message}`));
  return {
    async close() {
      await endProcessesOf(profile);
      await rm(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
