/** Paths that gate and editor could read differently, and places that only the editor has. */
import { evenSignedIn, type HostileRequest, needsSession, opening, refusedAlways, request } from "./request.ts";

const traversal = "out of a path that needs no sign-in, into one that does";
const static_ = "/gatehouse/style.css";

/** Nobody gets an answer to these; what is asked for is behind them. */
function ambiguous(kind: string, why: string, ...targets: readonly string[]): HostileRequest[] {
  return targets.map((target) => evenSignedIn(refusedAlways(kind, target, why, request(target), [400])));
}

/** Answered as the path that nginx takes them for: with the sign-in's 401, or not found. */
function misspelt(kind: string, why: string, ...targets: readonly string[]): HostileRequest[] {
  return targets.map((target) => refusedAlways(kind, target, why, request(target), [400, 401, 404]));
}

const places: Readonly<Record<string, readonly string[]>> = {
  workbench: ["/", "/?folder=/etc", "/vscode/"],
  health: ["/healthz", "/healthz/", "/HEALTHZ"],
  "static-file": [
    "/stable-{commit}/static/out/vs/code/browser/workbench/workbench.js",
    "/_static/out/browser/serviceWorker.js",
  ],
  "remote-resource": ["/vscode-remote-resource?path={file}", "/stable-{commit}/vscode-remote-resource?path={file}"],
  preview: ["/proxy/{port}/", "/proxy/{port}/?x=1", "/proxy/{port}"],
  "absolute-preview": ["/absproxy/{port}/", "/absproxy/{port}/deep/path"],
};
/** Some of the editor's answers have nothing in them that tells them. */
const silent = new Set(["/", "/vscode/", "/_static/out/browser/serviceWorker.js"]);

