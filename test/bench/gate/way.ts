import type { Cookie } from "playwright-core";

/** One way to the editor: through the measured gate, through the one made by hand, or to code-server alone. */
export interface Way {
  readonly name: "gate" | "hand-made" | "code-server alone";
  /** As the browser sees it. */
  readonly origin: string;
  /** The editor with its folder. */
  readonly url: string;
  /** Of the host's loopback. */
  readonly portInHost: number;
  /** Chromium's arguments that lead to the origin by this port of loopback. */
  browserArguments(port: number): readonly string[];
  /** Those of a session. */
  readonly cookies: readonly Cookie[];
  /** PEM of who signed its certificate; absent where the origin has no TLS. */
  readonly caFile?: string;
  /** systemd's units that serve it. */
  readonly units: readonly string[];
}

/** The session's cookies as a request sends them to the way's own origin. */
export function cookieHeader({ origin, cookies }: Way): string {
  const host = new URL(origin).hostname;
  return cookies
    .filter(({ domain }) => domain.replace(/^\./, "") === host)
    .map(({ name, value }) => `${name}=${value}`)
    .join("; ");
}
