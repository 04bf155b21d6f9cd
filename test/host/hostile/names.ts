/** Names, versions and methods: another host, another protocol, no TLS at all. */
import {
  evenSignedIn,
  type HostileRequest,
  lines,
  needsSession,
  plainControl,
  refusedAlways,
  request,
} from "./request.ts";

const withHost = (...hosts: readonly string[]) =>
  lines("GET /healthz HTTP/1.1", ...hosts.map((host) => `Host: ${host}`), "{cookie}", "Connection: close", "");
const absolute = (url: string) => lines(`GET ${url} HTTP/1.1`, "Host: {host}", "{cookie}", "Connection: close", "");
const upgrade = (target: string, ...headers: readonly string[]) =>
  lines(`GET ${target} HTTP/1.1`, "Host: {host}", "{cookie}", ...headers, "");
const websocket = [
  ...["Connection: Upgrade, close", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

export const nameRequests: readonly HostileRequest[] = [
  ...["evil.example", "localhost", "127.0.0.1", "evil.{host}", "{login}"].map((host) =>
    refusedAlways("foreign-host", host, "DNS rebinding, or another site of the same server", withHost(host), [421]),
  ),
  ...["{host}@evil.example", "{host}/healthz", "{host}:x", "", "a b", "{host},evil.example", "[::1"].map((host) =>
    refusedAlways("malformed-host", host, "a name that two servers read differently", withHost(host), [400, 401, 421]),
  ),
  ...["{host}:443", "{host}.", "{host}:8443"].map((host) =>
    needsSession("host-spelling", host, "the same name, not to the letter", withHost(host)),
  ),
  refusedAlways(
    "two-hosts",
    "own, foreign",
    "the second counts for the server behind",
    withHost("{host}", "evil.example"),
    [400],
  ),
  refusedAlways(
    "two-hosts",
    "foreign, own",
    "the first counts for the gate",
    withHost("evil.example", "{host}"),
    [400],
  ),
  refusedAlways("no-host", "HTTP/1.1", "the server that answers to no name", withHost(), [400]),
  needsSession("absolute-form", "own name", "a target with a host in it", absolute("https://{host}/healthz")),
  ...["http://evil.example/healthz", "https://localhost/healthz", "http://127.0.0.1:47411/"].map((url) =>
    refusedAlways("absolute-form", url, "to be passed on to another host", absolute(url), [400, 401, 421]),
  ),
  ...["http://169.254.169.254/latest/meta-data/", "ftp://{host}/healthz", "https://{host}@evil.example/healthz"].map(
    (url) => refusedAlways("absolute-form-elsewhere", url, "a proxy for anything", absolute(url), [400, 401, 404, 421]),
  ),
  {
    kind: "server-name",
    name: "foreign, own Host",
    why: "a handshake with one name, a request for another",
    serverName: "evil.example",
    raw: request("/healthz"),
    refused: ["closed"],
    control: plainControl,
  },
  {
    kind: "server-name",
    name: "none",
    why: "whoever only knows the address",
    serverName: null,
    raw: request("/healthz"),
    refused: ["closed"],
    control: plainControl,
  },
  {
    kind: "plain-http",
    name: "on the port of TLS",
    why: "an answer without TLS",
    plain: true,
    raw: request("/healthz"),
    refused: [400, "closed"],
    control: plainControl,
  },
  needsSession(
    "http-1.0",
    "with Host",
    "an old version's rules",
    lines("GET /healthz HTTP/1.0", "Host: {host}", "{cookie}", ""),
  ),
  refusedAlways(
    "http-1.0",
    "without Host",
    "the server that answers to no name",
    lines("GET /healthz HTTP/1.0", "{cookie}", ""),
    [421],
  ),
  refusedAlways("http-0.9", "GET", "no headers at all", "GET /healthz\r\n", [400, 401, "closed"]),
  ...["HTTP/1.2", "HTTP/2.0", "HTTP/3.0", "HTTP/11", "http/1.1", "ICY/1.1"].map((version) =>
    refusedAlways(
      "http-version",
      version,
      "a version that one of the two doesn't know",
      lines(`GET /healthz ${version}`, "Host: {host}", "{cookie}", "Connection: close", ""),
      [400, 401, 505, "closed"],
    ),
  ),
  refusedAlways(
    "http2-preface",
    "without ALPN",
    "frames past HTTP/1's rules",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    [400, 405, "closed"],
  ),
  needsSession(
    "websocket",
    "editor",
    "an open socket",
    upgrade(
      "/stable-{commit}?reconnectionToken=x&reconnection=false&skipWebSocketFrames=false",
      ...websocket,
      "Origin: https://{host}",
    ),
    { expect: [101], shows: false },
  ),
  needsSession(
    "websocket",
    "preview",
    "an open socket to an application",
    upgrade("/proxy/{port}/socket", ...websocket, "Origin: https://{host}"),
    { expect: [101], shows: false },
  ),
  evenSignedIn(
    refusedAlways(
      "websocket-foreign-origin",
      "editor",
      "another site's page, with the person's cookie",
      upgrade("/stable-{commit}", ...websocket, "Origin: https://evil.example"),
      [403],
    ),
  ),
  refusedAlways(
    "websocket-navigation",
    "claims to be one",
    "a redirect that is no refusal",
    upgrade("/stable-{commit}", ...websocket, "Sec-Fetch-Mode: websocket"),
    [401],
  ),
  needsSession(
    "other-upgrade",
    "h2c",
    "frames past HTTP/1's rules",
    lines(
      "GET /healthz HTTP/1.1",
      "Host: {host}",
      "{cookie}",
      "Connection: Upgrade, HTTP2-Settings, close",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMAAABkAAQAAP__",
      "",
    ),
  ),
  needsSession(
    "other-upgrade",
    "TLS/1.0",
    "another protocol",
    lines("GET /healthz HTTP/1.1", "Host: {host}", "{cookie}", "Connection: Upgrade, close", "Upgrade: TLS/1.0", ""),
  ),
  ...["TRACE", "CONNECT", "TRACK"].map((method) =>
    refusedAlways(
      "method",
      method,
      "what is sent comes back, or a tunnel",
      request("/healthz", [], method),
      [400, 401, 405],
    ),
  ),
  ...["get", "G E T", "GET\t", "GET,POST"].map((method) =>
    refusedAlways(
      "malformed-method",
      method,
      "a method that two servers read differently",
      request("/healthz", [], method),
      [400, 401, 405],
    ),
  ),
  ...["PROPFIND", "PATCH", "DELETE", "M-SEARCH"].map((method) =>
    needsSession("rare-method", method, "a method that the gate forgets", request("/proxy/{port}/", [], method)),
  ),
  needsSession("head", "/", "what is there", request("/healthz", [], "HEAD"), { expect: [200, 405], shows: false }),
  refusedAlways(
    "connect-form",
    "CONNECT",
    "a tunnel to the host itself",
    lines("CONNECT 127.0.0.1:47411 HTTP/1.1", "Host: 127.0.0.1:47411", "Connection: close", ""),
    [400, 405, 421],
  ),
  refusedAlways(
    "asterisk-form",
    "OPTIONS *",
    "a target without a path",
    lines("OPTIONS * HTTP/1.1", "Host: {host}", "{cookie}", "Connection: close", ""),
    [400, 401, 405],
  ),
];
