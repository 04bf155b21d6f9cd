import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import {
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  GetUserCommand,
  GetUserPoolMfaConfigCommand,
  InitiateAuthCommand,
  ListUserPoolsCommand,
  RespondToAuthChallengeCommand,
  SetUserPoolMfaConfigCommand,
  UpdateUserPoolCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { root } from "../lab/cache.ts";
import { createPool, type Emulator, startEmulator } from "./emulator.ts";

describe("the protocol", () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.stop());

  const post = (target: string, body = "{}", headers: Record<string, string> = {}) =>
    fetch(emulator.endpoint, { method: "POST", body, headers: { "X-Amz-Target": target, ...headers } });
  const idp = (operation: string) => `AWSCognitoIdentityProviderService.${operation}`;

  it("answers errors as the SDKs read them, with a request id and the emulated date", async () => {
    const answer = await post(idp("GetUser"), JSON.stringify({ AccessToken: "no" }));
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get("x-amzn-errortype"), "NotAuthorizedException:");
    assert.match(answer.headers.get("x-amzn-requestid") ?? "", /^[0-9a-f-]{36}$/);
    assert.equal(answer.headers.get("content-type"), "application/x-amz-json-1.1");
    assert.deepEqual(await answer.json(), { __type: "NotAuthorizedException", message: "Invalid Access Token" });
    await emulator.advance(1000);
    const later = await post(idp("GetUser"));
    const expected = Math.floor((await emulator.now()) / 1000) * 1000;
    assert.equal(Date.parse(later.headers.get("date") ?? ""), expected);
  });

  it("refuses an unknown operation, a body that is no JSON and one that is too large", async () => {
    for (const target of [idp("MakeCoffee"), idp("toString"), "AWSCognitoIdentityService.MakeCoffee"]) {
      const answer = await post(target);
      assert.equal(((await answer.json()) as { __type: string }).__type, "UnknownOperationException");
    }
    const broken = await post(idp("GetUser"), "{");
    assert.equal(((await broken.json()) as { __type: string }).__type, "SerializationException");
    const large = await post(idp("GetUser"), JSON.stringify({ AccessToken: "x".repeat(2 ** 20) }));
    assert.equal(large.status, 413);
  });

  it("wants a signature on the administrator's calls alone", async () => {
    const answer = await post(idp("ListUserPools"), '{"MaxResults":1}');
    assert.equal(((await answer.json()) as { __type: string }).__type, "MissingAuthenticationTokenException");
  });

  it("refuses a flow or a challenge that the API doesn't know before it looks at anything else", async () => {
    const validation = (member: string) =>
      new RegExp(
        `^1 validation error detected: Value 'RIDDLE' at '${member}' failed to satisfy constraint: Member must satisfy enum value set: \\[`,
      );
    await assert.rejects(
      emulator.userPools.send(new InitiateAuthCommand({ ClientId: "none", AuthFlow: "RIDDLE" as "USER_SRP_AUTH" })),
      { name: "InvalidParameterException", message: validation("authFlow") },
    );
    await assert.rejects(
      emulator.userPools.send(
        new RespondToAuthChallengeCommand({
          ClientId: "none",
          ChallengeName: "RIDDLE" as "PASSWORD_VERIFIER",
          ChallengeResponses: { USERNAME: "carol" },
        }),
      ),
      { name: "InvalidParameterException", message: validation("challengeName") },
    );
  });

  it("validates what it is sent", async () => {
    await assert.rejects(emulator.userPools.send(new GetUserCommand({ AccessToken: undefined })), {
      name: "InvalidParameterException",
      message: /^1 validation error detected: Value at 'AccessToken'/,
    });
    await assert.rejects(
      emulator.userPools.send(
        new CreateUserPoolCommand({ PoolName: "x", UsernameAttributes: ["email"], AliasAttributes: ["email"] }),
      ),
      { name: "InvalidParameterException" },
    );
  });

  it("fills in AWS's defaults, and an update sets back what it leaves out", async () => {
    const { userPoolId, clientId } = await createPool(emulator, {
      pool: { AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } },
    });
    const { UserPool } = await emulator.userPools.send(new DescribeUserPoolCommand({ UserPoolId: userPoolId }));
    assert.equal(UserPool?.MfaConfiguration, "OFF");
    assert.deepEqual(UserPool?.Policies?.PasswordPolicy, {
      MinimumLength: 8,
      RequireUppercase: true,
      RequireLowercase: true,
      RequireNumbers: true,
      RequireSymbols: true,
      TemporaryPasswordValidityDays: 7,
    });
    const { UserPoolClient } = await emulator.userPools.send(
      new DescribeUserPoolClientCommand({ UserPoolId: userPoolId, ClientId: clientId }),
    );
    assert.equal(UserPoolClient?.RefreshTokenValidity, 30);
    assert.equal(UserPoolClient?.AuthSessionValidity, 3);
    assert.equal(UserPoolClient?.EnableTokenRevocation, true);
    assert.equal(UserPoolClient?.ClientSecret, undefined);
    await emulator.userPools.send(new UpdateUserPoolCommand({ UserPoolId: userPoolId }));
    const updated = await emulator.userPools.send(new DescribeUserPoolCommand({ UserPoolId: userPoolId }));
    assert.equal(updated.UserPool?.AdminCreateUserConfig?.AllowAdminCreateUserOnly, false);
    assert.deepEqual(updated.UserPool?.UsernameAttributes, ["email"]);
  });

  it("turns a second factor on only where there is one", async () => {
    const { userPoolId } = await createPool(emulator);
    const set = (Enabled: boolean) =>
      emulator.userPools.send(
        new SetUserPoolMfaConfigCommand({
          UserPoolId: userPoolId,
          MfaConfiguration: "ON",
          SoftwareTokenMfaConfiguration: { Enabled },
        }),
      );
    await assert.rejects(set(false), { name: "InvalidParameterException" });
    await set(true);
    const configuration = await emulator.userPools.send(new GetUserPoolMfaConfigCommand({ UserPoolId: userPoolId }));
    assert.equal(configuration.MfaConfiguration, "ON");
    // As in AWS, neither call that makes or changes a pool can demand a factor that is not there.
    const refused = { name: "InvalidParameterException" };
    for (const MfaConfiguration of ["ON", "OPTIONAL"] as const) {
      await assert.rejects(
        emulator.userPools.send(new CreateUserPoolCommand({ PoolName: "x", MfaConfiguration })),
        refused,
      );
      const { userPoolId: UserPoolId } = await createPool(emulator);
      await assert.rejects(
        emulator.userPools.send(new UpdateUserPoolCommand({ UserPoolId, MfaConfiguration })),
        refused,
      );
    }
    await emulator.userPools.send(new UpdateUserPoolCommand({ UserPoolId: userPoolId, MfaConfiguration: "OPTIONAL" }));
  });

  it("keeps tokens' lives within AWS's bounds", async () => {
    const { userPoolId: UserPoolId } = await createPool(emulator);
    const create = (validity: object) =>
      emulator.userPools.send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: "x", ...validity }));
    const minutes = { TokenValidityUnits: { AccessToken: "minutes", IdToken: "minutes", RefreshToken: "minutes" } };
    for (const validity of [
      { AccessTokenValidity: 4 },
      { IdTokenValidity: 4 },
      { AccessTokenValidity: 1441 },
      { RefreshTokenValidity: 59 },
      { RefreshTokenValidity: 60, AccessTokenValidity: 61 },
    ]) {
      await assert.rejects(create({ ...minutes, ...validity }), { message: "Invalid range for token validity." });
    }
    await create({ ...minutes, AccessTokenValidity: 5, IdTokenValidity: 1440, RefreshTokenValidity: 1440 });
  });

  it("names what does not exist", async () => {
    const missing = { UserPoolId: "eu-central-1_nothing00" };
    await assert.rejects(emulator.userPools.send(new DescribeUserPoolCommand(missing)), {
      name: "ResourceNotFoundException",
      message: "User pool eu-central-1_nothing00 does not exist.",
    });
    await assert.rejects(emulator.userPools.send(new CreateUserPoolClientCommand({ ...missing, ClientName: "x" })), {
      name: "ResourceNotFoundException",
    });
  });

  it("says of a pool's documents that there is no such pool, and leaves no such address to moto", async () => {
    for (const document of ["jwks.json", "openid-configuration"]) {
      const answer = await fetch(`${emulator.endpoint}/eu-central-1_nothing00/.well-known/${document}`);
      assert.equal(answer.status, 400);
      assert.deepEqual(await answer.json(), { message: "User pool eu-central-1_nothing00 does not exist." });
    }
  });

  it("names it in any script", async () => {
    const answer = await post(idp("SignUp"), JSON.stringify({ ClientId: "日本\n", Username: "x", Password: "y" }));
    assert.equal(((await answer.json()) as { message: string }).message, "User pool client 日本\n does not exist.");
  });

  it("lists pools page by page", async () => {
    for (let n = 0; n < 3; n += 1) await createPool(emulator);
    const seen = new Set<string | undefined>();
    let NextToken: string | undefined;
    do {
      const answer = await emulator.userPools.send(new ListUserPoolsCommand({ MaxResults: 2, NextToken }));
      for (const { Id } of answer.UserPools ?? []) seen.add(Id);
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    assert.ok(seen.size >= 3);
  });

  it("throttles public calls where a limit is set", async () => {
    const limited = await startEmulator({ requestsPerSecond: 2 });
    try {
      const call = async () => {
        const answer = await fetch(limited.endpoint, {
          method: "POST",
          body: "{}",
          headers: { "X-Amz-Target": idp("GetUser") },
        });
        return ((await answer.json()) as { __type: string }).__type;
      };
      assert.deepEqual(
        [await call(), await call(), await call()],
        ["InvalidParameterException", "InvalidParameterException", "TooManyRequestsException"],
      );
      await limited.advance(1);
      assert.equal(await call(), "InvalidParameterException");
    } finally {
      await limited.stop();
    }
  });

  it("describes a pool's issuer and keys", async () => {
    const { userPoolId } = await createPool(emulator);
    const answer = await fetch(`${emulator.endpoint}/${userPoolId}/.well-known/openid-configuration`);
    const { issuer } = (await answer.json()) as { issuer: string };
    assert.equal(issuer, `https://cognito-idp.eu-central-1.amazonaws.com/${userPoolId}`);
    const { keys } = (await (await fetch(`${emulator.endpoint}/${userPoolId}/.well-known/jwks.json`)).json()) as {
      keys: Record<string, string>[];
    };
    assert.equal(keys.length, 2);
    for (const key of keys) assert.deepEqual(Object.keys(key).sort(), ["alg", "e", "kid", "kty", "n", "use"]);
  });
});

