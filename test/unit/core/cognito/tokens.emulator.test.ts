import assert from "node:assert/strict";
import {
  AdminDisableUserCommand,
  AdminUserGlobalSignOutCommand,
  type CognitoIdentityProviderClient,
} from "@aws-sdk/client-cognito-identity-provider";
import { createClock } from "../../../../src/core/cognito/clock.ts";
import type { CognitoConfiguration } from "../../../../src/core/cognito/configuration.ts";
import { createTokenSource, type TokenSource } from "../../../../src/core/cognito/tokens.ts";
import type { Tokens } from "../../../../src/core/cognito/verification.ts";
import { createTokenVerifier } from "../../../../src/core/cognito/verification.ts";
import { silent } from "../../../../src/core/log.ts";
import { type Emulated, signIn, startEmulated } from "./emulated.ts";

const password = "Correct-Horse-7";
const rotation = { Feature: "ENABLED", RetryGracePeriodSeconds: 0 } as const;
const rotating = { ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH" as const], RefreshTokenRotation: rotation };

describe("tokens against the emulator", function () {
  this.timeout(20_000);
  let cognito: Emulated;
  let configuration: CognitoConfiguration;
  let source: TokenSource;
  let tokens: Tokens;
  beforeEach(async () => {
    cognito = await startEmulated();
  });
  afterEach(() => cognito.stop());

  async function signedIn(client: Parameters<Emulated["pool"]>[1] = {}) {
    configuration = await cognito.pool({}, client);
    await cognito.user(configuration, "kim", password);
    tokens = await signIn(cognito.flow(configuration), "kim", { kind: "password", password });
    source = createTokenSource({ configuration, log: silent, now: cognito.now });
  }

  it("refreshes without rotation and keeps the refresh token", async () => {
    await signedIn();
    await cognito.advance(1800);
    const next = await source.refresh(tokens.refreshToken);
    assert.equal(next.refreshToken, tokens.refreshToken);
    assert.notEqual(next.idToken, tokens.idToken);
    assert.equal(next.claims.sub, tokens.claims.sub);
    assert.equal(next.claims.authTime, tokens.claims.authTime);
    assert.ok(Math.abs(next.expiresAt - cognito.now() - 3_600_000) < 5000);
    assert.equal(source.clockOffsetSeconds(), 0);
  });

  it("refreshes with rotation, again and again", async () => {
    await signedIn(rotating);
    const seen = new Set([tokens.refreshToken]);
    for (let i = 0; i < 3; i++) {
      await cognito.advance(1800);
      tokens = await source.refresh(tokens.refreshToken);
      seen.add(tokens.refreshToken);
    }
    assert.equal(seen.size, 4);
  });

  it("says that the session has ended when a rotated token is used again", async () => {
    await signedIn(rotating);
    await source.refresh(tokens.refreshToken);
    const elsewhere = createTokenSource({ configuration, log: silent });
    await assert.rejects(elsewhere.refresh(tokens.refreshToken), { code: "sessionEnded" });
  });

  it("is answered again within the grace period when the first answer got lost", async () => {
    await signedIn({ ...rotating, RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 30 } });
    await source.refresh(tokens.refreshToken);
    const retry = createTokenSource({ configuration, log: silent, now: cognito.now });
    const next = await retry.refresh(tokens.refreshToken);
    assert.notEqual(next.refreshToken, tokens.refreshToken);
    await retry.refresh(next.refreshToken);
  });

  it("refreshes with a client that has a secret", async () => {
    await signedIn({ GenerateSecret: true });
    const next = await source.refresh(tokens.refreshToken);
    await source.revoke(next.refreshToken);
    const { clientSecret: _, ...without } = configuration;
    const wrong = createTokenSource({ configuration: without, log: silent });
    await assert.rejects(wrong.refresh(next.refreshToken), { code: "clientMisconfigured" });
  });

  it("ends the session by revoking, and doesn't mind to revoke twice", async () => {
    await signedIn();
    await source.revoke(tokens.refreshToken);
    await assert.rejects(source.refresh(tokens.refreshToken), { code: "sessionEnded" });
    await source.revoke(tokens.refreshToken);
    await source.revoke("rubbish").catch((error) => assert.equal(error.name, "GatehouseError"));
  });

  type End = (pools: CognitoIdentityProviderClient, user: { UserPoolId: string; Username: string }) => Promise<unknown>;
  const ends: readonly [string, End][] = [
    ["the user is disabled", (pools, user) => pools.send(new AdminDisableUserCommand(user))],
    ["the user is signed out everywhere", (pools, user) => pools.send(new AdminUserGlobalSignOutCommand(user))],
  ];
  for (const [what, end] of ends) {
    it(`says that the session has ended when ${what}`, async () => {
      await signedIn();
      await end(cognito.userPools, { UserPoolId: configuration.userPoolId, Username: "kim" });
      await assert.rejects(source.refresh(tokens.refreshToken), { code: "sessionEnded" });
    });
  }

  it("says that the session has ended when the refresh token has expired", async () => {
    await signedIn();
    await cognito.advance(31 * 86_400);
    await assert.rejects(source.refresh(tokens.refreshToken), { code: "sessionEnded" });
  });

  it("refuses tokens that are another client's", async () => {
    await signedIn();
    const verifier = createTokenVerifier({ ...configuration, clientId: "another" }, createClock(cognito.now));
    await assert.rejects(verifier.verify({ ...tokens, expiresIn: 3600 }), { code: "tokenInvalid" });
  });

  it("tells an unreachable endpoint from the end of the session", async () => {
    await signedIn();
    await cognito.stop();
    const error = await source.refresh(tokens.refreshToken).catch((error) => error);
    assert.deepEqual(
      [error.code, error.params.endpoint, error.params.setting],
      ["unreachable", cognito.endpoint, "cognito.userPoolEndpoint"],
    );
    cognito = await startEmulated();
  });

  for (const skew of [-7200, 7200]) {
    it(`refreshes on a machine whose clock is ${skew} s off`, async () => {
      await signedIn();
      const now = () => cognito.now() + skew * 1000;
      const skewed = createTokenSource({ configuration, log: silent, now });
      const next = await skewed.refresh(tokens.refreshToken);
      assert.ok(Math.abs(next.expiresAt - now() - 3_600_000) < 5000);
      assert.ok(Math.abs((skewed.clockOffsetSeconds() ?? Number.NaN) - skew) <= 1);
    });
  }
});
