import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { respond, signInBySrp } from "../cognito/srpSignIn.ts";
import { totp } from "../cognito/totp.ts";
import { ensurePython } from "../lab/moto.ts";
import { type Emulator, startEmulator } from "./emulator.ts";

describe("the AWS CLI", () => {
  let emulator: Emulator;
  let home: string;
  let command: string;
  before(async () => {
    command = (await ensurePython()).aws;
    emulator = await startEmulator({ moto: true });
    home = await mkdtemp(join(tmpdir(), "gatehouse-aws-"));
  });
  after(async () => {
    await emulator.stop();
    await rm(home, { recursive: true, force: true });
  });

  type Json = Record<string, never>;
  /** Answers what the CLI prints, as JSON. */
  async function aws(keys: Record<string, string>, ...args: readonly string[]): Promise<Json> {
    const { stdout } = await promisify(execFile)(command, args, {
      env: {
        PATH: process.env["PATH"],
        HOME: home,
        AWS_ENDPOINT_URL: emulator.endpoint,
        AWS_DEFAULT_REGION: "eu-central-1",
        AWS_DEFAULT_OUTPUT: "json",
        AWS_MAX_ATTEMPTS: "1",
        ...keys,
      },
    });
    return stdout === "" ? {} : (JSON.parse(stdout) as Json);
  }
  /** Whatever keys a set-up runs with. */
  const anyKeys = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "not-checked" };
  const admin = (...args: readonly string[]) => aws(anyKeys, ...args);
  // biome-ignore lint/suspicious/noExplicitAny: the shapes are AWS's, and each test reads one field.
  const any = (value: Json): any => value;

  it("sets up a pool from nothing, whose keys then sign requests; a wrong secret is refused", async () => {
    const pool = any(
      await admin("cognito-idp", "create-user-pool", "--pool-name", "cli", "--username-attributes", "email"),
    );
    const userPoolId: string = pool.UserPool.Id;
    const inPool = ["--user-pool-id", userPoolId];
    await admin(
      ...["cognito-idp", "set-user-pool-mfa-config", ...inPool, "--mfa-configuration", "ON"],
      ...["--software-token-mfa-configuration", "Enabled=true"],
    );
    const client = any(
      await admin(
        ...["cognito-idp", "create-user-pool-client", ...inPool, "--client-name", "terminal"],
        ...["--explicit-auth-flows", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
      ),
    );
    const clientId: string = client.UserPoolClient.ClientId;
    const provider = `cognito-idp.eu-central-1.amazonaws.com/${userPoolId}`;
    const identities = any(
      await admin(
        ...["cognito-identity", "create-identity-pool", "--identity-pool-name", "cli"],
        ...["--no-allow-unauthenticated-identities", "--cognito-identity-providers"],
        `ProviderName=${provider},ClientId=${clientId}`,
      ),
    );
    const identityPoolId: string = identities.IdentityPoolId;
    const trust = {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: "cognito-identity.amazonaws.com" },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: { StringEquals: { "cognito-identity.amazonaws.com:aud": identityPoolId } },
        },
      ],
    };
    const role = any(
      await admin(
        ...["iam", "create-role", "--role-name", "developer"],
        ...["--assume-role-policy-document", JSON.stringify(trust)],
      ),
    );
    await admin(
      ...["cognito-identity", "set-identity-pool-roles", "--identity-pool-id", identityPoolId],
      ...["--roles", `authenticated=${role.Role.Arn}`],
    );
    const who = ["--username", "helen@example.com"];
    await admin(
      ...["cognito-idp", "admin-create-user", ...inPool, ...who, "--message-action", "SUPPRESS"],
      ...["--user-attributes", "Name=email_verified,Value=true"],
    );
    await admin(
      ...["cognito-idp", "admin-set-user-password", ...inPool, ...who],
      ...["--password", "Yellow-Submarine-6", "--permanent"],
    );

    // A person: SRP by the helper, the rest by the CLI, without keys.
    const target = { userPoolId, clientId };
    const setUp = await signInBySrp(emulator.userPools, target, "helen@example.com", "Yellow-Submarine-6");
    const associated = any(await admin("cognito-idp", "associate-software-token", "--session", setUp.Session ?? ""));
    const verified = any(
      await admin(
        ...["cognito-idp", "verify-software-token", "--session", associated.Session],
        ...["--user-code", totp(associated.SecretCode, await emulator.now())],
      ),
    );
    assert.equal(verified.Status, "SUCCESS");
    const { AuthenticationResult } = await respond(
      emulator.userPools,
      target,
      "MFA_SETUP",
      verified.Session,
      "helen@example.com",
    );
    const logins = ["--logins", JSON.stringify({ [provider]: AuthenticationResult?.IdToken })];
    const anyone = (...args: readonly string[]) => aws({}, "--no-sign-request", ...args);
    const id = any(await anyone("cognito-identity", "get-id", "--identity-pool-id", identityPoolId, ...logins));
    const { Credentials } = any(
      await anyone("cognito-identity", "get-credentials-for-identity", "--identity-id", id.IdentityId, ...logins),
    );
    const keys = {
      AWS_ACCESS_KEY_ID: Credentials.AccessKeyId as string,
      AWS_SECRET_ACCESS_KEY: Credentials.SecretKey as string,
      AWS_SESSION_TOKEN: Credentials.SessionToken as string,
    };
    const identity = any(await aws(keys, "sts", "get-caller-identity"));
    assert.equal(identity.Arn, "arn:aws:sts::123456789012:assumed-role/developer/CognitoIdentityCredentials");
    await assert.rejects(
      aws({ ...keys, AWS_SECRET_ACCESS_KEY: "wrong" }, "sts", "get-caller-identity"),
      /SignatureDoesNotMatch/,
    );
    await assert.rejects(
      aws({ ...keys, AWS_ACCESS_KEY_ID: "ASIAAAAAAAAAAAAAAAAA" }, "sts", "get-caller-identity"),
      /InvalidClientTokenId/,
    );
    await assert.rejects(aws(keys, "iam", "list-users"), /AccessDenied/);
    await assert.rejects(
      aws({ ...keys, AWS_SECRET_ACCESS_KEY: "wrong" }, "iam", "list-users"),
      /SignatureDoesNotMatch/,
    );
  }).timeout(180_000);

  it("may set roles up with any keys, but use nothing else with them", async () => {
    const { AccessKey } = any(await admin("iam", "create-access-key", "--user-name", "administrator"));
    await assert.rejects(admin("iam", "get-role", "--role-name", "nobody"), /NoSuchEntity/);
    await assert.rejects(admin("s3api", "list-buckets"), /InvalidAccessKeyId|InvalidClientTokenId/);
    const wrongSecret = { AWS_ACCESS_KEY_ID: AccessKey.AccessKeyId as string, AWS_SECRET_ACCESS_KEY: "wrong" };
    await assert.rejects(aws(wrongSecret, "iam", "list-users"), /SignatureDoesNotMatch/);
  }).timeout(60_000);

  it("reads errors as AWS's", async () => {
    await assert.rejects(
      admin("cognito-idp", "describe-user-pool", "--user-pool-id", "eu-central-1_nothing00"),
      /An error occurred \(ResourceNotFoundException\) when calling the DescribeUserPool operation: User pool eu-central-1_nothing00 does not exist\./,
    );
  });

  it("can't switch moto's checks off through the emulator", async () => {
    const answer = await fetch(`${emulator.endpoint}/moto-api/reset-auth`, { method: "POST", body: "1000" });
    assert.equal(answer.status, 404);
  });
});
