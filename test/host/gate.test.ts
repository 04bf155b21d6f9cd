/** The gate on a whole host: nginx, oauth2-proxy, redis and the editor behind them. */
import assert from "node:assert/strict";
import {
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminUpdateUserAttributesCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { administratorOf, sdkClients } from "../cognito/demoPool.ts";
import { type HostLab, startHostLab } from "../lab/host/hostLab.ts";
import { applyGate, GateVisitor, navigation, sessionCookie, signInAtGate } from "./gateSession.ts";
import { hostileRequests } from "./hostile/list.ts";
import { guardedLocations } from "./hostile/locations.ts";
import { overwritings, previewedPort, startPreviewed, tryToStay } from "./hostile/previewed.ts";
import { marker, type Values } from "./hostile/request.ts";
import { type Failure, sendAsStranger, sendControls } from "./hostile/run.ts";
import { hostileValues } from "./hostile/values.ts";
import { until } from "./page.ts";

const program = { headers: { "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin" } };
const nginxFolder = "/etc/gatehouse/nginx";

describe("the gate", () => {
  let lab: HostLab;
  let values: Values;
  let alice: GateVisitor;

  before(async function () {
    this.timeout(30 * 60_000);
    lab = await startHostLab({ progress: (line) => console.error(`      ${line}`) });
    const hostFile = JSON.parse((await lab.run(["cat", "/etc/gatehouse/host.json"])).stdout) as { user: string };
    const file = await startPreviewed(lab, hostFile.user);
    const secret = (await lab.run(["base64", "/etc/gatehouse/secrets/cookie-secret"])).stdout;
    values = await hostileValues({
      gate: lab,
      login: lab.pool.domain,
      user: lab.pool.enrolled,
      cookieSecret: Buffer.from(secret, "base64"),
      file,
      port: previewedPort,
    });
    alice = new GateVisitor(lab);
    alice.session = values.session.slice(sessionCookie.length + 1);
  });
  after(async () => {
    await lab?.close();
  });

  const told = (failures: readonly Failure[]) =>
    failures.map(({ as, kind, name, saw }) => `${as} ${kind} ${name}: ${saw}`).join("\n");
  const journal = async (...which: string[]) =>
    (await lab.run(["journalctl", "--no-pager", "-o", "cat", ...which])).stdout;

  it("has at least forty kinds of hostile requests to withstand", () => {
    assert.ok(new Set(hostileRequests.map(({ kind }) => kind)).size >= 40);
    const names = hostileRequests.map(({ kind, name }) => `${kind}/${name}`);
    assert.deepEqual(names.length, new Set(names).size);
  });

  it("lets none of them in, and each one's control with a session", async () => {
    assert.equal(told(await sendAsStranger(lab, hostileRequests, values)), "");
    assert.equal(told(await sendControls(lab, hostileRequests, values)), "");
  });

  it("is found open where one location has lost its auth_request", async () => {
    const path = `${nginxFolder}/server.conf`;
    const original = (await lab.run(["cat", path])).stdout;
    const places = guardedLocations(original);
    assert.equal(places.length, 4, places.join("\n"));
    const use = async (text: string) => {
      await lab.run(["tee", path], { input: text });
      await lab.run(["systemctl", "reload", "gatehouse-nginx"]);
    };
    // Enough of the list for each place; the reload is over when it shows.
    const list = hostileRequests.filter(({ kind }) =>
      ["health", "static-file", "preview", "agent-callback"].includes(kind),
    );
    try {
      for (const place of places) {
        await use(original.replace(place, `${place}\nauth_request off;`));
        await until(`the list to fail without auth_request in ${place.trim()}`, async () => {
          return (await sendAsStranger(lab, list, values)).length > 0;
        });
      }
    } finally {
      await use(original);
    }
    await until("the list to pass again", async () => (await sendAsStranger(lab, list, values)).length === 0);
  });

  it("takes a person through the sign-in to the very address, in their language's pages", async () => {
    const visitor = new GateVisitor(lab);
    const address = `/proxy/${previewedPort}/a%20b?folder=/x&y=//2&z=%26#`;
    const end = await visitor.typeCredentials(await visitor.visit(address), lab.pool.enrolled);
    assert.equal(end.url.href, new URL(`${lab.origin}${address}`).href.replace(/#$/, ""));
    assert.match(end.text, new RegExp(marker));
    const login = await new GateVisitor(lab).open("/", { headers: { "Accept-Language": "ja-JP" } });
    assert.equal(login.location?.searchParams.get("lang"), "ja");
    const japanese = await visitor.open("/oauth2/callback?error=x", { headers: { "Accept-Language": "ja,en;q=0.8" } });
    assert.match(japanese.text, /<html lang="ja">/);
  });

  it("refuses somebody who isn't on the list, says why, and offers the sign-out that lets them choose another account", async () => {
    const eve = new GateVisitor(lab);
    const refused = await eve.typeCredentials(await eve.visit("/"), lab.pool.refused);
    assert.equal(refused.status, 403);
    assert.match(refused.text, /account that you signed in with is not allowed/);
    assert.match(refused.text, /href="\/oauth2\/sign_out"/);
    assert.doesNotMatch(refused.text, /<script/);
    assert.match(String(refused.headers["content-security-policy"]), /default-src 'none'/);
    assert.equal(eve.session, undefined);
    const again = await eve.visit("/");
    assert.equal(again.status, 403, "Cognito remembers the account");
    const out = await eve.visit("/oauth2/sign_out", { headers: { "Sec-Fetch-Site": "same-origin" } });
    assert.equal(out.url.href, `${lab.origin}/gatehouse/signed-out`);
    assert.match(out.text, /<h1>Signed out<\/h1>/);
    const next = await eve.visit("/");
    assert.equal(next.url.hostname, lab.pool.domain);
    assert.equal(next.url.pathname, "/login");
  });

  it("signs nobody out for another site, and one session only for its own page", async () => {
    const visitor = await signInAtGate(lab, lab.pool.enrolled);
    for (const site of ["cross-site", "same-site"]) {
      const answer = await visitor.open("/oauth2/sign_out", { headers: { "Sec-Fetch-Site": site } });
      assert.equal(answer.status, 403);
    }
    assert.equal((await visitor.open("/healthz", program)).status, 200);
    const copied = visitor.session ?? "";
    await visitor.open("/oauth2/sign_out", { headers: { "Sec-Fetch-Site": "same-origin" } });
    assert.equal(visitor.session, undefined);
    const copy = new GateVisitor(lab);
    copy.session = copied;
    assert.equal((await copy.open("/healthz", program)).status, 401);
    const opened = await copy.open("/");
    assert.equal(opened.location?.host, lab.pool.domain);
    assert.equal(opened.location?.pathname, "/logout");
    assert.equal((await alice.open("/healthz", program)).status, 200);
  });

  it("takes nobody for signed out while the session store is away", async () => {
    await lab.run(["systemctl", "stop", "gatehouse-redis"]);
    try {
      const asked = { "/": navigation, "/healthz": program.headers, "/gatehouse/signed-out": navigation };
      await Promise.all(
        Object.entries(asked).map(async ([path, headers]) => {
          const answer = await alice.open(path, { headers });
          assert.equal(answer.status, 503, path);
          assert.equal(answer.headers["set-cookie"], undefined, path);
          assert.match(answer.text, /You are not signed out/);
        }),
      );
    } finally {
      await lab.run(["systemctl", "start", "gatehouse-redis"]);
    }
    assert.equal((await alice.open("/healthz", program)).status, 200);
  });

  it("answers through a killed session store, and finds the session again", async () => {
    for (let round = 0; round < 3; round++) {
      await lab.run(["systemctl", "kill", "--signal=KILL", "gatehouse-redis"]);
      const answers = await Promise.all(Array.from({ length: 5 }, () => alice.open("/healthz", program)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200, 200],
      );
    }
  });

  it("says which of its parts is away, and signs nobody out for it", async () => {
    const parts = {
      "gatehouse-oauth2-proxy": [503, /You are not signed out/],
      "gatehouse-code-server": [502, /editor is starting/],
    } as const;
    for (const [unit, [status, text]] of Object.entries(parts)) {
      await lab.run(["systemctl", "stop", unit]);
      try {
        const answer = await alice.open("/");
        assert.equal(answer.status, status);
        assert.match(answer.text, text);
        assert.equal(answer.headers["set-cookie"], undefined);
        assert.equal(answer.headers["retry-after"], "5");
        assert.equal((await new GateVisitor(lab).open("/healthz", program)).status, status === 503 ? 503 : 401);
      } finally {
        await lab.run(["systemctl", "start", unit]);
      }
      await until(`${unit} to be back`, async () => (await alice.open("/healthz", program)).status === 200);
    }
  });

  it("keeps the gate's cookies and what says who somebody is from the editor, and from applications", async () => {
    const cookie = `a=1; ${values.pending}; ${values.session}; ${values.pending.replace("_csrf", "2_csrf")}; b=2`;
    const spoofed = {
      "X-Forwarded-User": "eve",
      "X-Auth-Request-Email": "eve",
      Forwarded: "for=eve",
      Authorization: "Bearer eve",
    };
    const answer = await new GateVisitor(lab).open(`/proxy/${previewedPort}/`, {
      headers: { Cookie: cookie, ...spoofed, ...program.headers },
    });
    assert.equal(answer.status, 200);
    const seen = JSON.parse(answer.text.slice(marker.length)) as Record<string, string>;
    assert.equal(seen["cookie"], "a=1; b=2");
    assert.equal(seen["host"], values.host);
    assert.doesNotMatch(answer.text, /eve|__Host-gatehouse/);
  });

  it("lets no application stay in the browser", async () => {
    const answer = await alice.open(`/proxy/${previewedPort}/stay`);
    assert.equal(answer.status, 200);
    for (const name of ["service-worker-allowed", "clear-site-data", "x-gatehouse-email", "x-accel-redirect"]) {
      assert.equal(answer.headers[name], undefined, name);
    }
    assert.equal(answer.headers["strict-transport-security"], "max-age=63072000");
    const lines = (answer.headers["set-cookie"] ?? []).filter((line) => /gatehouse/i.test(line));
    assert.ok(lines.pop()?.startsWith(`${sessionCookie}=${alice.session}; `), "the last one counts");
    for (const line of lines) assert.doesNotMatch(line, /; secure/i, "browsers refuse __Host- without Secure");
    const { cookies, registrations, sessions } = await tryToStay(lab, alice.session ?? "");
    assert.deepEqual(
      sessions,
      overwritings.map((each) => [each, alice.session]),
    );
    assert.equal(cookies[sessionCookie], alice.session);
    assert.deepEqual(
      Object.keys(cookies).filter((name) => /gatehouse/i.test(name)),
      [sessionCookie],
    );
    for (const { script, scope, outcome } of registrations)
      assert.notEqual(outcome, "registered", `${script} for ${scope}`);
  });

  it("lets a browser that is full of an application's cookies get to the editor", async () => {
    const cookies = Array.from({ length: 7 }, (_, index) => `large${index}=${"x".repeat(4000)}`).join("; ");
    const crowded = { ...program.headers, Cookie: `${cookies}; ${values.session}; vscode.nls.locale=ja` };
    assert.equal((await new GateVisitor(lab).open("/healthz", { headers: crowded })).status, 200);
    const page = await new GateVisitor(lab).open("/?folder=/", { headers: { ...navigation, Cookie: crowded.Cookie } });
    assert.equal(page.status, 200);
  });

  it("gives every answer the headers that protect the editor's page", async () => {
    for (const path of ["/", "/healthz", "/gatehouse/signed-out", `/proxy/${previewedPort}/`]) {
      const { headers } = await alice.open(path);
      assert.match(String(headers["strict-transport-security"]), /max-age=\d{8}/, path);
      assert.equal(headers["x-content-type-options"], "nosniff", path);
      assert.equal(headers["x-frame-options"], "SAMEORIGIN", path);
      assert.match(String(headers["content-security-policy"]), /frame-ancestors 'self'/, path);
      assert.equal(headers["referrer-policy"], "same-origin", path);
    }
    assert.equal((await alice.open("/?folder=/")).headers["cache-control"], "no-store");
  });

  it("logs who asked for what, and no code, state or cookie", async () => {
    await alice.open("/oauth2/callback?code=SEEN-CODE&state=SEEN-STATE");
    await alice.open("/gatehouse/callback?code=SEEN-CODE&state=SEEN-STATE");
    await alice.open("/healthz?logged=no");
    await alice.open("/manifest.json?logged=yes");
    const person = `"person":"${lab.pool.enrolled.username}","request":"GET /manifest.json?logged=yes HTTP/1.1"`;
    await until("the log", async () => (await journal("-t", "gatehouse")).includes(person));
    assert.ok(!(await journal("-t", "gatehouse")).includes("logged=no"), "a healthy answer is worth no line");
    const all = await journal("-u", "gatehouse-nginx", "-u", "gatehouse-oauth2-proxy", "-u", "gatehouse-redis");
    assert.match(all, /gatehouse|Authenticated/);
    for (const text of [all, await journal("-t", "gatehouse")]) {
      assert.doesNotMatch(text, /SEEN-CODE|SEEN-STATE/);
      assert.ok(!text.includes(values.session.slice(sessionCookie.length + 1)));
    }
  });

  it("limits how often the sign-in is asked for, and nothing else", async () => {
    const times = <T>(count: number, ask: () => Promise<T>) => Promise.all(Array.from({ length: count }, ask));
    const begun = await times(250, () => new GateVisitor(lab).open("/oauth2/start"));
    const statuses = new Set(begun.map(({ status }) => status));
    assert.deepEqual([...statuses].sort(), [302, 429]);
    const asked = await times(250, () => alice.open("/healthz", program));
    assert.deepEqual([...new Set(asked.map(({ status }) => status))], [200]);
    await until("the limit to be over", async () => (await new GateVisitor(lab).open("/oauth2/start")).status === 302);
  });

  it("refuses somebody on the list who is in no allowed group, and somebody who was taken from it", async () => {
    const { enrolled, refused } = lab.pool;
    const restore = await applyGate(lab, {
      allowedEmails: [enrolled.username, refused.username],
      allowedGroups: ["developers"],
    });
    try {
      assert.equal((await alice.open("/healthz", program)).status, 200);
      const eve = new GateVisitor(lab);
      assert.equal((await eve.typeCredentials(await eve.visit("/"), refused)).status, 403);
      assert.equal(eve.session, undefined);
      await applyGate(lab, { allowedEmails: [refused.username], allowedGroups: [] });
      assert.equal((await alice.open("/healthz", program)).status, 401);
      assert.equal((await eve.visit("/healthz")).status, 200);
    } finally {
      await restore();
    }
  });

  it("takes an address that isn't verified only where host.json says so", async () => {
    const { refused, region, userPoolId: UserPoolId } = lab.pool;
    const { userPools } = sdkClients(lab.cognitoEndpoint, region, await administratorOf(lab.cognitoEndpoint));
    const UserAttributes = [{ Name: "email_verified", Value: "false" }];
    await userPools.send(
      new AdminUpdateUserAttributesCommand({ UserPoolId, Username: refused.username, UserAttributes }),
    );
    const restore = await applyGate(lab, { allowedEmails: [refused.username], allowedGroups: [] });
    try {
      const eve = new GateVisitor(lab);
      const failed = await eve.typeCredentials(await eve.visit("/healthz"), refused);
      assert.equal(failed.status, 500);
      assert.match(failed.text, /has to be verified/);
      assert.equal(eve.session, undefined);
      await applyGate(lab, { allowedEmails: [refused.username], allowedGroups: [], unverifiedEmail: true });
      assert.equal((await eve.visit("/healthz")).status, 200);
    } finally {
      await restore();
    }
  });

  it("asks Cognito again at each refresh, and then lets go whoever was disabled there", async () => {
    const { refused, region, userPoolId: UserPoolId } = lab.pool;
    const { userPools } = sdkClients(lab.cognitoEndpoint, region, await administratorOf(lab.cognitoEndpoint));
    const gate = { allowedEmails: [refused.username], allowedGroups: [], unverifiedEmail: true };
    const restore = await applyGate(lab, gate);
    const status = async (visitor: GateVisitor) => (await visitor.open("/healthz", program)).status;
    const person = { UserPoolId, Username: refused.username };
    try {
      // host.json takes minutes.
      const often = 's/^cookie_refresh = .*/cookie_refresh = "1s"/';
      await lab.run(["sed", "-i", often, "/etc/gatehouse/oauth2-proxy.cfg"]);
      await lab.run(["systemctl", "restart", "gatehouse-oauth2-proxy"]);
      await until("the gate", async () => (await status(new GateVisitor(lab))) === 401);
      const eve = await signInAtGate(lab, refused);
      await until("a refresh", async () => {
        assert.equal(await status(eve), 200);
        return (await journal("-u", "gatehouse-oauth2-proxy")).includes("Refreshing session");
      });
      assert.equal(await status(eve), 200);
      await userPools.send(new AdminDisableUserCommand(person));
      await until("the end of the session", async () => (await status(eve)) === 401);
      await userPools.send(new AdminEnableUserCommand(person));
      assert.equal(await status(eve), 401);
    } finally {
      await userPools.send(new AdminEnableUserCommand(person));
      await restore();
    }
  });
});
