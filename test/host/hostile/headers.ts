/** Headers that claim to be somebody, or somewhere. */
import { evenSignedIn, type HostileRequest, needsSession, opening, refusedAlways, request } from "./request.ts";

const person = "alice@example.com";

/** By kind: what it hopes for, and the headers that are tried. */
const claims: Readonly<Record<string, readonly [why: string, ...headers: readonly string[]]>> = {
  "x-forwarded-uri": [
    "oauth2-proxy takes it for the path, and lets paths of its own through (CVE-2026-40575, CVE-2026-76835)",
    ...["X-Forwarded-Uri: /oauth2/static/x", "X-Forwarded-Uri: /ping", "X-Forwarded-Uri: /oauth2/sign_in#/healthz"],
  ],
  "x-forwarded-host": ["another name for this host", "X-Forwarded-Host: evil.example", "X-Forwarded-Server: localhost"],
  "x-forwarded-for": [
    "a request from the host itself",
    "X-Forwarded-For: 127.0.0.1",
    "X-Forwarded-For: ::1, 127.0.0.1",
  ],
  "x-forwarded-proto": ["another scheme or prefix", "X-Forwarded-Proto: http", "X-Forwarded-Prefix: /oauth2"],
  "x-forwarded-user": [
    "a name that a gateway in front would give",
    ...[
      `X-Forwarded-User: ${person}`,
      `X-Forwarded-Email: ${person}`,
      `Remote-User: ${person}`,
      "X-Forwarded-Access-Token: x",
    ],
  ],
  forwarded: ["RFC 7239's form of the same", "Forwarded: for=127.0.0.1;host=localhost;proto=https"],
  "x-real-ip": [
    "an address that is trusted",
    ...["X-Real-IP: 127.0.0.1", "True-Client-IP: 127.0.0.1", "CF-Connecting-IP: 127.0.0.1", "X-Client-IP: 127.0.0.1"],
  ],
  "x-auth-request": [
    "the gate's own answer",
    ...[`X-Auth-Request-Email: ${person}`, `X-Auth-Request-User: ${person}`, "X-Auth-Request-Groups: developers"],
    `Gap-Auth: ${person}`,
  ],
  "x-gatehouse-email": ["what the agent is told", `X-Gatehouse-Email: ${person}`],
  "x-amzn-oidc": ["what a load balancer would say", `X-Amzn-Oidc-Identity: ${person}`, "X-Amzn-Oidc-Data: e30.e30.e30"],
  "authorization-basic": ["a password list that may be there", "Authorization: Basic YWxpY2VAZXhhbXBsZS5jb206eA=="],
  "authorization-bearer": [
    "a token that isn't signed",
    "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFsaWNlQGV4YW1wbGUuY29tIn0.",
  ],
  "health-check-agent": [
    "health checks go through (CVE-2026-34457)",
    ...["User-Agent: GoogleHC/1.0", "User-Agent: kube-probe/1.30", "User-Agent: ELB-HealthChecker/2.0"],
  ],
  "x-original-url": [
    "a path that only the server behind looks at",
    ...["X-Original-URL: /oauth2/static/x", "X-Rewrite-URL: /ping", "X-Original-URI: /gatehouse/style.css"],
  ],
  "method-override": [
    "another method behind the gate",
    "X-HTTP-Method-Override: OPTIONS",
    "X-Method-Override: OPTIONS",
  ],
  "underscored-header": [
    "the same name to some servers",
    ...[`X_Auth_Request_Email: ${person}`, "X_Forwarded_Uri: /ping", `X_Gatehouse_Email: ${person}`],
  ],
  "hop-by-hop": [
    "headers of the gate's that are dropped as this connection's own",
    ...["Connection: close, X-Forwarded-For, Cookie", "Connection: X-Real-IP", "Proxy-Connection: keep-alive"],
  ],
  "x-accel": [
    "nginx's own words for its answers",
    ...["X-Accel-Redirect: /healthz", "X-Accel-Buffering: no", "X-Accel-Internal: /oauth2/auth"],
  ],
  "proxy-header": ["the environment of programs (httpoxy)", "Proxy: http://evil.example:8080"],
  "preflight-headers": ["preflights go through", "Access-Control-Request-Method: GET"],
};

const headers = Object.entries(claims).flatMap(([kind, [why, ...each]]) =>
  each.map((header) => needsSession(kind, header, why, request("/healthz", [header]))),
);

export const headerRequests: readonly HostileRequest[] = [
  ...headers,
  needsSession(
    "preflight",
    "own origin",
    "preflights go through",
    request("/proxy/{port}/", ["Origin: https://{host}"], "OPTIONS"),
  ),
  refusedAlways(
    "x-auth-request-redirect",
    "navigation",
    "to be sent elsewhere after the sign-in",
    request("/healthz", ["X-Auth-Request-Redirect: https://evil.example/", ...opening]),
    ["sign-in"],
  ),
  ...[
    "https://evil.example",
    "null",
    "http://{host}",
    "https://{host}.evil.example",
    "https://{host}:444",
    "https://x.{host}",
  ].map((origin) =>
    evenSignedIn(
      refusedAlways(
        "foreign-origin",
        origin,
        "another site's page, with the person's cookie",
        request("/healthz", [`Origin: ${origin}`]),
        [403],
        {
          raw: request("/healthz", ["Origin: https://{host}"]),
          expect: [200],
          shows: true,
        },
      ),
    ),
  ),
  ...["br", "gzip", "identity", "br, gzip", "x"].map((encoding) =>
    evenSignedIn(
      refusedAlways(
        "content-encoding",
        encoding,
        "the decoder behind the gate (CVE-2026-111497)",
        request("/mint-key", [`Content-Encoding: ${encoding}`, "Content-Length: 4"], "POST").concat("abcd"),
        [415],
        { raw: request("/proxy/{port}/", ["Content-Length: 4"], "POST").concat("abcd"), expect: [200], shows: true },
      ),
    ),
  ),
  refusedAlways(
    "content-encoding",
    "empty, then br",
    "the second of two is looked at by the server behind",
    request("/mint-key", ["Content-Encoding:", "Content-Encoding: br", "Content-Length: 4"], "POST").concat("abcd"),
    [401, 415],
    { raw: request("/proxy/{port}/", ["Content-Length: 4"], "POST").concat("abcd"), expect: [200], shows: true },
  ),
  ...[
    "/proxy/{port}/worker.js",
    "/absproxy/{port}/worker.js",
    "/vscode-remote-resource?path={file}",
    "/",
    "/stable-{commit}/static/out/x.js",
  ].map((path) =>
    evenSignedIn(
      refusedAlways(
        "service-worker",
        path,
        "a worker that answers for the editor from then on",
        request(path, ["Service-Worker: script"]),
        [403],
        {
          raw: request("/_static/out/browser/serviceWorker.js", ["Service-Worker: script"]),
          expect: [200],
          shows: false,
        },
      ),
    ),
  ),
];
