import assert from "node:assert/strict";
import {
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminResetUserPasswordCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { respond, signInBySrp } from "../cognito/srpSignIn.ts";
import { totp } from "../cognito/totp.ts";
import { type Emulator, email, enrol, password, startEmulator } from "./emulator.ts";
import { alertOf, authorizePath, createSite, type Page, type Site, Visitor } from "./managedLoginSite.ts";

describe("managed login's pages after the password", () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.stop());

  const code = async (secret: string, offset = 0) => totp(secret, (await emulator.now()) + offset);
  const hasCode = (page: Page) => page.location?.searchParams.has("code") === true;
  const keyOf = (page: Page) => /<code class="key">([A-Z2-7]+)</.exec(page.text)?.[1] ?? "";
  const enrolledSite = async () => {
    const site = await createSite(emulator, { mfa: "ON", client: { ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH"] } });
    const { secret } = await enrol(emulator, site);
    return { site, secret };
  };
  /** Carol in front of the code page. */
  const atCodePage = async (site: Site) => {
    const carol = new Visitor(emulator, site);
    const page = await carol.signIn(authorizePath(site));
    assert.match(page.path, /^\/mfa\?/);
    return { carol, page };
  };

  it("enrol an authenticator where the pool demands one, and ask for its code from then on", async () => {
    const site = await createSite(emulator, { mfa: "ON" });
    const carol = new Visitor(emulator, site);
    const page = await carol.signIn(authorizePath(site));
    assert.match(page.path, /^\/mfa\/register\/soft-token\?/);
    assert.match(page.text, /<svg class="qr" role="img"/);
    const secret = keyOf(page);
    assert.match(secret, /^[A-Z2-7]{52}$/);
    const wrong = await carol.submit(page, { authentication_code: await code(secret, 300_000) });
    assert.equal(alertOf(wrong), "Invalid code or auth state for the user.");
    assert.equal(keyOf(wrong), secret);
    assert.ok(hasCode(await carol.submit(wrong, { authentication_code: await code(secret) })));
    const again = new Visitor(emulator, site);
    assert.match((await again.signIn(authorizePath(site))).path, /^\/mfa\?/);
  });

  it("refuse a wrong code, an old one and a used one, and let the person try again", async () => {
    const { site, secret } = await enrolledSite();
    const { carol, page } = await atCodePage(site);
    const right = await code(secret);
    for (const [value, message] of [
      [right === "000000" ? "000001" : "000000", "Invalid code or auth state for the user."],
      [await code(secret, -90_000), "Invalid code or auth state for the user."],
      ["", "Invalid code or auth state for the user."],
      // Used to enrol.
      [await code(secret, -30_000), "Your software token has already been used once."],
    ] as const) {
      assert.equal(alertOf(await carol.submit(page, { authentication_code: value })), message);
    }
    assert.ok(hasCode(await carol.submit(page, { authentication_code: right })));
    const second = await atCodePage(site);
    const replayed = await second.carol.submit(second.page, { authentication_code: right });
    assert.equal(alertOf(replayed), "Your software token has already been used once.");
  });

  it("take no code that the API has taken, and the API none that they have", async () => {
    const { site, secret } = await enrolledSite();
    const atApi = async (value: string) => {
      const { Session } = await signInBySrp(emulator.userPools, site, email, password);
      const answer = { SOFTWARE_TOKEN_MFA_CODE: value };
      return respond(emulator.userPools, site, "SOFTWARE_TOKEN_MFA", Session, email, answer);
    };
    const first = await code(secret);
    const { carol, page } = await atCodePage(site);
    assert.ok(hasCode(await carol.submit(page, { authentication_code: first })));
    await assert.rejects(atApi(first), { name: "ExpiredCodeException" });
    const next = await code(secret, 30_000);
    assert.ok((await atApi(next)).AuthenticationResult);
    const again = await atCodePage(site);
    const refused = await again.carol.submit(again.page, { authentication_code: next });
    assert.equal(alertOf(refused), "Your software token has already been used once.");
  });

  it("begin anew when the session string has expired", async () => {
    const { site, secret } = await enrolledSite();
    const { carol, page } = await atCodePage(site);
    await emulator.advance(180);
    const late = await carol.submit(page, { authentication_code: await code(secret) });
    assert.equal(alertOf(late), "Your session has expired. Please sign in again.");
    assert.match(late.text, /name="password"/);
  });

  it("are nobody's without the browser that passed the password, nor another client's or page's", async () => {
    const { site, secret } = await enrolledSite();
    const { carol, page } = await atCodePage(site);
    const stranger = new Visitor(emulator, site);
    assert.match((await stranger.visit(page.path)).path, /^\/login\?/);
    stranger.cookies.set("XSRF-TOKEN", carol.cookies.get("XSRF-TOKEN") ?? "");
    const refused = await stranger.submit(page, { authentication_code: await code(secret) });
    assert.equal(alertOf(refused), "Your session has expired. Please sign in again.");
    assert.match((await carol.visit(page.path.replace("/mfa?", "/changePassword?"))).path, /^\/login\?/);
  });

  it("change a temporary password by the pool's policy, and then ask for what else the pool wants", async () => {
    const site = await createSite(emulator, { mfa: "ON" });
    const dora = "dora@example.com";
    await emulator.userPools.send(
      new AdminCreateUserCommand({
        UserPoolId: site.userPoolId,
        Username: dora,
        TemporaryPassword: "Temporary-1",
        MessageAction: "SUPPRESS",
      }),
    );
    const visitor = new Visitor(emulator, site);
    const page = await visitor.signIn(authorizePath(site), dora, "Temporary-1");
    assert.match(page.path, /^\/changePassword\?/);
    const change = (first: string, second = first) =>
      visitor.submit(page, { new_password: first, confirm_password: second });
    assert.equal(alertOf(await change("Permanent-22", "Permanent-23")), "The passwords do not match.");
    assert.equal(alertOf(await change("Short-1")), "Password not long enough");
    assert.equal(alertOf(await change("no-capital-1")), "Password must have uppercase characters");
    const enrolment = await change("Permanent-22");
    assert.match(enrolment.path, /^\/mfa\/register\/soft-token\?/);
    const secret = keyOf(enrolment);
    assert.ok(hasCode(await visitor.submit(enrolment, { authentication_code: await code(secret) })));
    const { ChallengeName } = await signInBySrp(emulator.userPools, site, dora, "Permanent-22");
    assert.equal(ChallengeName, "SOFTWARE_TOKEN_MFA");
  });

  it("say why somebody can't sign in, in English and in Japanese", async () => {
    const site = await createSite(emulator);
    const { userPoolId: UserPoolId } = site;
    const why = async (username = email, secret = password, lang = "en") =>
      alertOf(await new Visitor(emulator, site).signIn(authorizePath(site, { lang }), username, secret));
    assert.equal(await why(email, "wrong"), "Incorrect username or password.");
    assert.equal(await why("nobody@example.com"), "Incorrect username or password.");
    assert.equal(await why(email, "wrong", "ja"), "ユーザー名またはパスワードが正しくありません。");
    await emulator.userPools.send(new AdminDisableUserCommand({ UserPoolId, Username: email }));
    assert.equal(await why(), "User is disabled.");
    assert.equal(await why(email, password, "ja"), "このユーザーは無効になっています。");
    await emulator.userPools.send(new AdminEnableUserCommand({ UserPoolId, Username: email }));
    await emulator.userPools.send(new AdminResetUserPasswordCommand({ UserPoolId, Username: email }));
    assert.equal(await why(), "Password reset required for the user");
  });

  it("share the lock-out of wrong passwords with the API", async () => {
    const site = await createSite(emulator);
    const why = async (secret: string) =>
      alertOf(await new Visitor(emulator, site).signIn(authorizePath(site), email, secret));
    for (let attempt = 0; attempt < 5; attempt++) assert.equal(await why("wrong"), "Incorrect username or password.");
    assert.equal(await why(password), "Password attempts exceeded");
    await assert.rejects(signInBySrp(emulator.userPools, site, email, password), {
      message: "Password attempts exceeded",
    });
    await emulator.advance(1);
    assert.equal(await why(password), undefined);
  });

  it("refuse a form that was not sent from the page", async () => {
    const site = await createSite(emulator);
    const carol = new Visitor(emulator, site);
    const login = authorizePath(site, {}, "/login");
    await carol.visit(login);
    const own = carol.cookies.get("XSRF-TOKEN") ?? "";
    for (const [cookie, field] of [
      [own, undefined],
      [own, "A".repeat(43)],
      ["", ""],
      ["", own],
    ] as const) {
      carol.cookies.set("XSRF-TOKEN", cookie);
      const fields = { username: email, password, ...(field === undefined ? {} : { _csrf: field }) };
      assert.equal((await carol.open(login, fields)).status, 403);
    }
    assert.equal(carol.cookies.has("cognito"), false);
  });

  it("keep what was typed or asked for from becoming markup", async () => {
    const site = await createSite(emulator);
    const carol = new Visitor(emulator, site);
    const nasty = `"><script>alert(1)</script>`;
    const page = await carol.signIn(authorizePath(site, { state: nasty }), nasty, "wrong");
    const error = await carol.open(`/error?error=${encodeURIComponent(nasty)}`);
    for (const { text, headers } of [page, error]) {
      assert.doesNotMatch(text, /<script/);
      assert.match(String(headers["content-security-policy"]), /^default-src 'none'; style-src 'sha256-/);
    }
  });

  it("speak the language that was asked for, and remember it", async () => {
    const site = await createSite(emulator);
    const carol = new Visitor(emulator, site);
    assert.match((await carol.visit(authorizePath(site))).text, /<html lang="en">[\s\S]*<h1>Sign in</);
    assert.match(
      (await carol.visit(authorizePath(site, { lang: "ja" }))).text,
      /<html lang="ja">[\s\S]*<h1>サインイン</,
    );
    assert.match((await carol.visit(authorizePath(site))).text, /<html lang="ja">/);
    assert.match((await carol.visit(authorizePath(site, { lang: "en" }))).text, /<html lang="en">/);
  });
});
