/** What a hostile request is: data, so that other checks can send the same list. */

/**
 * What may come back: a status; `closed` for a connection that ends without an answer; `sign-in` and `sign-out` for a redirect to
 * managed login's page of that name, for the latter with the way back to this host only.
 */
export type Outcome = number | "closed" | "sign-in" | "sign-out";

/**
 * One request. In texts `{name}` stands for a value of the run (see `Values`), and the line `{cookie}` for the session's cookie where the
 * request is sent as its own control, and for nothing where it is sent as a stranger.
 */
export interface Sent {
  /** HTTP/1: everything that is sent, byte by byte (latin1). */
  readonly raw?: string;
  /** HTTP/2: pseudo headers and headers. A header `cookie` of `{cookie}` works like the line. */
  readonly headers?: Readonly<Record<string, string>>;
  /** HTTP/2. */
  readonly body?: string;
  /** The name of the TLS handshake; null for none. Default: the gate's. */
  readonly serverName?: string | null;
  /** Nothing of TLS. */
  readonly plain?: boolean;
}

export interface HostileRequest extends Sent {
  /** Requests of one kind try the same thing in several spellings. */
  readonly kind: string;
  /** Within its kind. */
  readonly name: string;
  /** What it hopes for. */
  readonly why: string;
  /** All that may come back to somebody without a session; default: 401. */
  readonly refused: readonly Outcome[];
  /** Nor may it with a session: sent as another's page, or as what nobody may do. */
  readonly evenSignedIn?: boolean;
  /** Proof that the request fails for want of a session, or for its hostile part: this one, with a session, has to succeed. */
  readonly control: Sent & {
    readonly expect: readonly Outcome[];
    /** The answer has something of the editor in it. */
    readonly shows: boolean;
  };
}

/** Of one run. */
export interface Values {
  /** The gate's name. */
  readonly host: string;
  /** Managed login's. */
  readonly login: string;
  /** `NAME=VALUE` of a session that holds. */
  readonly session: string;
  /** The same with another signature; one that was signed out of; one that is too old; one of another host's secret. */
  readonly tampered: string;
  readonly signedOut: string;
  readonly outdated: string;
  readonly foreign: string;
  /** `NAME=VALUE` that a begun sign-in has left. */
  readonly pending: string;
  /** Absolute path of a file of the person's on the host, with `marker` in it. */
  readonly file: string;
  /** Of an application that the person runs on the host's loopback; every answer of it has `marker` in it. */
  readonly port: string;
  /** 40 hexadecimal digits in the paths of the workbench's files. */
  readonly commit: string;
}

/** In what only somebody with a session may see. */
export const marker = "GATEHOUSE-HOSTILE-MARKER";

/** Whatever has one of these came from the editor, or from behind it. */
export const editorMarks: readonly RegExp[] = [
  /lastHeartbeat/,
  /workbench/i,
  /vscode/i,
  /code-server/i,
  new RegExp(marker),
];

/** Lines of a request, ended as HTTP/1 wants it. */
export function lines(...each: readonly string[]): string {
  return each.map((line) => `${line}\r\n`).join("");
}

/** A plain request in HTTP/1.1 that asks for the end of the connection. */
export function request(target: string, headers: readonly string[] = [], method = "GET"): string {
  return lines(`${method} ${target} HTTP/1.1`, "Host: {host}", "{cookie}", ...headers, "Connection: close", "");
}

/** What a browser adds when a person opens a page. */
export const opening = ["Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];

/** code-server answers this with a line of JSON. */
export const plainControl = {
  raw: request("/healthz"),
  expect: [200],
  shows: true,
} as const satisfies HostileRequest["control"];

/** A request that would be answered with a session: it is its own control. */
export function needsSession(
  kind: string,
  name: string,
  why: string,
  raw: string,
  more: { refused?: readonly Outcome[]; expect?: readonly Outcome[]; shows?: boolean } = {},
): HostileRequest {
  const { refused = [401], expect = [200], shows = true } = more;
  return { kind, name, why, raw, refused, control: { raw, expect, shows } };
}

/** A request that nobody gets through; the plain one does. */
export function refusedAlways(
  kind: string,
  name: string,
  why: string,
  raw: string,
  refused: readonly Outcome[],
  control: HostileRequest["control"] = plainControl,
): HostileRequest {
  return { kind, name, why, raw, refused, control };
}

/** The same for people with a session: nobody gets through. */
export function evenSignedIn(request: HostileRequest): HostileRequest {
  return { ...request, evenSignedIn: true };
}
