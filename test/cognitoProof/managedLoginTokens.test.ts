import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { AdminDisableUserCommand, GetUserCommand } from "@aws-sdk/client-cognito-identity-provider";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import * as openid from "openid-client";
import { type Emulator, email, startEmulator, tokensOf } from "./emulator.ts";
import {
  addClient,
  authorizePath,
  brand,
  callback,
  createSite,
  type Site,
  signedOut,
  Visitor,
} from "./managedLoginSite.ts";

describe("managed login for applications", () => {
  describe("by openid-client, which finds everything by discovery", () => {
    let emulator: Emulator;
    before(async () => {
      // The library goes by the machine's time.
      emulator = await startEmulator({ issuerBase: "own", now: Date.now });
    });
    after(() => emulator.stop());

    const discover = (site: Site, authentication?: openid.ClientAuth) =>
      openid.discovery(
        new URL(`${emulator.endpoint}/${site.userPoolId}`),
        site.clientId,
        site.clientSecret,
        authentication ?? (site.clientSecret === undefined ? openid.None() : openid.ClientSecretBasic()),
        { execute: [openid.allowInsecureRequests] },
      );
    /** A sign-in with state, nonce and PKCE. */
    const begin = async (configuration: openid.Configuration, scope = "openid email profile") => {
      const verifier = openid.randomPKCECodeVerifier();
      const checks = {
        pkceCodeVerifier: verifier,
        expectedState: openid.randomState(),
        expectedNonce: openid.randomNonce(),
      };
      const url = openid.buildAuthorizationUrl(configuration, {
        redirect_uri: callback,
        scope,
        state: checks.expectedState,
        nonce: checks.expectedNonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      });
      return { url, checks };
    };
    const signIn = async (site: Site, configuration: openid.Configuration, scope?: string) => {
      const { url, checks } = await begin(configuration, scope);
      const page = await new Visitor(emulator, { host: url.host }).signIn(url.pathname + url.search);
      assert.ok(page.location, page.text);
      return { answer: page.location, checks, site };
    };

    it("names pages at the local name and the rest at the base", async () => {
      const site = await createSite(emulator);
      const metadata = (await discover(site)).serverMetadata();
      const { port } = new URL(emulator.endpoint);
      assert.equal(metadata.issuer, `${emulator.endpoint}/${site.userPoolId}`);
      assert.equal(metadata.authorization_endpoint, `http://${site.prefix}.localhost:${port}/oauth2/authorize`);
      assert.equal(metadata.end_session_endpoint, `http://${site.prefix}.localhost:${port}/logout`);
      assert.equal(metadata.token_endpoint, `${emulator.endpoint}/oauth2/token`);
      assert.equal(metadata["revocation_endpoint"], `${emulator.endpoint}/oauth2/revoke`);
    });

    for (const [name, GenerateSecret, authentication] of [
      ["without a secret", false, undefined],
      ["with a secret by Basic", true, openid.ClientSecretBasic()],
      ["with a secret in the form", true, openid.ClientSecretPost()],
    ] as const) {
      it(`signs in, asks who it is, refreshes and revokes ${name}`, async () => {
        const site = await createSite(emulator, { client: { GenerateSecret } });
        const configuration = await discover(site, authentication);
        const { answer, checks } = await signIn(site, configuration);
        const tokens = await openid.authorizationCodeGrant(configuration, answer, { ...checks, idTokenExpected: true });
        const claims = tokens.claims();
        assert.equal(claims?.["email"], email);
        assert.equal(claims?.["email_verified"], true);
        const info = await openid.fetchUserInfo(configuration, tokens.access_token, claims?.sub ?? "");
        assert.equal(info.email, email);
        const fresh = await openid.refreshTokenGrant(configuration, tokens.refresh_token ?? "");
        assert.equal(fresh.refresh_token, undefined);
        assert.equal(fresh.claims()?.auth_time, claims?.auth_time);
        assert.equal(fresh.claims()?.nonce, undefined);
        await openid.tokenRevocation(configuration, tokens.refresh_token ?? "");
        await assert.rejects(openid.refreshTokenGrant(configuration, tokens.refresh_token ?? ""), {
          error: "invalid_grant",
        });
        await assert.rejects(openid.fetchUserInfo(configuration, fresh.access_token, claims?.sub ?? ""));
      });
    }

    it("notices a forged state and a code of another sign-in", async () => {
      const site = await createSite(emulator);
      const configuration = await discover(site);
      const { answer, checks } = await signIn(site, configuration);
      const forged = new URL(answer);
      forged.searchParams.set("state", "forged");
      await assert.rejects(openid.authorizationCodeGrant(configuration, forged, checks));
      const other = await begin(configuration);
      const injected = new URL(answer);
      injected.searchParams.set("state", other.checks.expectedState);
      await assert.rejects(openid.authorizationCodeGrant(configuration, injected, other.checks), {
        error: "invalid_grant",
      });
    });

    it("ends the browser's session by the end-session address", async () => {
      const site = await createSite(emulator);
      const configuration = await discover(site);
      const { url } = await begin(configuration);
      const carol = new Visitor(emulator, { host: url.host });
      await carol.signIn(url.pathname + url.search);
      const end = openid.buildEndSessionUrl(configuration, { logout_uri: signedOut });
      assert.equal((await carol.open(end.pathname + end.search)).headers.location, signedOut);
      assert.equal((await carol.open(url.pathname + url.search)).location?.pathname, "/login");
    });
  });

  describe("request by request", () => {
    let emulator: Emulator;
    let site: Site;
    before(async () => {
      emulator = await startEmulator();
      site = await createSite(emulator, { client: { GenerateSecret: true } });
    });
    after(() => emulator.stop());

    const basic = ({ clientId, clientSecret }: Site) => ({
      Authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`,
    });
    const freshCode = async (target = site, changes: Record<string, string | undefined> = {}) => {
      const page = await new Visitor(emulator, target).signIn(authorizePath(target, changes));
      return page.location?.searchParams.get("code") ?? "";
    };
    const call = async (path: string, form: Record<string, string>, headers: Record<string, string>) => {
      const page = await new Visitor(emulator, site).open(path, form, headers);
      const body = page.text === "" ? {} : (JSON.parse(page.text) as Record<string, string>);
      return { status: page.status, body, headers: page.headers };
    };
    const redeem = (form: Record<string, string>, headers: Record<string, string> = basic(site)) =>
      call("/oauth2/token", { grant_type: "authorization_code", redirect_uri: callback, ...form }, headers);
    const refused = (error: string, status = 400) => ({ status, body: { error } });
    const outcome = ({ status, body }: { status: number; body: object }) => ({ status, body });

    it("gives tokens that aws-jwt-verify accepts under AWS's issuer, not to be cached", async () => {
      const { status, body, headers } = await redeem({ code: await freshCode(site, { nonce: "n-1" }) });
      assert.equal(status, 200);
      assert.equal(headers["cache-control"], "no-store");
      assert.deepEqual(Object.keys(body), ["id_token", "access_token", "refresh_token", "expires_in", "token_type"]);
      const verifier = CognitoJwtVerifier.create({ userPoolId: site.userPoolId, clientId: site.clientId });
      const keys = await fetch(`${emulator.endpoint}/${site.userPoolId}/.well-known/jwks.json`);
      verifier.cacheJwks((await keys.json()) as Parameters<typeof verifier.cacheJwks>[0]);
      const id = await verifier.verify(body["id_token"] ?? "", { tokenUse: "id", clientId: site.clientId });
      assert.equal(id["nonce"], "n-1");
      const half = createHash("sha256")
        .update(body["access_token"] ?? "")
        .digest()
        .subarray(0, 16);
      assert.equal(id["at_hash"], half.toString("base64url"));
      const access = await verifier.verify(body["access_token"] ?? "", { tokenUse: "access", clientId: site.clientId });
      assert.equal(access["scope"], "openid email");
    });

    it("takes a code once, within five minutes", async () => {
      const code = await freshCode();
      assert.equal((await redeem({ code })).status, 200);
      assert.deepEqual(outcome(await redeem({ code })), refused("invalid_grant"));
      const late = await freshCode();
      await emulator.advance(300);
      assert.deepEqual(outcome(await redeem({ code: late })), refused("invalid_grant"));
      const timely = await freshCode();
      await emulator.advance(299);
      assert.equal((await redeem({ code: timely })).status, 200);
    });

    it("takes a code from its client only, with its redirect URI only", async () => {
      const thief = await addClient(emulator, site, { GenerateSecret: true });
      const code = await freshCode();
      assert.deepEqual(outcome(await redeem({ code }, basic(thief))), refused("invalid_grant"));
      assert.equal((await redeem({ code })).status, 200);
      const other = await freshCode();
      const form = { code: other, redirect_uri: `${callback}/` };
      assert.deepEqual(outcome(await redeem(form)), refused("invalid_grant"));
      assert.deepEqual(outcome(await redeem({ code: "made-up" })), refused("invalid_grant"));
    });

    it("takes a code that came with PKCE only with its verifier, and no verifier for another", async () => {
      const verifier = randomBytes(32).toString("base64url");
      const pkce = {
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
      };
      const withPkce = async (form: object) => outcome(await redeem({ code: await freshCode(site, pkce), ...form }));
      assert.deepEqual(await withPkce({ code_verifier: `${verifier}x` }), refused("invalid_grant"));
      assert.deepEqual(await withPkce({}), refused("invalid_grant"));
      assert.equal((await withPkce({ code_verifier: verifier })).status, 200);
      const plain = outcome(await redeem({ code: await freshCode(), code_verifier: verifier }));
      assert.deepEqual(plain, refused("invalid_grant"));
    });

    it("refuses wrong client credentials and malformed requests by RFC 6749's names", async () => {
      const code = await freshCode();
      const { clientId, clientSecret = "" } = site;
      const wrong = basic({ ...site, clientSecret: `${clientSecret.slice(0, -1)}!` });
      assert.deepEqual(outcome(await redeem({ code }, wrong)), refused("invalid_client"));
      for (const [form, headers, error] of [
        [{ code, client_id: clientId }, {}, "invalid_client"],
        [{ code, client_id: clientId, client_secret: "" }, {}, "invalid_client"],
        [{ code, client_id: clientId, client_secret: "wrong" }, {}, "invalid_client"],
        [{ code, client_id: "unknown" }, {}, "invalid_client"],
        [{ code }, { Authorization: "Bearer x" }, "invalid_client"],
        [{ code }, {}, "invalid_request"],
        [{ code, client_secret: clientSecret }, basic(site), "invalid_request"],
        [{ code, client_id: "another" }, basic(site), "invalid_request"],
        [{}, basic(site), "invalid_request"],
        [{ grant_type: "password" }, basic(site), "unsupported_grant_type"],
        [{ grant_type: "refresh_token" }, basic(site), "invalid_request"],
        [{ code }, { ...basic(site), "Content-Type": "application/json" }, "invalid_request"],
      ] as [Record<string, string>, Record<string, string>, string][]) {
        assert.deepEqual(outcome(await redeem(form, headers)), refused(error));
      }
      assert.equal((await redeem({ code, client_id: clientId })).status, 200);
      assert.equal((await new Visitor(emulator, site).open("/oauth2/token")).status, 405);
    });

    it("rotates refresh tokens where the client wants it", async () => {
      const rotating = await addClient(emulator, site, {
        ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH"],
        RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 0 },
      });
      await brand(emulator, rotating);
      const form = { client_id: rotating.clientId };
      const first = await redeem({ code: await freshCode(rotating), ...form }, {});
      const refresh = (refresh_token: string) =>
        call("/oauth2/token", { grant_type: "refresh_token", refresh_token, ...form }, {});
      const old = first.body["refresh_token"] ?? "";
      const next = await refresh(old);
      assert.ok(next.body["refresh_token"]);
      assert.notEqual(next.body["refresh_token"], old);
      assert.deepEqual(outcome(await refresh(old)), refused("invalid_grant"));
      assert.equal((await refresh(next.body["refresh_token"] ?? "")).status, 200);
    });

    it("refreshes no token of another client, of nobody, or of somebody who was disabled", async () => {
      const own = await createSite(emulator);
      const form = { client_id: own.clientId };
      const endpoint = new Visitor(emulator, own);
      const refresh = async (refresh_token: string) =>
        (await endpoint.open("/oauth2/token", { grant_type: "refresh_token", refresh_token, ...form })).status;
      const foreign = await redeem({ code: await freshCode() });
      assert.equal(await refresh(foreign.body["refresh_token"] ?? ""), 400);
      assert.equal(await refresh("made-up"), 400);
      const code = await freshCode(own);
      const mine = await endpoint.open("/oauth2/token", {
        grant_type: "authorization_code",
        redirect_uri: callback,
        code,
        ...form,
      });
      const { refresh_token } = JSON.parse(mine.text) as { refresh_token: string };
      assert.equal(await refresh(refresh_token), 200);
      await emulator.userPools.send(new AdminDisableUserCommand({ UserPoolId: own.userPoolId, Username: email }));
      assert.equal(await refresh(refresh_token), 400);
    });

    it("revokes refresh tokens alone, and answers as the endpoint's page says", async () => {
      const { body } = await redeem({ code: await freshCode() });
      const revoke = (form: Record<string, string>, headers: Record<string, string> = basic(site)) =>
        call("/oauth2/revoke", form, headers);
      assert.deepEqual(outcome(await revoke({})), refused("invalid_request"));
      assert.deepEqual(outcome(await revoke({ token: body["access_token"] ?? "" })), refused("unsupported_token_type"));
      const token = body["refresh_token"] ?? "";
      assert.deepEqual(
        outcome(await revoke({ token, client_id: site.clientId, client_secret: "wrong" }, {})),
        refused("invalid_client", 401),
      );
      assert.deepEqual(outcome(await revoke({ token: "made-up" })), { status: 200, body: {} });
      assert.deepEqual(outcome(await revoke({ token })), { status: 200, body: {} });
      const refresh = { grant_type: "refresh_token", refresh_token: token };
      assert.deepEqual(outcome(await call("/oauth2/token", refresh, basic(site))), refused("invalid_grant"));
    });

    it("shows of a person what the scopes say", async () => {
      const about = async (scope: string) => {
        const { body } = await redeem({ code: await freshCode(site, { scope }) });
        const info = await new Visitor(emulator, site).open("/oauth2/userInfo", undefined, {
          Authorization: `Bearer ${body["access_token"]}`,
        });
        return { id: body["id_token"], access: body["access_token"], info };
      };
      const { info } = await about("openid email");
      const { sub, username, ...rest } = JSON.parse(info.text) as Record<string, string>;
      assert.deepEqual(rest, { email, email_verified: "true" });
      assert.equal(sub, username);
      const other = await createSite(emulator, {
        client: { AllowedOAuthScopes: ["aws.cognito.signin.user.admin"] },
      });
      const code = await freshCode(other, { scope: undefined });
      const answer = await new Visitor(emulator, other).open("/oauth2/token", {
        grant_type: "authorization_code",
        redirect_uri: callback,
        client_id: other.clientId,
        code,
      });
      const tokens = JSON.parse(answer.text) as Record<string, string>;
      assert.equal(tokens["id_token"], undefined);
      const AccessToken = tokens["access_token"];
      assert.ok((await emulator.userPools.send(new GetUserCommand({ AccessToken }))).Username);
      const refusedInfo = await new Visitor(emulator, other).open("/oauth2/userInfo", undefined, {
        Authorization: `Bearer ${AccessToken}`,
      });
      assert.equal(refusedInfo.status, 401);
      assert.match(refusedInfo.headers["www-authenticate"] ?? "", /error="invalid_token"/);
      // And a token for openid alone is none for the API.
      const { access } = await about("openid");
      await assert.rejects(emulator.userPools.send(new GetUserCommand({ AccessToken: access })), {
        name: "NotAuthorizedException",
        message: "Access Token does not have required scopes",
      });
    });

    it("refuses userInfo without a token, with an ID token, and with one of the API", async () => {
      const open = (headers: Record<string, string>) =>
        new Visitor(emulator, site).open("/oauth2/userInfo", undefined, headers);
      assert.equal((await open({})).status, 400);
      const { body } = await redeem({ code: await freshCode() });
      assert.equal((await open({ Authorization: `Bearer ${body["id_token"]}` })).status, 401);
      const plain = await createSite(emulator);
      const { AccessToken } = await tokensOf(emulator, plain);
      assert.equal((await open({ Authorization: `Bearer ${AccessToken}` })).status, 401);
    });

    it("describes itself as AWS does where no issuer base is set", async () => {
      const answer = await fetch(`${emulator.endpoint}/${site.userPoolId}/.well-known/openid-configuration`);
      const document = (await answer.json()) as Record<string, string>;
      assert.equal(document["authorization_endpoint"], `https://${site.host}/oauth2/authorize`);
      assert.equal(document["token_endpoint"], `https://${site.host}/oauth2/token`);
      assert.match(document["issuer"] ?? "", /^https:\/\/cognito-idp\.eu-central-1\.amazonaws\.com\//);
    });
  });
});
