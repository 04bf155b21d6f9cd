import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { type BrowserContext, chromium } from "playwright-core";
import { ensurePackages } from "./debian.ts";

const options = [
  "--headless=new",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Chromium of the distribution with a profile in `directory`; GATEHOUSE_CHROMIUM names another executable.
 * @param more arguments, for example those of a lab
 */
export async function launchBrowser(directory: string, more: readonly string[] = []): Promise<BrowserContext> {
  const named = process.env["GATEHOUSE_CHROMIUM"];
  if (named === undefined) await ensurePackages("browser");
  const candidates = [named, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const executablePath = candidates.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) throw new Error("Chromium is missing; name one in GATEHOUSE_CHROMIUM.");
  await mkdir(directory, { recursive: true });
  return await chromium.launchPersistentContext(directory, {
    executablePath,
    viewport: { width: 1280, height: 800 },
    // A person's browser blocks pages that no click has asked for.
    ignoreDefaultArgs: ["--disable-popup-blocking"],
    // Chromium's sandbox does not work as root.
    args: [...options, ...more, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
    env: { PATH: process.env["PATH"] ?? "", HOME: directory, LANG: "C.UTF-8" },
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}
