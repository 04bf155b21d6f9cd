/**
 * Takes a browser that comes back from managed login. At the gate the only way here is nginx's, behind the gate's own sign-in; at a
 * port of this machine anything on it can ask. Whoever asks has to know the state.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { callbackPath, type Language } from "../core/cognito/managedLogin.ts";
import type { Problem } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Translate } from "../core/text.ts";
import { type Page, preferredLanguage, renderPage } from "./callbackPage.ts";

/** What a browser brings back. */
export interface Returned {
  readonly state: string;
  readonly code?: string | undefined;
  /** Cognito's error with its description, on one line. */
  readonly error?: string | undefined;
  /** Whom the gate knows; undefined where there is no gate, or it did not say. */
  readonly email?: string | undefined;
}

export interface Outcome {
  /** Undefined: the person is signed in. */
  readonly problem?: Problem;
  /** What is amiss with AWS credentials although the person is signed in. */
  readonly notice?: Problem;
  /** That the sign-in was begun in, where it is known which one is meant. */
  readonly language?: Language | undefined;
}

export interface CallbackDependencies {
  readonly place: "gate" | "loopback";
  /** Never rejects. */
  readonly comeBack: (returned: Returned) => Promise<Outcome>;
  readonly translate: (language: Language) => Translate;
  readonly log: Log;
}

/** Set by nginx, whatever the client sent, to what the gate's sign-in answered. */
const emailHeader = "x-gatehouse-email";
/** Cognito's codes have 36 characters; error descriptions may be sentences. */
const longestAddress = 8 * 1024;

/** An HTTP server that is not listening yet. */
export function createCallbackServer(deps: CallbackDependencies): Server {
  const noted = new Set<string>();
  const note = (reason: string): void => {
    // Once for each: a page that hammers at the port must not fill the log.
    if (noted.has(reason)) return;
    noted.add(reason);
    deps.log.warn(`callback: refused a request (${reason}); further ones of this kind are not logged`);
  };

  const page = (outcome: Outcome, request: IncomingMessage): Page => {
    const language = outcome.language ?? preferredLanguage(request.headers["accept-language"]);
    return renderPage(outcome, language, deps.translate(language));
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refusal = judge(request, deps.place);
    if (refusal !== undefined) {
      note(refusal.reason);
      if (refusal.status === 405) response.setHeader("Allow", "GET");
      return send(response, { ...page({ problem: unknown }, request), status: refusal.status });
    }
    const returned = read(request, deps.place);
    if (returned === undefined) note("no state, or two of one parameter");
    send(response, page(returned === undefined ? { problem: unknown } : await deps.comeBack(returned), request));
  };

  const server = createServer(
    { maxHeaderSize: 32 * 1024, headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 1000 },
    (request, response) => {
      request.resume();
      answer(request, response).catch((error: unknown) => {
        deps.log.error(`callback: ${error instanceof Error ? error.message : String(error)}`);
        response.destroy();
      });
    },
  );
  server.maxConnections = 64;
  server.on("checkContinue", (request, response) => server.emit("request", request, response));
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
  for (const event of ["upgrade", "connect"]) server.on(event, (_request, socket) => socket.destroy());
  return server;
}

const unknown: Problem = { code: "flowUnknown" };

/** The first reason to refuse a request for what it is, whatever it brings. */
function judge(
  request: IncomingMessage,
  place: CallbackDependencies["place"],
): { readonly status: number; readonly reason: string } | undefined {
  const { headers, method, url = "" } = request;
  if (place === "loopback") {
    // Another name that leads here (DNS rebinding), and what a page sends by itself: a browser that is sent here has neither.
    const hosts = valuesOf(request, "host");
    if (hosts.length !== 1 || hosts[0] !== `localhost:${request.socket.localPort}`)
      return { status: 403, reason: "host" };
    if (headers.origin !== undefined) return { status: 403, reason: "origin" };
  }
  if (url.length > longestAddress) return { status: 414, reason: "too long" };
  if (url.split("?", 1)[0] !== callbackPath) return { status: 404, reason: "path" };
  if (method !== "GET") return { status: 405, reason: "method" };
  const length = headers["content-length"];
  if (headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0")) {
    return { status: 400, reason: "body" };
  }
  return undefined;
}

/** Undefined where it cannot be told what is meant. */
function read(request: IncomingMessage, place: CallbackDependencies["place"]): Returned | undefined {
  const url = request.url ?? "";
  const query = new URLSearchParams(url.slice(callbackPath.length + 1));
  // RFC 6749, 3.1: parameters come once.
  for (const name of ["state", "code", "error"]) if (query.getAll(name).length > 1) return undefined;
  const state = query.get("state");
  if (state === null || state === "") return undefined;
  const emails = place === "gate" ? valuesOf(request, emailHeader) : [];
  // Node reads headers as Latin-1; nginx sends the gate's bytes on.
  const email = emails.length === 1 ? Buffer.from(emails[0] ?? "", "latin1").toString("utf8") : undefined;
  const error = query.get("error");
  const description = query.get("error_description");
  const text = [error, description].filter(Boolean).join(": ");
  return {
    state,
    code: query.get("code") || undefined,
    error: error === null ? undefined : text.replace(/[^\x20-\x7e]/g, "").slice(0, 200) || "error",
    email: email === "" ? undefined : email,
  };
}

function valuesOf({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

function send(response: ServerResponse, { status, headers, body }: Page): void {
  response.writeHead(status, headers);
  response.end(body);
}
