/** Somebody who comes through the gate without a browser: cookies, redirects and forms of gate and managed login. */
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { request as send } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { emulatedTime } from "../cognito/demoPool.ts";
import { totp } from "../cognito/totp.ts";
import type { HostLab } from "../lab/host/hostLab.ts";

export type Gate = Pick<HostLab, "origin" | "port" | "caFile" | "cognitoEndpoint">;

/** Somebody with an authenticator (base32 key). */
export interface GateUser {
  readonly username: string;
  readonly password: string;
  readonly totpSecret: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** What was asked for. */
  readonly url: URL;
  /** Where it redirects to. */
  readonly location: URL | undefined;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

/** What a browser sends when a person opens a page. */
export const navigation = {
  "Sec-Fetch-Site": "none",
  "Sec-Fetch-Mode": "navigate",
  "Sec-Fetch-Dest": "document",
} as const;

/** Name of the gate's session cookie. */
export const sessionCookie = "__Host-gatehouse";

/** A browser's cookies and redirects, HTTP/1.1. */
export class GateVisitor {
  /** By host name, then by cookie name. */
  readonly cookies = new Map<string, Map<string, string>>();
  readonly gate: Gate;

  constructor(gate: Gate) {
    this.gate = gate;
  }

  /** `NAME=VALUE; …` for one host. */
  cookieHeader(host = new URL(this.gate.origin).hostname): string {
    return [...(this.cookies.get(host) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** The session's value at the gate. */
  get session(): string | undefined {
    return this.cookies.get(new URL(this.gate.origin).hostname)?.get(sessionCookie);
  }

  set session(value: string) {
    this.#jar(new URL(this.gate.origin).hostname).set(sessionCookie, value);
  }

  /** One request as a person opens a page (headers override that), no redirect followed. */
  async open(address: string | URL, { method, headers, form }: Ask = {}): Promise<Answer> {
    const url = new URL(address, this.gate.origin);
    const body = form === undefined ? "" : new URLSearchParams(form).toString();
    const cookie = this.cookieHeader(url.hostname);
    const sent = send(url, {
      method: method ?? (form === undefined ? "GET" : "POST"),
      createConnection: () => connectTo(this.gate, url.hostname),
      headers: {
        Host: url.host,
        ...navigation,
        ...(cookie === "" ? {} : { Cookie: cookie }),
        ...(form === undefined
          ? {}
          : { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": String(Buffer.byteLength(body)) }),
        ...headers,
      },
    });
    sent.end(body);
    return new Promise((resolve, reject) => {
      sent.on("error", reject);
      sent.on("upgrade", () => reject(new Error(`${url.pathname} was upgraded`)));
      sent.on("response", async (response) => {
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) text += chunk;
        this.#keep(url.hostname, response.headers["set-cookie"] ?? []);
        const { location } = response.headers;
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          url,
          location: location === undefined ? undefined : new URL(location, url),
        });
      });
    });
  }

  /** Follows redirects. @throws after twenty of them */
  async visit(address: string | URL, ask: Ask = {}): Promise<Answer> {
    let answer = await this.open(address, ask);
    for (let count = 0; answer.location !== undefined; count++) {
      if (count === 20) throw new Error(`${address} redirects for ever, now to ${answer.location}`);
      answer = await this.open(answer.location);
    }
    return answer;
  }

  /** Fills in the page's form, with what is hidden in it, and follows redirects. */
  async submit(page: Answer, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const action = unescapeHtml(/<form method="post" action="([^"]+)"/.exec(page.text)?.[1] ?? "");
    const csrf = /name="_csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    if (action === "") throw new Error(`${page.url} (${page.status}) has no form:\n${page.text.slice(0, 2000)}`);
    return this.visit(new URL(action, page.url), { form: { _csrf: csrf, ...fields } });
  }

  /** Password and code at managed login, which `page` shows; answers what comes after, back at the gate. */
  async typeCredentials(page: Answer, user: GateUser): Promise<Answer> {
    const { username, password } = user;
    let next = await this.submit(page, { username, password });
    for (let attempt = 0; next.text.includes('name="authentication_code"'); attempt++) {
      if (attempt === 3) throw new Error(`No code is taken for ${username}`);
      next = await this.submit(next, { authentication_code: await freshCode(this.gate, user.totpSecret) });
    }
    return next;
  }

  #jar(host: string): Map<string, string> {
    const jar = this.cookies.get(host) ?? new Map<string, string>();
    this.cookies.set(host, jar);
    return jar;
  }

  #keep(host: string, lines: readonly string[]): void {
    for (const line of lines) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      // As browsers do (RFC 6265bis, 4.1.3.2).
      if (name.trim().toLowerCase().startsWith("__host-") && !/;\s*secure/i.test(line)) continue;
      if (value === "") this.#jar(host).delete(name);
      else this.#jar(host).set(name, value);
    }
  }
}

/** A person's way in: from the editor's address through managed login and back. @throws where it doesn't end with a session */
export async function signInAtGate(gate: Gate, user: GateUser): Promise<GateVisitor> {
  const visitor = new GateVisitor(gate);
  const end = await visitor.typeCredentials(await visitor.visit("/healthz"), user);
  if (visitor.session === undefined) {
    throw new Error(`${user.username} has no session after ${end.url} (${end.status}):\n${end.text.slice(0, 2000)}`);
  }
  return visitor;
}

/** Changes host.json's part `gate` in the host and applies it. Answers what puts the file back as it was before. */
export async function applyGate(
  lab: Pick<HostLab, "run">,
  gate: Readonly<Record<string, unknown>>,
): Promise<() => Promise<void>> {
  const path = "/etc/gatehouse/host.json";
  const original = (await lab.run(["cat", path])).stdout;
  const apply = async (input: string) => {
    await lab.run(["tee", path], { input });
    await lab.run(["gatehouse", "host", "apply"]);
  };
  const file = JSON.parse(original) as { readonly gate: Readonly<Record<string, unknown>> };
  await apply(JSON.stringify({ ...file, gate: { ...file.gate, ...gate } }));
  return () => apply(original);
}

/** TLS to one of the lab's names. */
export function connectTo(gate: Pick<Gate, "port" | "caFile">, host: string, protocol = "http/1.1"): TLSSocket {
  return connect({
    host: "127.0.0.1",
    port: gate.port,
    servername: host,
    ca: readFileSync(gate.caFile),
    ALPNProtocols: [protocol],
  });
}

/** Steps of codes that were used, by key. */
const used = new Map<string, number>();
const step = 30_000;

/** A code that this process hasn't used: each counts once. Moves the emulator's clock on where the steps near now are used up. */
async function freshCode({ cognitoEndpoint }: Gate, secret: string): Promise<string> {
  const now = await emulatedTime(cognitoEndpoint);
  const current = Math.floor(now / step);
  const next = Math.max(current, (used.get(secret) ?? 0) + 1);
  used.set(secret, next);
  if (next > current + 1) {
    const advanceSeconds = ((next - current - 1) * step) / 1000;
    await fetch(`${cognitoEndpoint}/_control/clock`, { method: "POST", body: JSON.stringify({ advanceSeconds }) });
  }
  return totp(secret, next * step);
}

function unescapeHtml(text: string): string {
  return text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}