describe("the command", () => {
  it("prints one line of JSON, listens on loopback alone and ends when it is told to", async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const child = spawn(process.execPath, ["test/cognito/main.ts", "--port", "0"], {
        cwd: root,
        stdio: ["ignore", "pipe", "ignore"],
      });
      let output = "";
      child.stdout.setEncoding("utf8");
      for await (const chunk of child.stdout as AsyncIterable<string>) {
        output += chunk;
        if (output.includes("\n")) break;
      }
      const { endpoint, ...rest } = JSON.parse(output) as { endpoint: string };
      assert.deepEqual(rest, {});
      assert.match(endpoint, /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.equal((await fetch(`${endpoint}/_control/clock`)).status, 200);
      await refusesElsewhere(Number(new URL(endpoint).port));
      const ended = once(child, "exit");
      child.kill(signal);
      assert.deepEqual(await ended, [0, null]);
      await assert.rejects(fetch(endpoint));
    }
  });
});

/** Nobody answers on the machine's other addresses. */
async function refusesElsewhere(port: number): Promise<void> {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  for (const { address } of addresses.filter(({ internal, family }) => !internal && family === "IPv4")) {
    const socket = connect(port, address);
    const [error] = (await Promise.race([once(socket, "error"), once(socket, "connect")])) as [Error?];
    socket.destroy();
    assert.ok(error, `reachable at ${address}`);
  }
}
