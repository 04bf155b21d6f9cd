import type { BrowserContext, Request } from "playwright-core";

/** What browsers were asked to open and to load. */
export class Traffic {
  /** Addresses without their query, as the pages were opened; frames are not in it. */
  readonly pages: string[] = [];
  /** Hosts of all requests, each with the first address. */
  readonly hosts = new Map<string, string>();
  readonly certificateErrors: string[] = [];
  #told = 0;

  /** The pages that were opened since this was last asked. */
  newPages(): string[] {
    const fresh = this.pages.slice(this.#told);
    this.#told = this.pages.length;
    return fresh;
  }

  /** Addresses of other hosts than these. Not counted is the editor's registry of extensions, which it asks at its start. */
  elsewhere(hosts: readonly string[]): string[] {
    const known = new Set([...hosts, "open-vsx.org"]);
    return [...this.hosts].filter(([host]) => !known.has(host)).map(([, address]) => address);
  }

  watch(browser: BrowserContext): void {
    browser.on("request", (request) => {
      const url = new URL(request.url());
      if (url.host === "") return;
      if (!this.hosts.has(url.host)) this.hosts.set(url.host, request.url());
      if (opensPage(request)) this.pages.push(`${url.origin}${url.pathname}`);
    });
    browser.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText ?? "";
      if (/CERT|SSL/.test(reason)) this.certificateErrors.push(`${request.url()}: ${reason}`);
    });
  }
}

function opensPage(request: Request): boolean {
  // A service worker's requests have no frame.
  if (!request.isNavigationRequest() || request.serviceWorker() !== null) return false;
  try {
    return request.frame().parentFrame() === null;
  } catch {
    // The first request of a page that is being opened: its frame isn't there yet.
    return true;
  }
}
