/** Cookies that are no session, or none any more. */
import { type HostileRequest, opening, plainControl, refusedAlways, request } from "./request.ts";

const name = "__Host-gatehouse";
const withCookie = (...cookies: readonly string[]) =>
  request(
    "/healthz",
    cookies.map((cookie) => `Cookie: ${cookie}`),
  );

const forged: Readonly<Record<string, readonly [why: string, ...cookies: readonly string[]]>> = {
  "forged-cookie": [
    "any cookie of that name",
    ...[
      `${name}=x`,
      `${name}=`,
      `${name}=a|1|b`,
      `${name}="x"`,
      `${name}=AAAA|4102444800|AAAA=`,
      `${name}=${"A".repeat(4000)}`,
    ],
  ],
  "tampered-cookie": ["another signature's", "{tampered}"],
  "outdated-cookie": ["a session for ever", "{outdated}"],
  "foreign-cookie": ["a session of another host", "{foreign}"],
  "signed-out-cookie": ["a copy of a cookie that was signed out of", "{signedOut}"],
  "pending-cookie": ["the mark of a begun sign-in, for a session", "{pending}", `${name}={pending}`],
  "other-name-cookie": [
    "a name that one of the two takes for it",
    ...[
      "_oauth2_proxy=x",
      `${name}_0=x`,
      "__host-gatehouse=x",
      `x; ${name}=y`,
      "GATEHOUSE=x",
      "$Version=1; gatehouse=x",
    ],
  ],
  "load-balancer-cookie": ["a load balancer's session", "AWSELBAuthSessionCookie-0=x"],
};

const refusedOnOpening: Readonly<Record<string, string>> = {
  "signed-out": "{signedOut}",
  outdated: "{outdated}",
  tampered: "{tampered}",
};

export const cookieRequests: readonly HostileRequest[] = [
  ...Object.entries(forged).flatMap(([kind, [why, ...cookies]]) =>
    cookies.map((cookie) => refusedAlways(kind, cookie.slice(0, 60), why, withCookie(cookie), [401])),
  ),
  refusedAlways(
    "two-cookies",
    "a forged one first",
    "the second counts for one of the two",
    withCookie(`${name}=x; ${name}=y`),
    [401],
  ),
  refusedAlways(
    "two-cookies",
    "in two headers",
    "the second counts for one of the two",
    withCookie(`${name}=x`, `${name}=y`),
    [401],
  ),
  // A page that is opened with a session that is none any more: Cognito's ends, too.
  ...Object.entries(refusedOnOpening).map(([kind, cookie]) =>
    refusedAlways(
      "cookie-on-opening",
      kind,
      "to be let in where a page is opened",
      request("/", [`Cookie: ${cookie}`, ...opening]),
      ["sign-out"],
      plainControl,
    ),
  ),
  refusedAlways(
    "cookie-in-query",
    "session",
    "a session where cookies aren't",
    request("/healthz?__Host-gatehouse=x&cookie=y"),
    [401],
  ),
  refusedAlways(
    "session-in-header",
    "Authorization",
    "a session where cookies aren't",
    request("/healthz", ["Authorization: Bearer {signedOut}"]),
    [401],
  ),
];
