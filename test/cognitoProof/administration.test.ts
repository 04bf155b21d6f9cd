import assert from "node:assert/strict";
import {
  CreateIdentityPoolCommand,
  DeleteIdentityPoolCommand,
  DescribeIdentityPoolCommand,
  ListIdentityPoolsCommand,
  UpdateIdentityPoolCommand,
} from "@aws-sdk/client-cognito-identity";
import {
  AdminAddUserToGroupCommand,
  AdminDeleteUserCommand,
  AdminInitiateAuthCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminRespondToAuthChallengeCommand,
  AdminSetUserMFAPreferenceCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  CreateGroupCommand,
  CreateUserPoolCommand,
  DeleteGroupCommand,
  DeleteUserPoolClientCommand,
  DeleteUserPoolCommand,
  DescribeUserPoolCommand,
  GetUserCommand,
  ListGroupsCommand,
  ListUserPoolClientsCommand,
  UpdateUserPoolCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { signInBySrp } from "../cognito/srpSignIn.ts";
import { totp } from "../cognito/totp.ts";
import { createPool, type Emulator, email, enrol, password, startEmulator, tokensOf } from "./emulator.ts";

describe("administration by the AWS SDK", () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.stop());

  it("keeps groups and who is in them", async () => {
    const { userPoolId: UserPoolId } = await createPool(emulator);
    const send = emulator.userPools.send.bind(emulator.userPools);
    for (const GroupName of ["a", "b"]) {
      await send(new CreateGroupCommand({ UserPoolId, GroupName }));
      await send(new AdminAddUserToGroupCommand({ UserPoolId, GroupName, Username: email }));
    }
    await assert.rejects(send(new CreateGroupCommand({ UserPoolId, GroupName: "a" })), {
      name: "GroupExistsException",
    });
    await send(new AdminRemoveUserFromGroupCommand({ UserPoolId, GroupName: "a", Username: email }));
    const mine = await send(new AdminListGroupsForUserCommand({ UserPoolId, Username: email }));
    assert.deepEqual(
      mine.Groups?.map(({ GroupName }) => GroupName),
      ["b"],
    );
    await send(new DeleteGroupCommand({ UserPoolId, GroupName: "b" }));
    const left = await send(new ListGroupsCommand({ UserPoolId }));
    assert.deepEqual(
      left.Groups?.map(({ GroupName }) => GroupName),
      ["a"],
    );
  });

  it("protects a pool from deletion while it is told to, and then deletes it", async () => {
    const { userPoolId: UserPoolId } = await createPool(emulator, { pool: { DeletionProtection: "ACTIVE" } });
    await assert.rejects(emulator.userPools.send(new DeleteUserPoolCommand({ UserPoolId })), {
      name: "InvalidParameterException",
    });
    await emulator.userPools.send(new UpdateUserPoolCommand({ UserPoolId, DeletionProtection: "INACTIVE" }));
    await emulator.userPools.send(new DeleteUserPoolCommand({ UserPoolId }));
    await assert.rejects(emulator.userPools.send(new DescribeUserPoolCommand({ UserPoolId })), {
      name: "ResourceNotFoundException",
    });
  });

  it("refuses triggers, which it could not run, rather than ignoring them", async () => {
    await assert.rejects(
      emulator.userPools.send(
        new CreateUserPoolCommand({
          PoolName: "x",
          LambdaConfig: { PreSignUp: "arn:aws:lambda:eu-central-1:1:function:f" },
        }),
      ),
      { name: "InvalidParameterException" },
    );
  });

  it("deletes a client, whose sign-ins then end, and a user", async () => {
    const target = await createPool(emulator);
    const { AccessToken } = await tokensOf(emulator, target);
    const pool = { UserPoolId: target.userPoolId };
    const listed = await emulator.userPools.send(new ListUserPoolClientsCommand(pool));
    assert.deepEqual(
      listed.UserPoolClients?.map(({ ClientId }) => ClientId),
      [target.clientId],
    );
    await emulator.userPools.send(new AdminDeleteUserCommand({ ...pool, Username: email }));
    await assert.rejects(emulator.userPools.send(new GetUserCommand({ AccessToken })), {
      name: "NotAuthorizedException",
    });
    await assert.rejects(signInBySrp(emulator.userPools, target, email, password), {
      message: "Incorrect username or password.",
    });
    await emulator.userPools.send(new DeleteUserPoolClientCommand({ ...pool, ClientId: target.clientId }));
    await assert.rejects(signInBySrp(emulator.userPools, target, email, password), {
      name: "ResourceNotFoundException",
      message: `User pool client ${target.clientId} does not exist.`,
    });
  });

  it("changes attributes, which the next tokens carry; never the sub", async () => {
    const target = await createPool(emulator);
    const update = (Name: string, Value: string) =>
      emulator.userPools.send(
        new AdminUpdateUserAttributesCommand({
          UserPoolId: target.userPoolId,
          Username: email,
          UserAttributes: [{ Name, Value }],
        }),
      );
    await update("nickname", "Caz");
    const { IdToken } = await tokensOf(emulator, target);
    assert.equal(JSON.parse(Buffer.from(IdToken.split(".")[1] ?? "", "base64url").toString()).nickname, "Caz");
    await assert.rejects(update("sub", "1"), { name: "InvalidParameterException" });
  });

  it("signs a user in as the administrator where the client allows it, with the second factor", async () => {
    const target = await createPool(emulator, {
      mfa: "ON",
      client: { ExplicitAuthFlows: ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"] },
    });
    const { secret } = await enrol(emulator, target);
    const ids = { UserPoolId: target.userPoolId, ClientId: target.clientId };
    const initiate = (clientId: string, userPoolId: string) =>
      emulator.userPools.send(
        new AdminInitiateAuthCommand({
          UserPoolId: userPoolId,
          ClientId: clientId,
          AuthFlow: "ADMIN_USER_PASSWORD_AUTH",
          AuthParameters: { USERNAME: email, PASSWORD: password },
        }),
      );
    const { ChallengeName, Session } = await initiate(target.clientId, target.userPoolId);
    assert.equal(ChallengeName, "SOFTWARE_TOKEN_MFA");
    const done = await emulator.userPools.send(
      new AdminRespondToAuthChallengeCommand({
        ...ids,
        ChallengeName,
        Session,
        ChallengeResponses: { USERNAME: email, SOFTWARE_TOKEN_MFA_CODE: totp(secret, await emulator.now()) },
      }),
    );
    assert.ok(done.AuthenticationResult?.IdToken);
    const other = await createPool(emulator);
    await assert.rejects(initiate(other.clientId, other.userPoolId), {
      name: "InvalidParameterException",
      message: "Auth flow not enabled for this client",
    });
  });

  it("keeps to the password policy, and turns no factor on that is not there", async () => {
    const target = await createPool(emulator, {
      pool: { Policies: { PasswordPolicy: { MinimumLength: 20, RequireSymbols: false } } },
    }).catch((error: unknown) => error);
    assert.match(
      String(target),
      /InvalidPasswordException: Password did not conform with policy: Password not long enough/,
    );
    const { userPoolId: UserPoolId } = await createPool(emulator);
    await assert.rejects(
      emulator.userPools.send(
        new AdminSetUserPasswordCommand({ UserPoolId, Username: email, Password: "weak", Permanent: true }),
      ),
      { name: "InvalidPasswordException" },
    );
    await assert.rejects(
      emulator.userPools.send(
        new AdminSetUserMFAPreferenceCommand({
          UserPoolId,
          Username: email,
          SoftwareTokenMfaSettings: { Enabled: true },
        }),
      ),
      { name: "InvalidParameterException" },
    );
  });

  it("keeps identity pools", async () => {
    const send = emulator.identityPools.send.bind(emulator.identityPools);
    const settings = { IdentityPoolName: "one", AllowUnauthenticatedIdentities: false };
    const { IdentityPoolId } = await send(new CreateIdentityPoolCommand(settings));
    await send(new UpdateIdentityPoolCommand({ ...settings, IdentityPoolId, IdentityPoolName: "two" }));
    const described = await send(new DescribeIdentityPoolCommand({ IdentityPoolId }));
    assert.equal(described.IdentityPoolName, "two");
    const { IdentityPools } = await send(new ListIdentityPoolsCommand({ MaxResults: 60 }));
    assert.ok(IdentityPools?.some((pool) => pool.IdentityPoolId === IdentityPoolId));
    await send(new DeleteIdentityPoolCommand({ IdentityPoolId }));
    await assert.rejects(send(new DescribeIdentityPoolCommand({ IdentityPoolId })), {
      name: "ResourceNotFoundException",
      message: `IdentityPool '${IdentityPoolId}' not found.`,
    });
  });
});
