/**
 * The container credentials endpoint: where every AWS SDK and the AWS CLI fetch their keys when AWS_CONTAINER_CREDENTIALS_FULL_URI and
 * AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE are set
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html).
 *
 * Reachable by everything on the machine, and by way of an editor's port proxy possibly from outside: so the secret token is asked
 * for, the Host must be the literal loopback address (DNS rebinding), and whatever a browser or a proxy adds is refused.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Problem } from "../errors.ts";
import type { Log } from "../log.ts";

export interface ContainerCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly accountId?: string | undefined;
}

/** What there is to hand out. */
export type Supply =
  | { readonly state: "ready"; readonly credentials: ContainerCredentials }
  /** Being fetched for the first time: settles when there is a change. */
  | { readonly state: "pending"; readonly settled: Promise<void> }
  | { readonly state: "unavailable"; readonly problem: Problem };

export interface EndpointDependencies {
  readonly token: string;
  /** Asked for each request, so it answers from memory. */
  readonly supply: () => Supply;
  /** One line in English that says what happened and what to do: the SDKs show it to the person. */
  readonly describe: (problem: Problem) => string;
  /** Someone with the right token asked while nobody is signed in. */
  readonly onWanted?: () => void;
  readonly log: Log;
  readonly now?: () => number;
  /** How long a request waits for the first credentials, in milliseconds; botocore gives up after 2 s. */
  readonly patience?: number;
}

const refusals = {
  malformed: [400, "The request is malformed."],
  body: [400, "A request for credentials has no body."],
  query: [400, "A request for credentials has no query string."],
  host: [403, "The request was not addressed to this endpoint's own address."],
  forwarded: [403, "Requests that come through a proxy or from a web page are refused."],
  token: [
    401,
    "The authorization token is missing or wrong. Use the file that AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names.",
  ],
  path: [404, "There is nothing here but /credentials."],
  method: [405, "Only GET is answered."],
} as const;

type Refusal = keyof typeof refusals;

/** An HTTP server that is not listening yet. */
export function createEndpoint(deps: EndpointDependencies): Server {
  const expected = digest(deps.token);
  const patience = deps.patience ?? 1500;
  const now = deps.now ?? Date.now;
  const noted = new Set<Refusal>();
  let prepared: { readonly credentials: ContainerCredentials; readonly body: Buffer } | undefined;

  const refuse = (response: ServerResponse, kind: Refusal): void => {
    // Once for each kind: a page that hammers at the port must not fill the log.
    if (!noted.has(kind)) {
      noted.add(kind);
      deps.log.warn(`endpoint: refused a request (${kind}); further ones of this kind are not logged`);
    }
    const [status, message] = refusals[kind];
    if (kind === "method") response.setHeader("Allow", "GET");
    // What was sent after the head is not read.
    if (kind === "body" || kind === "malformed") response.setHeader("Connection", "close");
    sendError(response, status, kind, message);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refusal = judge(request, expected);
    if (refusal !== undefined) return refuse(response, refusal);
    let supply = current(deps.supply(), now());
    if (supply.state === "pending") {
      await settled(supply.settled, patience);
      supply = current(deps.supply(), now());
    }
    if (supply.state === "ready") {
      if (prepared?.credentials !== supply.credentials) {
        prepared = { credentials: supply.credentials, body: serialize(supply.credentials) };
      }
      send(response, 200, prepared.body);
      return;
    }
    const problem: Problem =
      supply.state === "pending"
        ? { code: "unreachable", params: { detail: "the first credentials are still being fetched" } }
        : supply.problem;
    if (problem.code === "signedOut" || problem.code === "sessionEnded") deps.onWanted?.();
    // Always 4xx: JS, Go and Java repeat a 5xx; botocore repeats any answer but 200, three times, and shows the whole body.
    sendError(response, 403, problem.code, deps.describe(problem));
  };

  const server = createServer(
    { maxHeaderSize: 16 * 1024, headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 30_000 },
    (request, response) => {
      // Answered by now; whatever body follows is dropped.
      request.resume();
      answer(request, response).catch((error: unknown) => {
        deps.log.error(`endpoint: ${error instanceof Error ? error.message : String(error)}`);
        response.destroy();
      });
    },
  );
  server.maxConnections = 512;
  server.on("checkContinue", (_request, response: ServerResponse) => refuse(response, "body"));
  server.on("clientError", (_error, socket) => {
    if (!socket.writable) return void socket.destroy();
    const body = errorBody("malformed", refusals.malformed[1]);
    const head = `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    socket.end(Buffer.concat([Buffer.from(`${head}Cache-Control: no-store\r\nConnection: close\r\n\r\n`), body]));
  });
  for (const event of ["upgrade", "connect"]) server.on(event, (_request, socket) => socket.destroy());
  return server;
}

/** The first reason to refuse a request, before anything about the session is looked at. */
function judge(request: IncomingMessage, expected: Buffer): Refusal | undefined {
  const raw = request.rawHeaders;
  let hosts = 0;
  let authorizations = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase();
    if (name === "host") hosts++;
    else if (name === "authorization") authorizations++;
    else if (name === "origin" || name === "forwarded" || name === "via" || name.startsWith("x-forwarded"))
      return "forwarded";
    // Browsers say where a request comes from; no SDK does.
    else if (name.startsWith("sec-fetch-") || name === "referer") return "forwarded";
  }
  if (hosts !== 1 || request.headers.host !== `127.0.0.1:${request.socket.localPort}`) return "host";
  // The path is judged only for those who hold the token: others learn nothing but that it is missing.
  if (authorizations > 1 || !timingSafeEqual(digest(request.headers.authorization ?? ""), expected)) return "token";
  if (request.method !== "GET") return "method";
  const url = request.url ?? "";
  if (url !== "/credentials") return url.startsWith("/credentials?") ? "query" : "path";
  const length = request.headers["content-length"];
  if (request.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0")) return "body";
  return undefined;
}

/** Hashes have one length, so the comparison takes one time, whatever was sent. */
function digest(value: string): Buffer {
  return createHash("sha256").update(value).digest();
}

/** What has ended is not handed out. */
function current(supply: Supply, now: number): Supply {
  if (supply.state !== "ready" || supply.credentials.expiresAt > now) return supply;
  return { state: "unavailable", problem: { code: "sessionEnded" } };
}

function settled(promise: Promise<void>, patience: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patience);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    promise.then(done, done);
  });
}

function serialize(credentials: ContainerCredentials): Buffer {
  return Buffer.from(
    JSON.stringify({
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      Token: credentials.sessionToken,
      // Go's and Java's parsers take no fractions of a second in every version.
      Expiration: new Date(Math.floor(credentials.expiresAt / 1000) * 1000).toISOString().replace(".000Z", "Z"),
      ...(credentials.accountId === undefined ? {} : { AccountId: credentials.accountId }),
    }),
  );
}

/** The JS SDK reads Code and Message, Go code and message, botocore shows the text as it is. */
function errorBody(code: string, message: string): Buffer {
  return Buffer.from(JSON.stringify({ code, message, Code: code, Message: message }));
}

function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  send(response, status, errorBody(code, message));
}

function send(response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": body.length,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(body);
}
