/** What HTTP/2 has forms of its own for. */
import { type HostileRequest, plainControl } from "./request.ts";

type Fields = Readonly<Record<string, string>>;

const get = (headers: Fields): Fields => ({
  ":method": "GET",
  ":scheme": "https",
  ":authority": "{host}",
  ":path": "/healthz",
  cookie: "{cookie}",
  ...headers,
});

function own(
  kind: string,
  name: string,
  why: string,
  headers: Fields,
  more: Partial<HostileRequest["control"]> = {},
  body?: string,
): HostileRequest {
  const sent = { headers: get(headers), ...(body === undefined ? {} : { body }) };
  return { kind, name, why, ...sent, refused: [401], control: { ...sent, expect: [200], shows: true, ...more } };
}
function refused(
  kind: string,
  name: string,
  why: string,
  headers: Fields,
  outcomes: HostileRequest["refused"],
): HostileRequest {
  return {
    kind,
    name,
    why,
    headers: get(headers),
    refused: outcomes,
    control: { headers: get({}), expect: [200], shows: true },
  };
}

const person = "alice@example.com";

export const http2Requests: readonly HostileRequest[] = [
  own("h2", "plain", "another version's rules", {}),
  own("h2-claims", "x-auth-request-email", "somebody else's name", {
    "x-auth-request-email": person,
    "x-forwarded-user": person,
  }),
  own("h2-claims", "x-forwarded-uri", "a path that goes through", {
    "x-forwarded-uri": "/ping",
    "x-forwarded-for": "127.0.0.1",
  }),
  own("h2-preview", "/proxy", "an application's port", { ":path": "/proxy/{port}/" }),
  own("h2-body", "POST", "a body before the answer", { ":method": "POST", ":path": "/proxy/{port}/" }, {}, "abcd"),
  refused("h2-authority", "foreign", "another site of the same server", { ":authority": "evil.example" }, [421]),
  refused(
    "h2-authority",
    "foreign Host beside it",
    "the second counts for one of the two",
    { host: "evil.example" },
    [400, 401, 421],
  ),
  refused(
    "h2-authority",
    "with a user",
    "a name that two servers read differently",
    { ":authority": "{host}@evil.example" },
    [400, 401, 421, "closed"],
  ),
  refused(
    "h2-path",
    "dot segments",
    "out of a path that needs no sign-in",
    { ":path": "/gatehouse/../healthz" },
    [400],
  ),
  refused("h2-path", "without a slash", "a path that is none", { ":path": "healthz" }, [400, "closed"]),
  refused("h2-path", "another host's", "to be passed on", { ":path": "http://evil.example/" }, [
    400,
    401,
    421,
    "closed",
  ]),
  refused("h2-path", "fragment", "a path that ends earlier", { ":path": "/healthz#/x" }, [400]),
  refused("h2-path", "second line", "a second request in HTTP/1", { ":path": "/healthz HTTP/1.1\r\nX-A: b" }, [
    400,
    "closed",
  ]),
  refused("h2-scheme", "http", "a scheme without TLS", { ":scheme": "http" }, [400, 401]),
  refused(
    "h2-content-encoding",
    "br",
    "the decoder behind the gate",
    { ":method": "POST", "content-encoding": "br" },
    [415],
  ),
  refused(
    "h2-origin",
    "foreign",
    "another site's page, with the person's cookie",
    { origin: "https://evil.example" },
    [403],
  ),
  refused("h2-method", "TRACE", "what is sent comes back", { ":method": "TRACE" }, [400, 405, "closed"]),
  refused("h2-direct-auth", "/oauth2/auth", "the gate's question", { ":path": "/oauth2/auth" }, [404]),
  refused("h2-cookie", "crumbs", "a cookie that is put together", { cookie: "__Host-gatehouse=x" }, [401]),
  {
    ...refused("h2-oversized", "40 KB", "memory", { "x-a": "a".repeat(40_000) }, [400, 401, 431, "closed"]),
    control: plainControl,
  },
];
