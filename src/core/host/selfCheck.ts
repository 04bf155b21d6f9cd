/** What `host apply` ends with: does the host do what it is for? Each check is tried until it holds or the time is over. */
import { X509Certificate } from "node:crypto";
import type { Translate } from "../text.ts";
import { ideUnit, proxyUnit } from "./files.ts";
import { outputLines } from "./problems.ts";
import type { Answer, Requests } from "./requests.ts";
import type { HostSystem } from "./system.ts";
import { isWell, lastLines, readUnits } from "./units.ts";

export interface HostCheck {
  /** Stable: `unit.NAME`, `gate.ping`, `door.navigation` … */
  readonly id: string;
  readonly ok: boolean;
  /** A few words: what was looked at. */
  readonly summary: string;
  /** What was found; where it isn't ok, also what was expected. */
  readonly detail: string;
  /** Of a unit that isn't well: the last of its journal, redacted. */
  readonly lines?: readonly string[];
}

export interface SelfCheckDeps {
  readonly system: HostSystem;
  readonly requests: Requests;
  readonly t: Translate;
  /** Milliseconds on a clock that never jumps. */
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** For all checks together, in milliseconds. */
  readonly patience: number;
}

const proxySocket = "/run/gatehouse-proxy/oauth2-proxy.sock";
const ideSocket = "/run/gatehouse-ide/code-server.sock";
const interval = 200;

type Finding = Pick<HostCheck, "ok" | "detail">;

/** What a host is to do. */
export interface Served {
  /** Units that run from boot on. */
  readonly units: readonly string[];
  readonly domain: string;
  readonly loginDomain: string;
  /** Name of the folder in /etc/letsencrypt/live. */
  readonly certificate: string;
}

export async function selfCheck(served: Served, deps: SelfCheckDeps): Promise<HostCheck[]> {
  const { requests, t } = deps;
  const until = deps.now() + deps.patience;
  const { units, domain, loginDomain } = served;
  const unitChecks = await checkUnits(units, deps, until);
  const overSocket = (path: string, socket: string) => async (): Promise<Finding> =>
    expectStatus(await requests.overSocket(socket, path), 200);
  const table: readonly Look[] = [
    ["gate.ping", t("oauth2-proxy answers"), overSocket("/ping", proxySocket), proxyUnit],
    ["gate.ready", t("oauth2-proxy reaches its session store"), overSocket("/ready", proxySocket), proxyUnit],
    ["editor.health", t("code-server answers"), overSocket("/healthz", ideSocket), ideUnit],
    [
      "door.navigation",
      t("a browser without a session is sent to sign in"),
      async () => {
        const headers = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
        return expectSignIn(await requests.overTls(domain, "/", headers));
      },
    ],
    [
      "door.request",
      t("a request without a session is refused"),
      async () => {
        const headers = { accept: "application/json", "sec-fetch-mode": "cors", "x-requested-with": "XMLHttpRequest" };
        return expectStatus(await requests.overTls(domain, "/", headers), 401);
      },
    ],
    [
      "certificate.served",
      t("the certificate on the disk is served, and is for {domain}", { domain }),
      async () => expectCertificate(await requests.overTls(domain, "/gatehouse/signed-out", {})),
    ],
  ];
  const others = table.map(async ([id, summary, look, unit]): Promise<HostCheck> => {
    const finding = await poll(look, deps, until);
    // It may be up at this very moment, and down again at once.
    const lines = finding.ok || unit === undefined ? [] : outputLines(await lastLines(deps, unit));
    return { id, summary, ...finding, ...(lines.length > 0 ? { lines } : {}) };
  });
  return [...unitChecks, ...(await Promise.all(others))];

  function expectStatus({ status }: Answer, wanted: number): Finding {
    if (status === wanted) return { ok: true, detail: t("HTTP status {status}", { status }) };
    return { ok: false, detail: t("HTTP status {status} in place of {wanted}", { status, wanted }) };
  }

  function expectSignIn({ status, location = "" }: Answer): Finding {
    const target = URL.canParse(location, `https://${domain}`) ? new URL(location, `https://${domain}`) : undefined;
    const known =
      target?.protocol === "https:" &&
      (target.host === loginDomain || (target.host === domain && target.pathname.startsWith("/oauth2/")));
    if ([302, 303, 307].includes(status) && known) return { ok: true, detail: t("to {host}", { host: target.host }) };
    const found = target === undefined ? String(status) : `${status}, ${target.host}`;
    return { ok: false, detail: t("{found} in place of a redirect to {host}", { found, host: loginDomain }) };
  }

  function expectCertificate({ certificate }: Answer): Finding {
    const path = `/etc/letsencrypt/live/${served.certificate}/fullchain.pem`;
    const real = deps.system.files.realPath(path);
    const onDisk = new X509Certificate(deps.system.files.read(real ?? path) ?? "");
    if (certificate?.mismatch !== undefined) return { ok: false, detail: certificate.mismatch };
    if (certificate?.fingerprint !== onDisk.fingerprint256)
      return { ok: false, detail: t("another certificate than {path} is served", { path }) };
    return { ok: true, detail: t("valid until {time}", { time: new Date(onDisk.validTo).toISOString() }) };
  }
}

type Look = readonly [id: string, summary: string, look: () => Promise<Finding>, unit?: string];

/** systemd is asked for all of them at once. */
async function checkUnits(units: readonly string[], deps: SelfCheckDeps, until: number): Promise<HostCheck[]> {
  const { t } = deps;
  for (;;) {
    const states = await readUnits(deps, units);
    const unwell = units.filter((name) => !isWell(states.get(name)));
    if (unwell.length > 0 && deps.now() < until) {
      await deps.wait(interval);
      continue;
    }
    return Promise.all(
      units.map(async (name): Promise<HostCheck> => {
        const { active, state = "" } = states.get(name) ?? {};
        const summary = t("{unit} runs", { unit: name });
        const detail = active ? state : t("waits for its socket");
        if (!unwell.includes(name)) return { id: `unit.${name}`, ok: true, summary, detail };
        const lines = outputLines(await lastLines(deps, name));
        return { id: `unit.${name}`, ok: false, summary, detail: state, lines };
      }),
    );
  }
}

async function poll(look: () => Promise<Finding>, { now, wait }: SelfCheckDeps, until: number): Promise<Finding> {
  for (;;) {
    let finding: Finding;
    try {
      finding = await look();
    } catch (error) {
      finding = { ok: false, detail: error instanceof Error ? error.message : String(error) };
    }
    if (finding.ok || now() >= until) return finding;
    await wait(interval);
  }
}
