/** One request at a managed-login domain and the ways to answer it. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody } from "../body.ts";
import type { Domain, UserPool } from "../model.ts";
import { style } from "./style.ts";

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly pool: UserPool;
  readonly domain: Domain;
  readonly pathname: string;
  readonly query: URLSearchParams;
}

/**
 * Nothing but the page's own style and the QR code's picture. No form-action: browsers apply it to where a form's answer
 * redirects, too, and that is the application's business.
 */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

export function sendPage({ response }: Exchange, status: number, html: string): void {
  response.writeHead(status, {
    "Content-Type": "text/html;charset=UTF-8",
    "Content-Length": Buffer.byteLength(html),
    "Content-Security-Policy": policy,
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
  });
  response.end(html);
}

export function redirect({ response }: { readonly response: ServerResponse }, location: string): void {
  response.writeHead(302, { Location: location, "Content-Length": 0, "Cache-Control": "no-store" });
  response.end();
}

/** Answers of the endpoints that applications call: never cached (RFC 6749, 5.1). */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: object | undefined,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, {
    "Content-Type": "application/json;charset=UTF-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    Pragma: "no-cache",
    ...headers,
  });
  response.end(text);
}

/** The fields of a posted form; undefined where the body is something else. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const text = await readBody(request);
  const [type] = String(request.headers["content-type"] ?? "").split(";");
  return type?.trim().toLowerCase() === "application/x-www-form-urlencoded" ? new URLSearchParams(text) : undefined;
}

export function cookie(request: IncomingMessage, name: string): string | undefined {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [key, ...value] = pair.split("=");
    if (key?.trim() === name) return value.join("=").trim();
  }
  return undefined;
}

/** Ends with the browser unless `maxAge` (seconds) says otherwise; 0 takes it away. */
export function setCookie(response: ServerResponse, name: string, value: string, maxAge?: number): void {
  const age = maxAge === undefined ? "" : `; Max-Age=${maxAge}`;
  // Browsers take `Secure` cookies from localhost names over http as well.
  response.appendHeader("Set-Cookie", `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`);
}
