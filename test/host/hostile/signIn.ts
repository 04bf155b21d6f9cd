/** The gate's own addresses: to be sent elsewhere by them, to be let in, or to sign somebody else out. */
import { evenSignedIn, type HostileRequest, opening, refusedAlways, request } from "./request.ts";

/** Spellings of another site's address that redirects have been fooled with. */
const elsewhere = [
  "https://evil.example/",
  "//evil.example/",
  "///evil.example/",
  "/\\evil.example/",
  "\\\\evil.example/",
  "/%2fevil.example/",
  "/%5cevil.example/",
  "/%09/evil.example/",
  "/\t/evil.example/",
  "https:evil.example",
  "https:/evil.example",
  "https://{host}@evil.example/",
  "https://{host}.evil.example/",
  "https://evil.example#{host}",
  "https://evil.example?{host}",
  "https://evil.example\\@{host}/",
  "javascript:alert(1)",
  "data:text/html,x",
  "/..//evil.example/",
  "/.//evil.example",
  "%0d%0aLocation:%20https://evil.example/",
  "https://{login}.evil.example/",
] as const;
const encoded = (text: string) =>
  encodeURIComponent(text).replaceAll("%7Bhost%7D", "{host}").replaceAll("%7Blogin%7D", "{login}");
const sameOrigin = ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];

/** Signing in leads to the sign-in for everybody; the control is that the way back of a real one works. */
const control: HostileRequest["control"] = { raw: request("/?folder=/", opening), expect: [200], shows: true };
const openRedirect = "to be sent to another site by an address of this one";

export const signInRequests: readonly HostileRequest[] = [
  ...elsewhere.flatMap((target) => [
    refusedAlways(
      "rd-of-start",
      target,
      openRedirect,
      request(`/oauth2/start?rd=${encoded(target)}`, opening),
      ["sign-in"],
      control,
    ),
    refusedAlways(
      "rd-of-sign-in",
      target,
      openRedirect,
      request(`/oauth2/sign_in?rd=${encoded(target)}`, opening),
      [302],
      control,
    ),
    refusedAlways(
      "rd-of-sign-out",
      target,
      openRedirect,
      request(`/oauth2/sign_out?rd=${encoded(target)}`, sameOrigin),
      ["sign-out"],
      control,
    ),
  ]),
  refusedAlways(
    "rd-twice",
    "own, then foreign",
    openRedirect,
    request("/oauth2/start?rd=/&rd=https://evil.example/", opening),
    ["sign-in"],
    control,
  ),
  refusedAlways(
    "rd-in-body",
    "start",
    openRedirect,
    request("/oauth2/start", ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 24"], "POST").concat(
      "rd=https://evil.example/x",
    ),
    ["sign-in"],
    control,
  ),
  refusedAlways(
    "rd-in-body",
    "sign-out",
    openRedirect,
    request(
      "/oauth2/sign_out",
      [...sameOrigin, "Content-Type: application/x-www-form-urlencoded", "Content-Length: 24"],
      "POST",
    ).concat("rd=https://evil.example/x"),
    ["sign-out"],
    control,
  ),
  refusedAlways(
    "rd-in-header",
    "X-Auth-Request-Redirect",
    openRedirect,
    request("/oauth2/start", ["X-Auth-Request-Redirect: https://evil.example/"]),
    ["sign-in"],
    control,
  ),
  refusedAlways(
    "redirect-by-path",
    "another host's name",
    openRedirect,
    request("/https://evil.example/", opening),
    ["sign-in"],
    control,
  ),
  refusedAlways(
    "login-parameters",
    "prompt, login_hint, client_id",
    "another sign-in than the gate's",
    request("/oauth2/start?client_id=x&redirect_uri=https://evil.example/&prompt=none&code_challenge=x", opening),
    ["sign-in"],
    control,
  ),
  refusedAlways(
    "callback",
    "nothing",
    "a session without a sign-in",
    request("/oauth2/callback", opening),
    [403, 500],
    control,
  ),
  refusedAlways(
    "callback",
    "a state that nobody began",
    "a session without a sign-in",
    request("/oauth2/callback?code=x&state=AAAA%3A%2F", opening),
    [403, 500],
    control,
  ),
  refusedAlways(
    "callback",
    "another's mark",
    "a sign-in that somebody else began",
    request("/oauth2/callback?code=x&state=eDovLw", ["Cookie: {pending}", ...opening]),
    [403, 500],
    control,
  ),
  refusedAlways(
    "callback",
    "an error with a script",
    "a script in the page",
    request("/oauth2/callback?error=%3Cscript%3Ealert(1)%3C/script%3E", opening),
    [403, 500],
    control,
  ),
  refusedAlways(
    "callback",
    "posted",
    "a session without a sign-in",
    request(
      "/oauth2/callback",
      ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 14"],
      "POST",
    ).concat("code=x&state=y"),
    [403, 500],
    control,
  ),
  ...["cross-site", "same-site"].map((site) =>
    evenSignedIn(
      refusedAlways(
        "sign-out-by-others",
        site,
        "another site signs the person out",
        request("/oauth2/sign_out", [`Sec-Fetch-Site: ${site}`, "Sec-Fetch-Mode: navigate"]),
        [403],
        control,
      ),
    ),
  ),
  evenSignedIn(
    refusedAlways(
      "sign-out-by-others",
      "an image",
      "another site signs the person out",
      request("/oauth2/sign_out", ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"]),
      [403],
      control,
    ),
  ),
  evenSignedIn(
    refusedAlways(
      "sign-out-by-others",
      "no word of where from",
      "another site signs the person out",
      request("/oauth2/sign_out"),
      [403],
      control,
    ),
  ),
  evenSignedIn(
    refusedAlways(
      "sign-out-by-others",
      "a foreign Origin",
      "another site signs the person out",
      request("/oauth2/sign_out", ["Origin: https://evil.example"], "POST"),
      [403],
      control,
    ),
  ),
];
