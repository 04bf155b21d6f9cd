import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import {
  CognitoIdentityClient,
  CreateIdentityPoolCommand,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
  GetIdentityPoolRolesCommand,
  type RoleMapping,
  SetIdentityPoolRolesCommand,
} from "@aws-sdk/client-cognito-identity";
import {
  AdminAddUserToGroupCommand,
  AdminUserGlobalSignOutCommand,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { QueryError, queryAws } from "../cognito/aws.ts";
import { createRole } from "../cognito/demoPool.ts";
import type { SignInTarget } from "../cognito/srpSignIn.ts";
import { addPerson, createPool, type Emulator, email, region, startEmulator, tokensOf } from "./emulator.ts";

describe("an identity pool", () => {
  let emulator: Emulator;
  let target: SignInTarget;
  let provider: string;
  let identityPoolId: string;
  let roles: { member: string; first: string; second: string };
  /** No keys: GetId and GetCredentialsForIdentity are public. */
  let anyone: CognitoIdentityClient;
  before(async () => {
    emulator = await startEmulator({ moto: true });
    anyone = new CognitoIdentityClient({ endpoint: emulator.endpoint, region });
  });
  beforeEach(async () => {
    target = await createPool(emulator);
    provider = `cognito-idp.${region}.amazonaws.com/${target.userPoolId}`;
    const created = await emulator.identityPools.send(
      new CreateIdentityPoolCommand({
        IdentityPoolName: "proof",
        AllowUnauthenticatedIdentities: false,
        CognitoIdentityProviders: [{ ProviderName: provider, ClientId: target.clientId, ServerSideTokenCheck: true }],
      }),
    );
    identityPoolId = created.IdentityPoolId ?? "";
    const role = (name: string) => createRole(emulator.endpoint, emulator.administrator, identityPoolId, name);
    roles = { member: await role("member"), first: await role("first"), second: await role("second") };
    await setRoles();
  });
  after(() => emulator.stop());

  const setRoles = (mapping?: RoleMapping, authenticated: string | undefined = roles.member) =>
    emulator.identityPools.send(
      new SetIdentityPoolRolesCommand({
        IdentityPoolId: identityPoolId,
        Roles: authenticated === "" ? {} : { authenticated },
        RoleMappings: mapping === undefined ? {} : { [`${provider}:${target.clientId}`]: mapping },
      }),
    );
  const getId = (token: string, name = provider) =>
    anyone.send(new GetIdCommand({ IdentityPoolId: identityPoolId, Logins: { [name]: token } }));
  const credentials = async (token: string, CustomRoleArn?: string) => {
    const { IdentityId } = await getId(token);
    const answer = await anyone.send(
      new GetCredentialsForIdentityCommand({ IdentityId, Logins: { [provider]: token }, CustomRoleArn }),
    );
    const { AccessKeyId = "", SecretKey = "", SessionToken = "", Expiration } = answer.Credentials ?? {};
    return { AccessKeyId, SecretKey, SessionToken, Expiration };
  };
  /** Which role moto's STS says the keys are. */
  const roleOf = async (token: string, customRole?: string) => {
    const { AccessKeyId, SecretKey, SessionToken } = await credentials(token, customRole);
    const key = { accessKeyId: AccessKeyId, secretAccessKey: SecretKey, sessionToken: SessionToken };
    const answer = await queryAws(emulator.endpoint, key, "sts", { Action: "GetCallerIdentity" });
    return /<Arn>arn:aws:sts::\d+:assumed-role\/([^<]+)<\/Arn>/.exec(answer)?.[1];
  };
  const sessionOf = (arn: string) => `${arn.slice(arn.lastIndexOf("/") + 1)}/CognitoIdentityCredentials`;
  const join = async (groups: readonly (readonly [name: string, role: string, precedence: number])[]) => {
    for (const [GroupName, RoleArn, Precedence] of groups) {
      const UserPoolId = target.userPoolId;
      await emulator.userPools.send(new CreateGroupCommand({ UserPoolId, GroupName, RoleArn, Precedence }));
      await emulator.userPools.send(new AdminAddUserToGroupCommand({ UserPoolId, GroupName, Username: email }));
    }
  };
  const idToken = async () => (await tokensOf(emulator, target)).IdToken;

  it("gives a person one identity and keys for an hour that sign requests", async () => {
    const token = await idToken();
    const [first, second] = [await getId(token), await getId(await idToken())];
    assert.equal(first.IdentityId, second.IdentityId);
    const { Expiration } = await credentials(token);
    const hour = ((Expiration?.getTime() ?? 0) - (await emulator.now())) / 1000;
    assert.ok(Math.abs(hour - 3600) < 2);
    assert.equal(await roleOf(token), sessionOf(roles.member));
  });

  it("gives keys that are worth nothing with another secret or another session token", async () => {
    const { AccessKeyId, SecretKey, SessionToken } = await credentials(await idToken());
    for (const key of [
      { accessKeyId: AccessKeyId, secretAccessKey: `${SecretKey}x`, sessionToken: SessionToken },
      { accessKeyId: AccessKeyId, secretAccessKey: SecretKey, sessionToken: `${SessionToken}x` },
      { accessKeyId: "ASIAAAAAAAAAAAAAAAAA", secretAccessKey: SecretKey, sessionToken: SessionToken },
    ]) {
      await assert.rejects(
        queryAws(emulator.endpoint, key, "sts", { Action: "GetCallerIdentity" }),
        (error) => error instanceof QueryError && error.status === 403,
      );
    }
  });

  describe("refuses a token that", () => {
    const refused = (message: string | RegExp) => ({ name: "NotAuthorizedException", message });

    it("is not one", async () => {
      await assert.rejects(getId("abc"), refused("Invalid login token. Not a valid OpenId Connect identity token."));
    });
    it("comes from another pool than is claimed", async () => {
      const foreign = await createPool(emulator);
      await assert.rejects(
        getId((await tokensOf(emulator, foreign)).IdToken),
        refused("Invalid login token. Issuer doesn't match providerName"),
      );
    });
    it("comes from a pool that is not its provider", async () => {
      const foreign = await createPool(emulator);
      const { IdToken } = await tokensOf(emulator, foreign);
      await assert.rejects(
        getId(IdToken, `cognito-idp.${region}.amazonaws.com/${foreign.userPoolId}`),
        refused("Token is not from a supported provider of this identity pool."),
      );
    });
    it("was made for another client", async () => {
      const other = await emulator.userPools.send(
        new CreateUserPoolClientCommand({ UserPoolId: target.userPoolId, ClientName: "other" }),
      );
      const clientId = other.UserPoolClient?.ClientId ?? "";
      const { IdToken } = await tokensOf(emulator, { userPoolId: target.userPoolId, clientId });
      await assert.rejects(getId(IdToken), refused("Token is not from a supported provider of this identity pool."));
    });
    it("has expired", async () => {
      const token = await idToken();
      await emulator.advance(3601);
      await assert.rejects(getId(token), refused(/^Invalid login token. Token expired: /));
    });
    it("was changed, or signed with something else", async () => {
      const [head = "", body = "", signature = ""] = (await idToken()).split(".");
      const claims = { ...JSON.parse(Buffer.from(body, "base64url").toString()), "cognito:roles": [roles.first] };
      const changed = Buffer.from(JSON.stringify(claims)).toString("base64url");
      await assert.rejects(getId(`${head}.${changed}.${signature}`), refused(/signature/));
      const none = Buffer.from('{"alg":"none"}').toString("base64url");
      await assert.rejects(getId(`${none}.${changed}.`), refused(/signature/));
      const symmetric = Buffer.from('{"alg":"HS256"}').toString("base64url");
      const mac = createHmac("sha256", "key").update(`${symmetric}.${changed}`).digest("base64url");
      await assert.rejects(getId(`${symmetric}.${changed}.${mac}`), refused(/signature/));
    });
    it("is an access token", async () => {
      const { AccessToken } = await tokensOf(emulator, target);
      await assert.rejects(getId(AccessToken), refused(/access_token/));
    });
    it("belongs to a session that was ended, where it checks that", async () => {
      const token = await idToken();
      await emulator.userPools.send(
        new AdminUserGlobalSignOutCommand({ UserPoolId: target.userPoolId, Username: email }),
      );
      await assert.rejects(getId(token), refused(/revoked/));
    });
    it("belongs to somebody else than the identity, or is missing", async () => {
      const { IdentityId } = await getId(await idToken());
      await addPerson(emulator.userPools, target.userPoolId, "dave@example.com");
      const { IdToken } = await tokensOf(emulator, target, "dave@example.com");
      await assert.rejects(
        anyone.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins: { [provider]: IdToken } })),
        refused("Logins don't match. Please include at least one valid login for this identity or identity pool."),
      );
      await assert.rejects(
        anyone.send(new GetCredentialsForIdentityCommand({ IdentityId })),
        refused("Unauthenticated access is not supported for this identity pool."),
      );
      await assert.rejects(anyone.send(new GetCredentialsForIdentityCommand({ IdentityId: `${region}:unknown` })), {
        name: "ResourceNotFoundException",
      });
    });
  });

  describe("chooses the role", () => {
    it("that it has for everybody, where nothing is mapped; asking for another is refused", async () => {
      await join([["first", roles.first, 1]]);
      assert.equal(await roleOf(await idToken()), sessionOf(roles.member));
      await assert.rejects(credentials(await idToken(), roles.first), { name: "NotAuthorizedException" });
    });

    it("that the token prefers, or one of the token's that is asked for", async () => {
      await setRoles({ Type: "Token", AmbiguousRoleResolution: "Deny" });
      await join([
        ["first", roles.first, 1],
        ["second", roles.second, 2],
      ]);
      const token = await idToken();
      assert.equal(await roleOf(token), sessionOf(roles.first));
      assert.equal(await roleOf(token, roles.second), sessionOf(roles.second));
      await assert.rejects(credentials(token, roles.member), { name: "NotAuthorizedException" });
    });

    it("as AmbiguousRoleResolution says where the token prefers none", async () => {
      await join([
        ["first", roles.first, 1],
        ["second", roles.second, 1],
      ]);
      const token = await idToken();
      await setRoles({ Type: "Token", AmbiguousRoleResolution: "Deny" });
      await assert.rejects(credentials(token), {
        name: "NotAuthorizedException",
        message: `The ambiguous role mapping rules for: ${provider} denied this request.`,
      });
      assert.equal(await roleOf(token, roles.second), sessionOf(roles.second));
      await setRoles({ Type: "Token", AmbiguousRoleResolution: "AuthenticatedRole" });
      assert.equal(await roleOf(token), sessionOf(roles.member));
    });

    it("of the first rule that matches", async () => {
      await join([["makers", roles.first, 1]]);
      const rule = (Claim: string, MatchType: "Equals" | "Contains" | "StartsWith" | "NotEqual", Value: string) => ({
        ...{ Claim, MatchType, Value },
        RoleARN: roles.second,
      });
      const token = await idToken();
      for (const [candidate, matches] of [
        [rule("email", "Equals", email), true],
        [rule("email", "Equals", "other@example.com"), false],
        [rule("email", "NotEqual", "other@example.com"), true],
        [rule("email", "StartsWith", "carol@"), true],
        [rule("cognito:groups", "Contains", "makers"), true],
        [rule("department", "Equals", "x"), false],
      ] as const) {
        await setRoles({
          Type: "Rules",
          AmbiguousRoleResolution: "AuthenticatedRole",
          RulesConfiguration: { Rules: [candidate] },
        });
        assert.equal(await roleOf(token), sessionOf(matches ? roles.second : roles.member));
      }
      await setRoles({
        Type: "Rules",
        AmbiguousRoleResolution: "Deny",
        RulesConfiguration: { Rules: [rule("email", "Equals", "other@example.com")] },
      });
      await assert.rejects(credentials(token), { name: "NotAuthorizedException" });
    });

    it("one that is only named, too: it is made", async () => {
      await setRoles(undefined, "arn:aws:iam::123456789012:role/only-named");
      assert.equal(await roleOf(await idToken()), sessionOf("arn:aws:iam::123456789012:role/only-named"));
    });

    it("but not one that is missing or that trusts another pool", async () => {
      const invalid = {
        name: "InvalidIdentityPoolConfigurationException",
        message: "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
      };
      const token = await idToken();
      await setRoles(undefined, "");
      await assert.rejects(credentials(token), invalid);
      const foreign = await createRole(emulator.endpoint, emulator.administrator, `${region}:another`, "foreign");
      await setRoles(undefined, foreign);
      await assert.rejects(credentials(token), invalid);
      const { Roles } = await emulator.identityPools.send(
        new GetIdentityPoolRolesCommand({ IdentityPoolId: identityPoolId }),
      );
      assert.deepEqual(Roles, { authenticated: foreign });
    });
  });
});
