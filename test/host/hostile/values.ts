/** What one run of the list needs: a session that holds, and cookies that don't. */
import { createHmac, randomBytes } from "node:crypto";
import { type Gate, type GateUser, GateVisitor, sessionCookie, signInAtGate } from "../gateSession.ts";
import type { Values } from "./request.ts";

export interface ValuesSource {
  readonly gate: Gate;
  /** Managed login's name. */
  readonly login: string;
  readonly user: GateUser;
  /** oauth2-proxy's, raw: who has it can date a cookie back. */
  readonly cookieSecret: Buffer;
  /** See `Values`. */
  readonly file: string;
  readonly port: number;
}

/** Signs in twice, and out once. @throws where the editor's page doesn't tell its commit */
export async function hostileValues({ gate, login, user, cookieSecret, file, port }: ValuesSource): Promise<Values> {
  const visitor = await signInAtGate(gate, user);
  const session = visitor.session ?? "";
  const other = await signInAtGate(gate, user);
  const signedOut = other.session ?? "";
  const answer = await other.open("/oauth2/sign_out", { headers: { "Sec-Fetch-Site": "same-origin" } });
  if (answer.status !== 302) throw new Error(`Signing out was answered by ${answer.status}`);

  const page = await visitor.open("/?folder=/");
  const commit = /\bstable-([0-9a-f]{40})\//.exec(page.text)?.[1];
  if (commit === undefined) throw new Error(`The editor's page (${page.status}) names no commit`);
  const stranger = new GateVisitor(gate);
  await stranger.open("/");

  const [ticket = "", time = "", signature = ""] = session.split("|");
  const named = (value: string) => `${sessionCookie}=${value}`;
  const now = Math.floor(Date.now() / 1000);
  const month = 30 * 24 * 3600;
  return {
    host: new URL(gate.origin).hostname,
    login,
    session: named(session),
    signedOut: named(signedOut),
    tampered: named([ticket, time, `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`].join("|")),
    outdated: named(signed(cookieSecret, ticket, now - month)),
    foreign: named(signed(randomBytes(32), ticket, now)),
    pending: stranger.cookieHeader(),
    file,
    port: String(port),
    commit,
  };
}

/** oauth2-proxy's form of a signed cookie: value, seconds since 1970, HMAC over name, value and seconds (its pkg/encryption/utils.go). */
export function signed(secret: Buffer, value: string, seconds: number): string {
  const signature = createHmac("sha256", secret).update(sessionCookie).update(value).update(String(seconds));
  return `${value}|${seconds}|${signature.digest("base64").replaceAll("+", "-").replaceAll("/", "_")}`;
}
