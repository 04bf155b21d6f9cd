import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { until } from "./page.ts";

/** Step of a code, in seconds (RFC 6238). */
const period = 30;

/** An authenticator app: oathtool, which we did not write. It never gives a code twice. */
export class Authenticator {
  readonly secret: string;
  readonly given: string[] = [];
  // Who enrolled this one has used the code before the present one.
  #step = Math.floor(Date.now() / 1000 / period) - 1;

  /** `secret` is Base32. */
  constructor(secret: string) {
    this.secret = secret;
  }

  /** The present code, or the next one where that was given already: Cognito takes the step before and after its own. */
  async code(): Promise<string> {
    const current = () => Math.floor(Date.now() / 1000 / period);
    const step = Math.max(this.#step + 1, current());
    await until("the next code", () => step <= current() + 1, 2 * period * 1000);
    this.#step = step;
    const now = new Date(step * period * 1000).toISOString().replace("T", " ").replace(/\..*/, " UTC");
    const code = execFileSync("oathtool", ["--totp", "--base32", `--now=${now}`, this.secret], {
      encoding: "utf8",
    }).trim();
    this.given.push(code);
    return code;
  }
}

/** Waits for a QR code on the screen and answers what zbarimg, standing in for a phone's camera, reads in it. */
export async function scanQrCode(page: Page): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-qr-"));
  const path = join(folder, "screen.png");
  try {
    return await until("a QR code on the screen", async () => {
      await page.screenshot({ path });
      try {
        return execFileSync("zbarimg", ["--quiet", "--raw", path], { encoding: "utf8", stdio: "pipe" }).trim();
      } catch {
        return undefined;
      }
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
