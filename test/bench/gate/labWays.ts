import type { Cookie } from "playwright-core";
import { workbenchReady } from "../../host/page.ts";
import type { HostLab } from "../../lab/host/hostLab.ts";
import { withBrowser } from "./coldBrowser.ts";
import { type HandMade, ports } from "./handMade.ts";
import type { Host } from "./hostProcesses.ts";
import type { Ways } from "./loads.ts";
import { startLink } from "./startLink.ts";
import { cookieHeader, type Way } from "./way.ts";

/** @param cookies of a browser that has come through the gate's door: the gate's and managed login's */
export async function labWays(lab: HostLab, handMade: HandMade, host: Host, cookies: readonly Cookie[]): Promise<Ways> {
  const domain = new URL(lab.origin).hostname;
  const common = { origin: lab.origin, url: lab.url, caFile: lab.caFile };
  /** Both gates have the same public name; which of them a browser reaches is decided by what it resolves to. */
  const browserArguments = (port: number) => [
    ...lab.browserArguments.filter((argument) => !argument.startsWith("--host-resolver-rules=")),
    `--host-resolver-rules=MAP ${domain} 127.0.0.1:${port},MAP ${lab.pool.domain} 127.0.0.1:${lab.port}`,
  ];
  const gate: Way = {
    ...common,
    name: "gate",
    portInHost: 443,
    browserArguments,
    cookies: cookies.filter((cookie) => cookie.domain === domain),
    units: ["nginx", "oauth2-proxy", "redis", "code-server"].map((name) => `gatehouse-${name}.service`),
  };
  const unsigned: Way = {
    ...common,
    name: "hand-made",
    portInHost: ports.nginx,
    browserArguments,
    // Managed login knows the person already and asks for nothing.
    cookies: cookies.filter((cookie) => cookie.domain !== domain),
    units: handMade.units,
  };
  const link = await startLink({ target: ports.nginx, networkOf: host.pid });
  const signedIn = await withBrowser(unsigned, link.port, async (page, browser) => {
    await page.goto(unsigned.url);
    await workbenchReady(page);
    return await browser.cookies();
  });
  link.close();
  // Without TLS and a name of its own; the port is that of the link by which it is reached.
  const origin = `http://127.0.0.1:${ports.codeServer}`;
  const alone: Way = {
    name: "code-server alone",
    origin,
    url: lab.url.replace(lab.origin, origin),
    portInHost: ports.codeServer,
    browserArguments: () => [],
    cookies: [],
    units: [handMade.codeServerUnit],
  };
  const ways = {
    gate,
    handMade: { ...unsigned, cookies: signedIn.filter((cookie) => cookie.domain === domain) },
    alone,
  };
  for (const way of [ways.gate, ways.handMade]) {
    if (cookieHeader(way) === "") throw new Error(`There is no session cookie for ${way.name}.`);
  }
  return ways;
}
