/** Where one request ends and the next begins, and how much there may be. */
import { type HostileRequest, lines, needsSession, plainControl, refusedAlways, request } from "./request.ts";

/** What is hidden in another request's body: the person's own page, if gate and editor disagree on its end. */
const hidden = lines("GET /healthz HTTP/1.1", "Host: {host}", "X-Auth-Request-Email: alice@example.com", "");
/** Comes after it, and ends the connection. */
const last = lines("GET /gatehouse/style.css HTTP/1.1", "Host: {host}", "Connection: close", "");
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

function post(target: string, headers: readonly string[], body: string): string {
  return lines(`POST ${target} HTTP/1.1`, "Host: {host}", "{cookie}", ...headers, "") + body;
}
const open = "/gatehouse/style.css";
/** In a body that is what it says. */
const wellFormed: HostileRequest["control"] = {
  raw: post("/proxy/{port}/", ["Transfer-Encoding: chunked", "Connection: close"], `${chunk("abcd")}0\r\n\r\n`),
  expect: [200],
  shows: true,
};
const withLength: HostileRequest["control"] = {
  raw: post("/proxy/{port}/", ["Content-Length: 4", "Connection: close"], "abcd"),
  expect: [200],
  shows: true,
};
const refusals = [400, 401, 405, 501, "closed"] as const;

/** Sent to a path without a sign-in, so that the gate reads on. The style sheet's 200 is no way in. */
function smuggled(
  kind: string,
  name: string,
  headers: readonly string[],
  body: string,
  control = wellFormed,
): HostileRequest {
  return refusedAlways(
    kind,
    name,
    "a second request that only the server behind sees",
    post(open, headers, body + last),
    [200, ...refusals],
    control,
  );
}

const lengths = ["+5", "-1", "5, 5", "5,6", "0x5", "5 5", "", "99999999999999999999"];
const encodings = [
  "xchunked",
  "chunked, identity",
  "identity, chunked",
  "\x0bchunked",
  "chunked\x00",
  '"chunked"',
  "gzip, chunked",
];