export const pathRequests: readonly HostileRequest[] = [
  ...Object.entries(places).flatMap(([kind, targets]) =>
    targets.map((target) =>
      needsSession(kind, target, "what the editor serves", request(target), {
        expect: [200, 301, 302],
        shows: !silent.has(target),
      }),
    ),
  ),
  ...["/", "/proxy/{port}/", "/deep/link?a=1&b=2"].map((target) =>
    refusedAlways("navigation", target, "to be let in where a page is opened", request(target, opening), ["sign-in"]),
  ),
  ...[
    "/security.txt",
    "/.well-known/security.txt",
    "/robots.txt",
    "/manifest.json",
    "/ping",
    "/ready",
    "/metrics",
    "/login",
    "/logout",
    "/update/check",
  ].map((target) =>
    needsSession("unguarded-route", target, "code-server serves some without asking", request(target), {
      expect: [200, 302, 404],
      shows: false,
    }),
  ),
  ...["/proxy/47411/", "/absproxy/47411/", "/proxy/47411", "/proxy/%34%37411/"].map((target) =>
    evenSignedIn(
      refusedAlways("agent-endpoint", target, "the endpoint that gives keys to terminals", request(target), [403], {
        raw: request("/proxy/{port}/"),
        expect: [200],
        shows: true,
      }),
    ),
  ),
  ...[
    "/PROXY/47411/",
    "/Proxy/{port}/",
    "/proxy/047411/",
    "/proxy/47411x/",
    "/proxy/x@127.0.0.1:47411/",
    "/proxy/+47411/",
    "/proxy/%2047411/",
    "/proxy/127.0.0.1:47411/",
    "/proxy//47411/x",
    "/proxy/",
  ].map((target) =>
    evenSignedIn(
      refusedAlways(
        "port-spelling",
        target,
        "code-server reads a number as far as it goes, in any case of the route",
        request(target),
        [400, 403, 404],
        {
          raw: request("/absproxy/{port}/"),
          expect: [200],
          shows: true,
        },
      ),
    ),
  ),
  ...ambiguous(
    "dot-segments",
    traversal,
    `${static_}/../../healthz`,
    "/gatehouse/../healthz",
    "/./healthz",
    "/proxy/47411/../{port}/",
    "/oauth2/start/../../healthz",
  ),
  ...ambiguous(
    "encoded-dots",
    traversal,
    "/gatehouse/%2e%2e/healthz",
    "/gatehouse/.%2E/healthz",
    "/gatehouse/..%2fhealthz",
    "/gatehouse%2f..%2fhealthz",
    "/proxy/47411%2f..%2f{port}/",
  ),
  ...ambiguous(
    "backslash",
    traversal,
    "/gatehouse\\..\\healthz",
    "/gatehouse/..\\healthz",
    "/\\evil.example",
    "/gatehouse/..%5chealthz",
  ),
  ...ambiguous(
    "fragment",
    "a path that ends earlier for one of the two",
    "/gatehouse/style.css#/../../healthz",
    "/healthz#",
    "/proxy/{port}/#/oauth2/",
  ),
  ...ambiguous(
    "doubled-slash-first",
    "another host for one of the two",
    "//healthz",
    "///healthz",
    "//evil.example/%2e%2e",
  ),
  ...ambiguous("null-byte", "a path that ends earlier", "/gatehouse/style.css%00/healthz", "/healthz%00.css", "/%00"),
  ...misspelt(
    "doubled-slash",
    "rules that don't match, a server that does",
    "/gatehouse//style.css/healthz",
    "/oauth2//auth",
    "/gatehouse//internal//ready",
  ),
  ...misspelt(
    "encoded-slash",
    "rules that don't match, a server that does",
    "/%2fhealthz",
    "/gatehouse%2fstyle.css%2fhealthz",
    "/oauth2%2fauth",
    "/oauth2/%61uth",
  ),
  ...misspelt(
    "path-parameter",
    "servers that cut them off",
    "/oauth2/auth;x=1",
    "/gatehouse/style.css;/healthz",
    "/healthz;jsessionid=1",
  ),
  ...misspelt(
    "case",
    "rules that don't match, a server that does",
    "/OAUTH2/auth",
    "/Gatehouse/pages/en/refused.html",
    "/GATEHOUSE/style.css",
  ),
  ...misspelt(
    "encoding",
    "bytes that aren't characters",
    "/%c0%ae%c0%ae/healthz",
    "/%",
    "/%zz",
    "/%ff%fe",
    "/%u002e%u002e/healthz",
    "/caf\xe9",
  ),
  ...misspelt(
    "internal-page",
    "what only the gate itself asks for",
    "/oauth2/auth",
    "/oauth2/auth/",
    "/oauth2/auth?allowed_groups=x",
    "/gatehouse/internal/ready",
    "/gatehouse/pages/en/refused.html",
    "/gatehouse/pages/../../nginx/nginx.conf",
    "/gatehouse/",
  ),
  ...misspelt(
    "oauth2-proxy-page",
    "its other pages",
    "/oauth2/userinfo",
    "/oauth2/static/css/bulma.min.css",
    "/oauth2/",
    "/oauth2",
  ),
  refusedAlways(
    "oauth2-proxy-page",
    "userinfo, with any session",
    "who somebody is",
    request("/oauth2/userinfo"),
    [404],
  ),
  refusedAlways(
    "direct-auth",
    "with a claim",
    "the gate's question, answered to the stranger",
    request("/oauth2/auth", ["X-Auth-Request-Email: alice@example.com"]),
    [404],
  ),
  ...["/gatehouse/callback", "/gatehouse/callback?code=x&state=y", "/gatehouse/callback/"].map((target) =>
    refusedAlways(
      "agent-callback",
      target,
      "a code of somebody else for the agent",
      request(target, opening),
      [401, 404],
    ),
  ),
  ...["/mint-key"].map((target) =>
    needsSession("mint-key", target, "a key of the editor's", request(target, ["Content-Length: 0"], "POST"), {
      shows: false,
    }),
  ),
  needsSession(
    "range",
    "workbench.js",
    "a part of a file from the cache",
    request("/stable-{commit}/static/out/vs/code/browser/workbench/workbench.js", ["Range: bytes=0-99"]),
    { expect: [200, 206], shows: false },
  ),
];
