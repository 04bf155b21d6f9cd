import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { launchBrowser } from "../../lab/browser.ts";
import type { Way } from "./way.ts";

/** A browser with a profile of its own that has only the way's cookies. @param port of loopback that leads to the way */
export async function withBrowser<T>(
  way: Pick<Way, "browserArguments" | "cookies">,
  port: number,
  use: (page: Page, browser: BrowserContext) => Promise<T>,
): Promise<T> {
  const profile = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
  let browser: BrowserContext | undefined;
  try {
    browser = await launchBrowser(profile, way.browserArguments(port));
    await browser.addCookies([...way.cookies]);
    const page = browser.pages()[0] ?? (await browser.newPage());
    const result = await use(page, browser);
    // Ends the extension host at once: one whose browser was only closed waits for hours.
    await page.goto("about:blank");
    return result;
  } finally {
    await browser?.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}