export const framingRequests: readonly HostileRequest[] = [
  smuggled(
    "cl-te",
    "hidden after the last chunk",
    [`Content-Length: ${5 + hidden.length}`, "Transfer-Encoding: chunked"],
    `0\r\n\r\n${hidden}`,
  ),
  smuggled(
    "te-cl",
    "hidden in a chunk",
    ["Transfer-Encoding: chunked", "Content-Length: 4"],
    `${chunk(hidden)}0\r\n\r\n`,
  ),
  smuggled("te-te", "two of them", ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], `0\r\n\r\n${hidden}`),
  ...encodings.map((encoding) =>
    smuggled(
      "te-obfuscated",
      JSON.stringify(encoding),
      [`Transfer-Encoding: ${encoding}`, "Content-Length: 5"],
      `0\r\n\r\n${hidden}`,
    ),
  ),
  smuggled(
    "te-obfuscated",
    "space before the colon",
    ["Transfer-Encoding : chunked", "Content-Length: 5"],
    `0\r\n\r\n${hidden}`,
  ),
  smuggled("te-http-1.0", "chunked", ["Transfer-Encoding: chunked"], `0\r\n\r\n${hidden}`),
  smuggled(
    "duplicate-length",
    "0 and more",
    ["Content-Length: 0", `Content-Length: ${hidden.length}`],
    hidden,
    withLength,
  ),
  smuggled(
    "duplicate-length",
    "twice the same",
    ["Content-Length: 4", "Content-Length: 4"],
    `abcd${hidden}`,
    withLength,
  ),
  ...lengths.map((length) =>
    smuggled("malformed-length", JSON.stringify(length), [`Content-Length: ${length}`], `abcde${hidden}`, withLength),
  ),
  smuggled("chunk-size", "overflow", ["Transfer-Encoding: chunked"], `fffffffffffffffff\r\n${hidden}`),
  smuggled("chunk-size", "negative", ["Transfer-Encoding: chunked"], `-1\r\n${hidden}`),
  smuggled(
    "chunk-size",
    "bare LF in an extension",
    ["Transfer-Encoding: chunked"],
    `5;\nx\r\nabcde\r\n0\r\n\r\n${hidden}`,
  ),
  smuggled(
    "chunk-trailer",
    "trailer as header",
    ["Transfer-Encoding: chunked", "Trailer: X-Auth-Request-Email"],
    "0\r\nX-Auth-Request-Email: alice@example.com\r\n\r\n",
  ),
  refusedAlways(
    "obs-fold",
    "in a header",
    "a line that belongs to the header before, for one of the two",
    request("/healthz", ["X-A: b", " X-Auth-Request-Email: alice@example.com"]),
    [400, 401],
  ),
  refusedAlways(
    "obs-fold",
    "in Transfer-Encoding",
    "a body that one of the two doesn't see",
    post("/healthz", ["Transfer-Encoding:", " chunked"], `0\r\n\r\n${hidden}${last}`),
    [200, ...refusals],
    wellFormed,
  ),
  refusedAlways(
    "bare-lf",
    "all lines",
    "ends of lines that one of the two doesn't see",
    "GET /healthz HTTP/1.1\nHost: {host}\nConnection: close\n\n",
    [400, 401],
  ),
  refusedAlways(
    "bare-lf",
    "in a header's value",
    "a header that one of the two doesn't see",
    request("/healthz", ["X-A: b\nX-Auth-Request-Email: alice@example.com"]),
    [400, 401],
  ),
  refusedAlways(
    "bare-cr",
    "in a header's value",
    "a header that one of the two doesn't see",
    request("/healthz", ["X-A: b\rX-Auth-Request-Email: alice@example.com"]),
    [400, 401],
  ),
  refusedAlways(
    "header-name",
    "space before the colon",
    "a header that one of the two doesn't see",
    request("/healthz", ["X-Auth-Request-Email : alice@example.com"]),
    [400, 401],
  ),
  refusedAlways(
    "header-name",
    "null byte",
    "a name that ends earlier",
    request("/healthz", ["X-Auth-Request-Email\0: a"]),
    [400, 401],
  ),
  refusedAlways(
    "header-name",
    "none",
    "a header without a name",
    request("/healthz", [": alice@example.com"]),
    [400, 401],
  ),
  needsSession("leading-empty-lines", "two", "a request that begins later", `\r\n${request("/healthz")}`),
  needsSession(
    "body-of-get",
    "with a request in it",
    "a second request that only the server behind sees",
    lines(
      "GET /healthz HTTP/1.1",
      "Host: {host}",
      "{cookie}",
      `Content-Length: ${hidden.length}`,
      "Connection: close",
      "",
    ) + hidden,
  ),
  refusedAlways(
    "pipelined",
    "behind one that is answered",
    "the second of two on a connection",
    lines(`GET ${open} HTTP/1.1`, "Host: {host}", "") + request("/healthz").replace("{cookie}\r\n", ""),
    [200, 401],
  ),
  needsSession(
    "expect",
    "100-continue",
    "an answer before the question",
    post("/proxy/{port}/", ["Expect: 100-continue", "Content-Length: 4", "Connection: close"], "abcd"),
  ),
  needsSession(
    "connection-reuse",
    "after another's request",
    "the session of whoever came before",
    lines(`GET ${open} HTTP/1.1`, "Host: {host}", "") + request("/healthz"),
    { refused: [200, 401] },
  ),
  refusedAlways(
    "oversized-header",
    "40 KB",
    "memory, or a check that is skipped",
    request("/healthz", [`X-A: ${"a".repeat(40_000)}`]),
    [400, 414, 431],
  ),
  refusedAlways(
    "oversized-header",
    "a cookie of 40 KB",
    "a cookie that one of the two cuts off",
    request("/healthz", [`Cookie: a=${"b".repeat(40_000)}`]),
    [400, 431],
  ),
  refusedAlways(
    "many-headers",
    "9 of 31 KB",
    "memory",
    request(
      "/healthz",
      Array.from({ length: 9 }, (_, index) => `X-${index}: ${"a".repeat(31_000)}`),
    ),
    [400, 431],
  ),
  refusedAlways(
    "oversized-target",
    "40 KB",
    "memory, or a path that one of the two cuts off",
    request(`/healthz?${"a".repeat(40_000)}`),
    [400, 414],
  ),
  refusedAlways(
    "oversized-body",
    "300 MB announced",
    "the disk",
    post("/proxy/{port}/", ["Content-Length: 314572800", "Connection: close"], "abcd"),
    [413],
    withLength,
  ),
  needsSession(
    "long-target",
    "10 KB",
    "a path that one of the two cuts off",
    request(`/healthz?${"a".repeat(10_000)}`),
  ),
  needsSession(
    "many-cookies",
    "200",
    "a session among others",
    request("/healthz", [`Cookie: ${Array.from({ length: 200 }, (_, index) => `c${index}=x`).join("; ")}`]),
  ),
  {
    ...refusedAlways(
      "not-http",
      "bytes",
      "something that isn't expected",
      "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n",
      [400, "closed"],
    ),
    control: plainControl,
  },
];
