import assert from "node:assert/strict";
import {
  AdminAddUserToGroupCommand,
  AdminDisableUserCommand,
  AdminUserGlobalSignOutCommand,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
  GetTokensFromRefreshTokenCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  RevokeTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import type { Jwks } from "aws-jwt-verify/jwk";
import type { SignInTarget } from "../cognito/srpSignIn.ts";
import { createPool, type Emulator, email, startEmulator, tokensOf } from "./emulator.ts";

const revoked = { name: "NotAuthorizedException", message: "Refresh Token has been revoked" };

describe("tokens", () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.stop());

  const exchange = ({ clientId, clientSecret }: SignInTarget, RefreshToken: string) =>
    emulator.userPools.send(
      new GetTokensFromRefreshTokenCommand({ ClientId: clientId, ClientSecret: clientSecret, RefreshToken }),
    );
  const exchangeByFlow = ({ clientId }: SignInTarget, REFRESH_TOKEN: string) =>
    emulator.userPools.send(
      new InitiateAuthCommand({
        ClientId: clientId,
        AuthFlow: "REFRESH_TOKEN_AUTH",
        AuthParameters: { REFRESH_TOKEN },
      }),
    );
  const whoAmI = (AccessToken: string) => emulator.userPools.send(new GetUserCommand({ AccessToken }));

  describe("checked by aws-jwt-verify", () => {
    const verifier = async (target: SignInTarget, tokenUse: "id" | "access", clientId = target.clientId) => {
      const own = CognitoJwtVerifier.create({ userPoolId: target.userPoolId, tokenUse, clientId });
      const answer = await fetch(`${emulator.endpoint}/${target.userPoolId}/.well-known/jwks.json`);
      own.cacheJwks((await answer.json()) as Jwks);
      return own;
    };

    it("carry Cognito's claims and verify with the pool's published keys", async () => {
      const target = await createPool(emulator);
      for (const [GroupName, Precedence] of [
        ["first", 1],
        ["second", 2],
      ] as const) {
        const RoleArn = `arn:aws:iam::123456789012:role/${GroupName}`;
        await emulator.userPools.send(
          new CreateGroupCommand({ UserPoolId: target.userPoolId, GroupName, Precedence, RoleArn }),
        );
        await emulator.userPools.send(
          new AdminAddUserToGroupCommand({ UserPoolId: target.userPoolId, GroupName, Username: email }),
        );
      }
      const tokens = await tokensOf(emulator, target);
      const id = await (await verifier(target, "id")).verify(tokens.IdToken);
      const access = await (await verifier(target, "access")).verify(tokens.AccessToken);
      assert.equal(id["email"], email);
      assert.equal(id["email_verified"], true);
      assert.equal(id["cognito:username"], id.sub);
      assert.deepEqual(id["cognito:groups"], ["first", "second"]);
      assert.deepEqual(id["cognito:roles"], [
        "arn:aws:iam::123456789012:role/first",
        "arn:aws:iam::123456789012:role/second",
      ]);
      assert.equal(id["cognito:preferred_role"], "arn:aws:iam::123456789012:role/first");
      assert.equal(id.origin_jti, access.origin_jti);
      assert.equal(id["event_id"], access["event_id"]);
      assert.notEqual(id.jti, access.jti);
      assert.equal(access["scope"], "aws.cognito.signin.user.admin");
      assert.equal(access["username"], id.sub);
      assert.equal(id.exp - id.iat, 3600);
    });

    it("are refused with another client, as the other kind, by another pool's keys, or changed", async () => {
      const target = await createPool(emulator);
      const { IdToken } = await tokensOf(emulator, target);
      await assert.rejects((await verifier(target, "id", "another")).verify(IdToken));
      await assert.rejects((await verifier(target, "access")).verify(IdToken));
      const foreign = await createPool(emulator);
      await assert.rejects((await verifier(foreign, "id")).verify(IdToken));
      const [head, body, signature] = IdToken.split(".");
      const claims = { ...JSON.parse(Buffer.from(body ?? "", "base64url").toString()), email: "root@example.com" };
      const forged = [head, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
      await assert.rejects((await verifier(target, "id")).verify(forged));
    });

    it("prefer no role where two groups share the lowest number", async () => {
      const target = await createPool(emulator);
      for (const GroupName of ["first", "second"]) {
        const RoleArn = `arn:aws:iam::123456789012:role/${GroupName}`;
        await emulator.userPools.send(
          new CreateGroupCommand({ UserPoolId: target.userPoolId, GroupName, Precedence: 0, RoleArn }),
        );
        await emulator.userPools.send(
          new AdminAddUserToGroupCommand({ UserPoolId: target.userPoolId, GroupName, Username: email }),
        );
      }
      const id = await (await verifier(target, "id")).verify((await tokensOf(emulator, target)).IdToken);
      assert.equal(id["cognito:preferred_role"], undefined);
    });
  });

  it("live as long as the client says", async () => {
    const target = await createPool(emulator, {
      client: { AccessTokenValidity: 5, TokenValidityUnits: { AccessToken: "minutes" } },
    });
    const { AccessToken } = await tokensOf(emulator, target);
    assert.ok((await whoAmI(AccessToken)).Username);
    await emulator.advance(301);
    await assert.rejects(whoAmI(AccessToken), { name: "NotAuthorizedException", message: "Access Token has expired" });
  });

  it("are not taken for another kind", async () => {
    const target = await createPool(emulator);
    const { IdToken } = await tokensOf(emulator, target);
    await assert.rejects(whoAmI(IdToken), { name: "NotAuthorizedException", message: "Invalid Access Token" });
  });

  describe("renewed without rotation", () => {
    it("come from both calls, and the refresh token stays", async () => {
      const target = await createPool(emulator);
      const { RefreshToken } = await tokensOf(emulator, target);
      for (const renew of [exchange, exchangeByFlow, exchange]) {
        const { AuthenticationResult } = await renew(target, RefreshToken);
        assert.ok(AuthenticationResult?.IdToken);
        assert.equal(AuthenticationResult.RefreshToken, undefined);
      }
    });

    it("need the client's secret where it has one, and are refused to another client", async () => {
      const target = await createPool(emulator, { client: { GenerateSecret: true } });
      const { RefreshToken } = await tokensOf(emulator, target);
      assert.ok((await exchange(target, RefreshToken)).AuthenticationResult);
      await assert.rejects(exchange({ ...target, clientSecret: "no" }, RefreshToken), {
        name: "NotAuthorizedException",
      });
      const other = await emulator.userPools.send(
        new CreateUserPoolClientCommand({ UserPoolId: target.userPoolId, ClientName: "other" }),
      );
      await assert.rejects(
        exchange({ userPoolId: target.userPoolId, clientId: other.UserPoolClient?.ClientId ?? "" }, RefreshToken),
        { name: "NotAuthorizedException", message: "Invalid Refresh Token" },
      );
    });

    it("end with the refresh token's time", async () => {
      const target = await createPool(emulator, { client: { RefreshTokenValidity: 2 } });
      const { RefreshToken } = await tokensOf(emulator, target);
      await emulator.advance(2 * 86_400 - 10);
      assert.ok((await exchange(target, RefreshToken)).AuthenticationResult);
      await emulator.advance(11);
      await assert.rejects(exchange(target, RefreshToken), { message: "Refresh Token has expired" });
    });

    it("end with its revocation, which ends the access tokens as well", async () => {
      const target = await createPool(emulator);
      const { RefreshToken, AccessToken } = await tokensOf(emulator, target);
      const other = await tokensOf(emulator, target);
      const revoke = (Token: string) =>
        emulator.userPools.send(new RevokeTokenCommand({ ClientId: target.clientId, Token }));
      await assert.rejects(revoke(AccessToken), { name: "UnsupportedTokenTypeException" });
      await revoke(RefreshToken);
      await revoke(RefreshToken);
      await assert.rejects(exchange(target, RefreshToken), revoked);
      await assert.rejects(exchangeByFlow(target, RefreshToken), revoked);
      await assert.rejects(whoAmI(AccessToken), { message: "Access Token has been revoked" });
      assert.ok((await exchange(target, other.RefreshToken)).AuthenticationResult);
    });

    it("end everywhere with a global sign-out, by the user or the administrator", async () => {
      const target = await createPool(emulator);
      const [here, there] = [await tokensOf(emulator, target), await tokensOf(emulator, target)];
      await emulator.userPools.send(new GlobalSignOutCommand({ AccessToken: here.AccessToken }));
      await assert.rejects(exchange(target, here.RefreshToken), revoked);
      await assert.rejects(exchange(target, there.RefreshToken), revoked);
      await assert.rejects(whoAmI(there.AccessToken), { message: "Access Token has been revoked" });
      const again = await tokensOf(emulator, target);
      await emulator.userPools.send(
        new AdminUserGlobalSignOutCommand({ UserPoolId: target.userPoolId, Username: email }),
      );
      await assert.rejects(exchange(target, again.RefreshToken), revoked);
    });

    it("end when the user is disabled", async () => {
      const target = await createPool(emulator);
      const { RefreshToken } = await tokensOf(emulator, target);
      await emulator.userPools.send(new AdminDisableUserCommand({ UserPoolId: target.userPoolId, Username: email }));
      await assert.rejects(exchange(target, RefreshToken), { name: "NotAuthorizedException" });
      await assert.rejects(tokensOf(emulator, target), {
        name: "NotAuthorizedException",
        message: "User is disabled.",
      });
    });
  });

  describe("renewed with rotation", () => {
    const rotating = (RetryGracePeriodSeconds: number) =>
      createPool(emulator, {
        client: {
          ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH"],
          RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds },
        },
      });

    it("replace the refresh token, and refuse the one before at once", async () => {
      const target = await rotating(0);
      const { RefreshToken } = await tokensOf(emulator, target);
      const { AuthenticationResult } = await exchange(target, RefreshToken);
      const next = AuthenticationResult?.RefreshToken ?? "";
      assert.notEqual(next, RefreshToken);
      await assert.rejects(exchange(target, RefreshToken), { name: "RefreshTokenReuseException" });
      assert.ok((await exchange(target, next)).AuthenticationResult?.RefreshToken);
    });

    it("take the one before for as long as the grace period lasts", async () => {
      const target = await rotating(30);
      const { RefreshToken } = await tokensOf(emulator, target);
      await exchange(target, RefreshToken);
      await emulator.advance(29);
      assert.ok((await exchange(target, RefreshToken)).AuthenticationResult);
      await emulator.advance(2);
      await assert.rejects(exchange(target, RefreshToken), { name: "RefreshTokenReuseException" });
    });

    it("do not prolong the session", async () => {
      const target = await rotating(0);
      let { RefreshToken } = await tokensOf(emulator, target);
      await emulator.advance(29 * 86_400);
      RefreshToken = (await exchange(target, RefreshToken)).AuthenticationResult?.RefreshToken ?? "";
      await emulator.advance(86_400 + 1);
      await assert.rejects(exchange(target, RefreshToken), { message: "Refresh Token has expired" });
    });

    it("refuse the other call, and a client can't be made that allows both", async () => {
      const target = await rotating(0);
      const { RefreshToken } = await tokensOf(emulator, target);
      await assert.rejects(exchangeByFlow(target, RefreshToken), { name: "InvalidParameterException" });
      await assert.rejects(
        createPool(emulator, {
          client: {
            ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 0 },
          },
        }),
        { name: "InvalidParameterException" },
      );
    });
  });
});
