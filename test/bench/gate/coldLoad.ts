/** The editor in a browser that has never been there, but has a session. */
import { until } from "../../host/page.ts";
import { withBrowser } from "./coldBrowser.ts";
import type { Way } from "./way.ts";

export interface ColdLoad {
  /** From the beginning of the navigation to the first item of the status bar, milliseconds of the page's own clock. */
  readonly firstItemMs: number;
  /** Path of the largest static file that the page has loaded. */
  readonly largestFile: string;
  readonly largestBytes: number;
}

/**
 * @param port of loopback that leads to the way: its own, or a slow link's
 * @param settled called when nothing is loaded any more, the page still open
 */
export async function coldLoad(way: Way, port: number, settled: () => void = () => {}): Promise<ColdLoad> {
  return await withBrowser(way, port, async (page) => {
    await page.addInitScript(watchForFirstItem);
    await page.goto(urlBy(way, port), { waitUntil: "commit" });
    const firstItemMs = await until(
      "the first item of the status bar",
      () => page.evaluate<number | null>(firstItem),
      90_000,
    );
    await page.waitForLoadState("networkidle");
    settled();
    const [largestFile, largestBytes] = await page.evaluate<[string, number]>(largest);
    return { firstItemMs, largestFile, largestBytes };
  });
}

/** Without resolver rules, as to code-server alone, another port is another origin. */
function urlBy(way: Way, port: number): string {
  const url = new URL(way.url);
  if (url.hostname === "127.0.0.1") url.port = String(port);
  return url.href;
}

const watchForFirstItem = `if (window === window.top) {
  const look = () => {
    if (document.querySelector(".monaco-workbench .statusbar-item") === null) return;
    observer.disconnect();
    window.benchFirstItem = performance.now();
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true });
}`;
const firstItem = "window.benchFirstItem ?? null";
const largest = `performance.getEntriesByType("resource")
  .filter((entry) => entry.name.startsWith(location.origin) && entry.name.includes("/static/"))
  .map((entry) => [new URL(entry.name).pathname, entry.decodedBodySize])
  .reduce((one, other) => (other[1] > one[1] ? other : one), ["", 0])`;
