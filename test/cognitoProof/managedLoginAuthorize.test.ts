import assert from "node:assert/strict";
import { AdminDisableUserCommand, UpdateUserPoolDomainCommand } from "@aws-sdk/client-cognito-identity-provider";
import { type Emulator, email, startEmulator } from "./emulator.ts";
import {
  addClient,
  alertOf,
  authorizePath,
  callback,
  createSite,
  oauthClient,
  type Site,
  signedOut,
  Visitor,
} from "./managedLoginSite.ts";

describe("managed login's authorize, login and logout endpoints", () => {
  let emulator: Emulator;
  let site: Site;
  before(async () => {
    emulator = await startEmulator();
    site = await createSite(emulator);
  });
  after(() => emulator.stop());

  const visitor = () => new Visitor(emulator, site);
  const signedInVisitor = async () => {
    const carol = visitor();
    assert.ok((await carol.signIn(authorizePath(site))).location?.searchParams.has("code"));
    return carol;
  };

  it("lead to the login page with the same parameters, and after the password to the callback with code and state", async () => {
    const carol = visitor();
    const path = authorizePath(site, { state: "a b&c=d/%25", nonce: "n" });
    const first = await carol.open(path);
    assert.equal(first.status, 302);
    assert.equal(first.location?.pathname, "/login");
    assert.equal(first.location?.search, new URL(path, callback).search);
    const page = await carol.signIn(path);
    assert.equal(page.status, 302);
    assert.equal(`${page.location?.origin}${page.location?.pathname}`, callback);
    assert.equal(page.location?.searchParams.get("state"), "a b&c=d/%25");
    assert.match(page.location?.searchParams.get("code") ?? "", /^[0-9a-f-]{36}$/);
  });

  it("redirect nowhere for an unknown client or a redirect URI that differs by one byte", async () => {
    for (const [changes, error] of [
      [{ client_id: "0000000000000000000000000x" }, "invalid_request"],
      [{ client_id: undefined }, "Required String parameter 'client_id' is not present"],
      [{ redirect_uri: undefined }, "Required String parameter 'redirect_uri' is not present"],
      [{ redirect_uri: `${callback}/` }, "redirect_mismatch"],
      [{ redirect_uri: callback.replace("callback", "Callback") }, "redirect_mismatch"],
      [{ redirect_uri: `${callback}?x=1` }, "redirect_mismatch"],
      [{ redirect_uri: callback.replace("https", "http") }, "redirect_mismatch"],
      [{ redirect_uri: "https://evil.example/" }, "redirect_mismatch"],
    ] as const) {
      for (const path of ["/oauth2/authorize", "/login"]) {
        const page = await visitor().visit(authorizePath(site, changes, path));
        assert.equal(page.status, 400);
        assert.match(page.path, /^\/error\?error=/);
        assert.match(page.text, /An error was encountered with the requested page\./);
        assert.equal(alertOf(page), error);
      }
    }
  });

  it("tell the application about every other fault", async () => {
    const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    for (const [changes, error] of [
      [{ response_type: undefined }, "invalid_request"],
      [{ response_type: "id_token" }, "invalid_request"],
      [{ response_type: "token" }, "unauthorized_client"],
      [{ code_challenge: challenge }, "invalid_request"],
      [{ code_challenge: challenge, code_challenge_method: "plain" }, "invalid_request"],
      [{ code_challenge_method: "S256" }, "invalid_request"],
      [{ code_challenge: "short", code_challenge_method: "S256" }, "invalid_request"],
      [{ scope: "openid phone" }, "invalid_scope"],
      [{ scope: "openid nonsense" }, "invalid_scope"],
      [{ scope: "email" }, "invalid_scope"],
    ] as const) {
      const { status, location } = await visitor().open(authorizePath(site, changes));
      assert.equal(status, 302);
      assert.equal(location?.href, `${callback}?error=${error}&state=state-1`);
    }
    const off = await addClient(emulator, site, {
      AllowedOAuthFlowsUserPoolClient: false,
      AllowedOAuthFlows: undefined,
    });
    const refused = await visitor().open(authorizePath(off));
    assert.equal(refused.location?.searchParams.get("error"), "unauthorized_client");
  });

  it("answer a browser with a session without typing, also for another client, for an hour that use does not prolong", async () => {
    const another = await addClient(emulator, site);
    const carol = await signedInVisitor();
    await emulator.advance(3590);
    for (const client of [site, another]) {
      assert.ok((await carol.open(authorizePath(client))).location?.searchParams.has("code"));
    }
    await emulator.advance(10);
    assert.equal((await carol.open(authorizePath(site))).location?.pathname, "/login");
  });

  it("obey prompt=none and prompt=login", async () => {
    const none = authorizePath(site, { prompt: "none" });
    assert.equal((await visitor().open(none)).location?.href, `${callback}?error=login_required&state=state-1`);
    const carol = await signedInVisitor();
    assert.ok((await carol.open(none)).location?.searchParams.has("code"));
    const before = carol.cookies.get("cognito");
    const again = await carol.open(authorizePath(site, { prompt: "login" }));
    assert.equal(again.location?.pathname, "/login");
    assert.equal(carol.cookies.get("cognito"), before);
    assert.ok((await carol.signIn(authorizePath(site, { prompt: "login" }))).location?.searchParams.has("code"));
    assert.notEqual(carol.cookies.get("cognito"), before);
    const both = await carol.open(authorizePath(site, { prompt: "none login" }));
    assert.equal(both.location?.searchParams.get("error"), "invalid_request");
  });

  it("ask again after /logout, which goes to the sign-out URL to the byte", async () => {
    const carol = await signedInVisitor();
    const stolen = carol.cookies.get("cognito") ?? "";
    const logout = (uri: string) => `/logout?client_id=${site.clientId}&logout_uri=${encodeURIComponent(uri)}`;
    for (const wrong of [
      `${signedOut}/`,
      `${signedOut}?x=1`,
      signedOut.toUpperCase(),
      "https://evil.example/",
      callback,
    ]) {
      const page = await carol.visit(logout(wrong));
      assert.equal(page.status, 400);
      assert.equal(alertOf(page), "Required String parameter 'redirect_uri' is not present");
    }
    assert.ok((await carol.open(authorizePath(site))).location?.searchParams.has("code"));
    const ended = await carol.open(logout(signedOut));
    assert.equal(ended.headers.location, signedOut);
    assert.equal((await carol.open(authorizePath(site))).location?.pathname, "/login");
    carol.cookies.set("cognito", stolen);
    assert.equal((await carol.open(authorizePath(site))).location?.pathname, "/login");
  });

  it("lead from /logout with a redirect URI to the login page, to sign in as somebody else", async () => {
    const carol = await signedInVisitor();
    const ended = await carol.open(authorizePath(site, {}, "/logout"));
    assert.equal(ended.location?.pathname, "/login");
    assert.equal((await carol.open(authorizePath(site))).location?.pathname, "/login");
    const mismatch = await carol.visit(authorizePath(site, { redirect_uri: `${callback}/` }, "/logout"));
    assert.equal(alertOf(mismatch), "redirect_mismatch");
  });

  it("take no session of another pool, and none of somebody who was disabled", async () => {
    const other = await createSite(emulator);
    const carol = await signedInVisitor();
    const elsewhere = new Visitor(emulator, other);
    elsewhere.cookies.set("cognito", carol.cookies.get("cognito") ?? "");
    assert.equal((await elsewhere.open(authorizePath(other))).location?.pathname, "/login");
    const inOther = new Visitor(emulator, other);
    await inOther.signIn(authorizePath(other));
    await emulator.userPools.send(new AdminDisableUserCommand({ UserPoolId: other.userPoolId, Username: email }));
    assert.equal((await inOther.open(authorizePath(other))).location?.pathname, "/login");
  });

  it("show no login page for a client without a branding, unless the domain has the classic pages", async () => {
    const other = await createSite(emulator);
    const bare = await addClient(emulator, other);
    const carol = new Visitor(emulator, other);
    const page = await carol.visit(authorizePath(bare));
    assert.equal(page.status, 403);
    assert.match(page.text, /Login pages unavailable/);
    await emulator.userPools.send(
      new UpdateUserPoolDomainCommand({
        UserPoolId: other.userPoolId,
        Domain: other.prefix,
        ManagedLoginVersion: 1,
      }),
    );
    const classic = await carol.visit(authorizePath(bare, { lang: "ja" }));
    assert.equal(classic.status, 200);
    assert.match(classic.text, /lang="en"/);
  });

  it("offer no login where the client does not support the pool's own users", async () => {
    const none = await addClient(emulator, site, { ...oauthClient, SupportedIdentityProviders: [] });
    const page = await visitor().visit(authorizePath(none));
    assert.equal(alertOf(page), "Login option is not available. Please try another one");
  });

  it("are found by Cognito's name of the domain and by the local one, and by no other", async () => {
    for (const host of [site.host, site.host.toUpperCase(), `${site.host}:443`, `${site.prefix}.localhost:1234`]) {
      assert.equal((await new Visitor(emulator, { host }).open(authorizePath(site))).status, 302);
    }
    for (const host of ["127.0.0.1", `x${site.host}`, site.prefix, `${site.prefix}.auth.us-east-1.amazoncognito.com`]) {
      assert.equal((await new Visitor(emulator, { host }).open(authorizePath(site))).status, 404);
    }
    // The API is not at the domain, nor are the emulator's controls.
    assert.equal((await visitor().open("/_control/clock")).status, 404);
    assert.equal(
      (await visitor().open("/", {}, { "X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools" })).status,
      404,
    );
  });
});
