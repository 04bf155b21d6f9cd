import assert from "node:assert/strict";
import type { BrowserSignIn } from "../../../src/agent/protocol.ts";
import type { CognitoConfiguration } from "../../../src/core/cognito/configuration.ts";
import { addBranding, addDomain, oauthSettings } from "../../cognito/managedLogin/setUp.ts";
import { Visitor } from "../../cognitoProof/managedLoginSite.ts";
import { brief, type Emulated, startEmulated } from "../core/cognito/emulated.ts";
import { createGateRig, type GateRig, gateCallback } from "./gateRig.ts";

const password = "Correct-Horse-7";
const alice = "alice@example.com";
const bob = "bob@example.com";
let prefixes = 0;

/** Gives a pool managed login at an address of this machine. */
async function withDomain(emulated: Emulated, configuration: CognitoConfiguration): Promise<CognitoConfiguration> {
  const prefix = `gate-${process.pid}-${++prefixes}`;
  await addDomain(emulated.userPools, configuration.userPoolId, prefix);
  await addBranding(emulated.userPools, configuration.userPoolId, configuration.clientId);
  return { ...configuration, domain: `${prefix}.localhost:${new URL(emulated.endpoint).port}` };
}

describe("sign-in by browser at the gate", function () {
  this.timeout(30_000);
  let emulated: Emulated;
  let pool: CognitoConfiguration;
  let rig: GateRig;
  const owner = {};
  const patient = new AbortController().signal;

  before(async () => {
    emulated = await startEmulated();
    const client = { ...oauthSettings, CallbackURLs: [gateCallback] };
    pool = await withDomain(emulated, await emulated.pool({ UsernameAttributes: ["email"] }, client));
    for (const username of [alice, bob]) await user(pool, username);
  });

  after(() => emulated.stop());

  beforeEach(async () => {
    rig = await createGateRig(pool);
  });

  afterEach(() => rig.dispose());

  async function user({ userPoolId }: CognitoConfiguration, username: string, verified = true): Promise<void> {
    const { AdminCreateUserCommand, AdminSetUserPasswordCommand } = await import(
      "@aws-sdk/client-cognito-identity-provider"
    );
    const UserAttributes = [
      { Name: "email", Value: username },
      ...(verified ? [{ Name: "email_verified", Value: "true" }] : []),
    ];
    const target = { UserPoolId: userPoolId, Username: username };
    await emulated.userPools.send(new AdminCreateUserCommand({ ...target, UserAttributes, MessageAction: "SUPPRESS" }));
    const permanent = { ...target, Password: password, Permanent: true };
    await emulated.userPools.send(new AdminSetUserPasswordCommand(permanent));
  }

  const visitor = ({ domain = "" } = pool) => new Visitor(emulated, { host: domain });

  /** Signs in at managed login; answers path and query of where the browser is sent. */
  async function signInAt(url: string, username = alice, browser = visitor()): Promise<string> {
    const { pathname, search } = new URL(url);
    const { location } = await browser.signIn(pathname + search, username, password);
    assert.equal(`${location?.origin}${location?.pathname}`, gateCallback);
    return `${location?.pathname}${location?.search}`;
  }

  const start = (language?: "en" | "ja", who: object = owner): Promise<BrowserSignIn> =>
    rig.browser.start(who, language, patient);
  const result = ({ flow }: BrowserSignIn, who: object = owner) => rig.browser.wait(who, flow, patient);

  async function failure(begun: BrowserSignIn): Promise<string> {
    const step = await result(begun);
    assert.ok(step.state === "failed", JSON.stringify(step));
    const { detail } = step.problem.params ?? {};
    return detail === undefined ? step.problem.code : `${step.problem.code} ${detail}`;
  }

  /** Alice is signed in; answers how to see that nothing has happened to that. */
  async function signedIn(): Promise<() => Promise<void>> {
    const begun = await start();
    await rig.open(await signInAt(begun.url), alice);
    const step = await result(begun);
    assert.ok(step.state === "signedIn", JSON.stringify(step));
    const before = rig.session.view();
    assert.ok(before.state === "signedIn");
    return async () => {
      const now = rig.session.view();
      assert.ok(now.state === "signedIn" && now.id === before.id && now.email === alice);
      assert.equal(await rig.isRevoked(0), false);
    };
  }

  it("asks managed login for a code, with PKCE, state and nonce of 256 bits", async () => {
    const { url, expiresAt } = await start("ja");
    const other = await start();
    const { origin, pathname, searchParams } = new URL(url);
    assert.equal(`${origin}${pathname}`, `http://${pool.domain}/oauth2/authorize`);
    const { state, nonce, code_challenge, ...rest } = Object.fromEntries(searchParams);
    assert.deepEqual(rest, {
      response_type: "code",
      client_id: pool.clientId,
      redirect_uri: gateCallback,
      scope: "openid email",
      code_challenge_method: "S256",
      lang: "ja",
    });
    for (const [name, value] of Object.entries({ state, nonce, code_challenge })) {
      assert.match(value ?? "", /^[\w-]{43}$/);
      assert.notEqual(new URL(other.url).searchParams.get(name), value);
    }
    assert.equal(new URL(other.url).searchParams.get("lang"), null);
    assert.equal(expiresAt - rig.clock.now(), 600_000);
  });

  it("signs in with the second factor and fetches keys, and without typing the next time", async () => {
    await rig.dispose();
    const client = { ...oauthSettings, CallbackURLs: [gateCallback] };
    const demo = await emulated.demoPool({ terminalClient: client });
    const configuration = await withDomain(emulated, demo.configuration);
    rig = await createGateRig(configuration);
    const { username, totpSecret } = demo.enrolled;
    const browser = visitor(configuration);
    const begun = await start("ja");
    const { pathname, search } = new URL(begun.url);
    const asked = await browser.signIn(pathname + search, username, demo.enrolled.password);
    const code = await emulated.freshCode(totpSecret);
    const { location } = await browser.submit(asked, { authentication_code: code });
    // The gate writes it in another case.
    const page = await rig.open(`${location?.pathname}${location?.search}`, username.toUpperCase());
    assert.equal(page.status, 200, page.text);
    assert.match(page.text, /<html lang="ja">[\s\S]*サインインが完了しました/);
    const step = await result(begun);
    assert.ok(step.state === "signedIn" && step.session.state === "signedIn");
    assert.equal(step.session.credentials.state, "ready");
    assert.equal(step.session.role?.arn, demo.roles.developer);

    const again = await start();
    const next = new URL(again.url);
    const back = await browser.open(next.pathname + next.search);
    assert.equal((await rig.open(`${back.location?.pathname}${back.location?.search}`, username)).status, 200);
    assert.equal((await result(again)).state, "signedIn");
    assert.equal(await rig.isRevoked(0), true, "the session before is revoked");
    assert.equal(rig.browser.pending(), 0);
  });

  it("answers a page that loads nothing, tells nothing and is kept nowhere", async () => {
    const begun = await start();
    const path = await signInAt(begun.url);
    const page = await rig.open(path, alice, { "Accept-Language": "ja" });
    const { headers, text } = page;
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["content-type"], "text/html; charset=utf-8");
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; base-uri 'none'; form-action 'none'/);
    const { createHash } = await import("node:crypto");
    const style = /<style>([^<]*)<\/style>/.exec(text)?.[1] ?? "";
    assert.ok(policy.includes(createHash("sha256").update(style).digest("base64")));
    assert.doesNotMatch(text, /<script|<img|<link|<a |https?:/);
    for (const value of new URL(path, gateCallback).searchParams.values()) assert.ok(!text.includes(value));
    // It was begun in no language, so the browser's counts.
    assert.match(text, /<html lang="ja">/);
  });

  it("refuses a wrong state, and goes on waiting for the right one", async () => {
    const unchanged = await signedIn();
    const begun = await start();
    const path = await signInAt(begun.url);
    const wrong = new URL(path, gateCallback);
    for (const state of ["", "x", `${wrong.searchParams.get("state")}x`, "A".repeat(43)]) {
      wrong.searchParams.set("state", state);
      const page = await rig.open(`${wrong.pathname}${wrong.search}`, alice);
      assert.equal(page.status, 400);
      assert.match(page.text, /no longer waiting/);
    }
    assert.equal(rig.redeemed.length, 1, "the code was not used");
    await unchanged();
    assert.equal((await rig.open(path, alice)).status, 200);
  });

  it("takes a state once, whatever came of it", async () => {
    const unchanged = await signedIn();
    const begun = await start();
    const path = await signInAt(begun.url);
    const { searchParams } = new URL(path, gateCallback);
    const empty = `/gatehouse/callback?state=${searchParams.get("state")}`;
    assert.equal((await rig.open(empty, alice)).status, 400);
    assert.equal(await failure(begun), "signInRefused no code");
    for (const second of [empty, path]) {
      const page = await rig.open(second, alice);
      assert.equal(page.status, 400);
      assert.match(page.text, /no longer waiting/);
    }
    await unchanged();
    assert.equal(rig.redeemed.length, 1);
  });

  it("takes a state once, also while Cognito answers", async () => {
    const begun = await start();
    const path = await signInAt(begun.url);
    let release = (): void => {};
    rig.hold.until = new Promise((resolve) => {
      release = resolve;
    });
    const first = rig.open(path, alice);
    while (rig.redeemed.length < 1) await new Promise((resolve) => setImmediate(resolve));
    const state = new URL(begun.url).searchParams.get("state");
    const second = await rig.open(`/gatehouse/callback?error=access_denied&state=${state}`, alice);
    assert.match(second.text, /no longer waiting/);
    release();
    assert.equal((await first).status, 200);
    assert.equal((await result(begun)).state, "signedIn");
  });

  it("refuses the second use of a callback that signed in", async () => {
    const begun = await start();
    const path = await signInAt(begun.url);
    const first = await Promise.all([rig.open(path, alice), rig.open(path, alice)]);
    assert.deepEqual(first.map(({ status }) => status).sort(), [200, 400]);
    assert.equal((await rig.open(path, alice)).status, 400);
    assert.equal((await result(begun)).state, "signedIn");
    assert.equal(rig.session.view().state, "signedIn");
    assert.equal(await rig.isRevoked(), false);
  });

  it("replaces a sign-in by the next, whoever begins it, and refuses the old state", async () => {
    const other = {};
    const first = await start();
    const old = await signInAt(first.url);
    const second = await start("en", other);
    assert.equal(await failure(first), "browserSignInReplaced");
    assert.equal((await rig.open(old, alice)).status, 400);
    assert.equal(rig.redeemed.length, 0);
    assert.equal(rig.session.view().state, "signedOut");
    assert.equal((await rig.open(await signInAt(second.url), alice)).status, 200);
    assert.equal((await result(second, other)).state, "signedIn");
  });

  it("refuses a code that was got with another verifier", async () => {
    const unchanged = await signedIn();
    const attacker = await start();
    const stolen = new URL(await signInAt(attacker.url, bob), gateCallback).searchParams.get("code");
    const begun = await start();
    const state = new URL(begun.url).searchParams.get("state");
    const page = await rig.open(`/gatehouse/callback?code=${stolen}&state=${state}`, alice);
    assert.equal(page.status, 400);
    assert.equal(await failure(begun), "signInRefused invalid_grant");
    await unchanged();
  });

  it("refuses a code of another client, and one that nobody has given out", async () => {
    const unchanged = await signedIn();
    const { addOAuthClient } = await import("../../cognito/managedLogin/setUp.ts");
    const { clientId } = await addOAuthClient(emulated.userPools, {
      UserPoolId: pool.userPoolId,
      ClientName: "other",
      CallbackURLs: [gateCallback],
    });
    for (const invented of [false, true]) {
      const begun = await start();
      const url = new URL(begun.url);
      url.searchParams.set("client_id", clientId);
      let path = await signInAt(url.href);
      if (invented) path = path.replace(/code=[^&]*/, "code=00000000-0000-4000-8000-000000000000");
      assert.equal((await rig.open(path, alice)).status, 400);
      assert.equal(await failure(begun), "signInRefused invalid_grant");
    }
    await unchanged();
  });

  it("refuses another person than the one at the gate, and revokes what that person got", async () => {
    const unchanged = await signedIn();
    const begun = await start();
    const page = await rig.open(await signInAt(begun.url, bob), alice);
    assert.equal(page.status, 403);
    assert.match(page.text, /another user than the one who opened this editor/);
    assert.equal(await failure(begun), "emailMismatch");
    assert.equal(rig.redeemed.length, 2);
    assert.equal(await rig.isRevoked(1), true);
    await unchanged();
  });

  for (const [what, email] of [
    ["without", undefined],
    ["with an empty", ""],
    ["with more than one", [alice, alice]],
  ] as const) {
    it(`refuses a request ${what} e-mail address of the gate before it uses the code`, async () => {
      const unchanged = await signedIn();
      const begun = await start();
      const page = await rig.open(await signInAt(begun.url), email as string[] | string | undefined);
      assert.equal(page.status, 403);
      assert.equal(await failure(begun), "emailMismatch");
      assert.equal(rig.redeemed.length, 1);
      await unchanged();
    });
  }

  it("refuses an address that is not verified, unless the gate lets it in", async () => {
    const carol = "carol@example.com";
    await user(pool, carol, false);
    const begun = await start();
    assert.equal((await rig.open(await signInAt(begun.url, carol), carol)).status, 400);
    assert.equal(await failure(begun), "signInRefused the e-mail address is not verified");
    assert.equal(await rig.isRevoked(), true);
    await rig.dispose();
    rig = await createGateRig(pool, { unverifiedEmail: true });
    const allowed = await start();
    assert.equal((await rig.open(await signInAt(allowed.url, carol), carol)).status, 200);
  });

  it("hands over what Cognito refuses, and repeats none of it on the page", async () => {
    const unchanged = await signedIn();
    const begun = await start();
    const state = new URL(begun.url).searchParams.get("state");
    const text = encodeURIComponent("Not <b>allowed</b>\nhere \u65e5");
    const page = await rig.open(
      `/gatehouse/callback?error=access_denied&error_description=${text}&state=${state}`,
      alice,
    );
    assert.equal(page.status, 400);
    assert.match(page.text, /Amazon Cognito refused the sign-in\./);
    assert.doesNotMatch(page.text, /allowed|access_denied/);
    assert.equal(await failure(begun), "signInRefused access_denied: Not <b>allowed</b>here ");
    await unchanged();
  });

  it("refuses tokens that were not asked for by this sign-in (nonce), and revokes them", async () => {
    const unchanged = await signedIn();
    const begun = await start();
    const url = new URL(begun.url);
    url.searchParams.set("nonce", "A".repeat(43));
    const page = await rig.open(await signInAt(url.href), alice);
    assert.equal(page.status, 400);
    assert.match(await failure(begun), /^tokenInvalid .*nonce/);
    assert.equal(rig.redeemed.length, 1, "they got no further than the exchange");
    await unchanged();
  });

  it("waits ten minutes, by the timer and by the clock of a machine that slept", async () => {
    const unchanged = await signedIn();
    const first = await start();
    const late = await signInAt(first.url);
    const waiting = failure(first);
    await rig.clock.advance(599_000);
    assert.equal(rig.browser.pending(), 1);
    await rig.clock.advance(1000);
    assert.equal(await waiting, "flowExpired");
    assert.equal(rig.browser.pending(), 0);
    assert.equal((await rig.open(late, alice)).status, 400);

    const second = await start();
    const path = await signInAt(second.url);
    rig.clock.sleep(600_000);
    const page = await rig.open(path, alice);
    assert.equal(page.status, 400);
    assert.match(page.text, /did not come back within 10 minutes/);
    assert.equal(await failure(second), "flowExpired");
    assert.equal(rig.redeemed.length, 1);
    await unchanged();
  });

  for (const [how, giveUp] of [
    ["cancelled", (flow: string) => rig.browser.cancel(owner, flow)],
    ["left behind by its client", () => rig.browser.abandon(owner)],
    ["replaced", () => void start("en", {})],
  ] as const) {
    it(`${how} while Cognito answers, it leaves neither a session nor tokens`, async () => {
      const unchanged = await signedIn();
      const begun = await start();
      const path = await signInAt(begun.url);
      let release = (): void => {};
      rig.hold.until = new Promise((resolve) => {
        release = resolve;
      });
      const waiting = result(begun).then(brief as never, (error: { code: string }) => error.code);
      const answered = rig.open(path, alice);
      while (rig.redeemed.length < 2) await new Promise((resolve) => setImmediate(resolve));
      giveUp(begun.flow);
      release();
      const page = await answered;
      assert.equal(page.status, 400);
      assert.equal(await waiting, how === "replaced" ? "failed browserSignInReplaced" : "cancelled");
      assert.equal(await rig.isRevoked(1), true);
      await unchanged();
    });
  }

  it("is nobody else's to wait for or to cancel, and its result is there once", async () => {
    const begun = await start();
    rig.browser.cancel({}, begun.flow);
    await assert.rejects(result(begun, {}), { code: "flowUnknown" });
    const page = await rig.open(await signInAt(begun.url), alice);
    assert.equal(page.status, 200);
    assert.equal((await result(begun)).state, "signedIn", "it is kept until it is asked for");
    await assert.rejects(result(begun), { code: "flowUnknown" });
    assert.ok(rig.idles() > 0);
  });

  it("ends with the request that waits for it", async () => {
    const begun = await start();
    const path = await signInAt(begun.url);
    const abort = new AbortController();
    const waiting = rig.browser.wait(owner, begun.flow, abort.signal);
    abort.abort();
    await assert.rejects(waiting, { code: "cancelled" });
    assert.equal((await rig.open(path, alice)).status, 400);
    assert.equal(rig.session.view().state, "signedOut");
  });

  it("refuses every other request, and none of them disturbs the one that is waited for", async () => {
    const begun = await start();
    const path = await signInAt(begun.url);
    const query = path.slice(path.indexOf("?"));
    const { searchParams } = new URL(path, gateCallback);
    const refusals: readonly [number, string, string, Record<string, string>?][] = [
      [405, "POST", path],
      [405, "PUT", path],
      [405, "OPTIONS", path],
      [404, "GET", `/${query}`],
      [404, "GET", `/gatehouse/callback/${query}`],
      [404, "GET", `/gatehouse//callback${query}`],
      [404, "GET", `/gatehouse/%63allback${query}`],
      [404, "GET", `https://${new URL(gateCallback).host}${path}`],
      [400, "GET", "/gatehouse/callback"],
      [400, "GET", `${path}&state=x`],
      [400, "GET", `${path}&code=${searchParams.get("code")}`],
      [400, "GET", `${path}&error=a&error=b`],
      [400, "GET", `/gatehouse/callback?code=${searchParams.get("code")}`],
      [400, "GET", path, { "Content-Length": "1" }],
      [414, "GET", `${path}&x=${"x".repeat(9000)}`],
    ];
    for (const [status, method, target, headers] of refusals) {
      const page = await rig.open(target, alice, headers, method);
      assert.equal(page.status, status, `${method} ${target.slice(0, 200)}`);
      assert.ok(!page.text.includes("x".repeat(20)));
    }
    assert.equal((await rig.open(path, alice, {}, "HEAD")).status, 405);
    assert.equal(rig.browser.pending(), 1);
    assert.equal((await rig.open(path, alice)).status, 200);
  });

  it("keeps code, state, verifier and tokens out of its log", async () => {
    const begun = await start();
    const path = await signInAt(begun.url);
    const { searchParams } = new URL(path, gateCallback);
    const secrets = [...searchParams.values()];
    for (const secret of secrets.slice(1)) assert.ok(!rig.redactor.redact(`a ${secret} b`).includes(secret));
    await rig.open(path, alice);
    await result(begun);
    const { tokens } = rig.redeemed[0] ?? assert.fail();
    for (const secret of [...secrets, tokens.idToken, tokens.accessToken, tokens.refreshToken]) {
      assert.ok(!rig.log.lines.join("\n").includes(secret));
    }
    assert.ok(rig.log.lines.some((line) => line.includes("sign-in by browser: done")));
  });
});
