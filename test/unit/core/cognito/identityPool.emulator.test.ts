import assert from "node:assert/strict";
import {
  CreateIdentityPoolCommand,
  DeleteIdentityPoolCommand,
  SetIdentityPoolRolesCommand,
} from "@aws-sdk/client-cognito-identity";
import { CreateUserPoolClientCommand } from "@aws-sdk/client-cognito-identity-provider";
import type { CognitoConfiguration } from "../../../../src/core/cognito/configuration.ts";
import { createIdentityPool } from "../../../../src/core/cognito/identityPool.ts";
import type { Tokens } from "../../../../src/core/cognito/verification.ts";
import { silent } from "../../../../src/core/log.ts";
import type { DemoOptions } from "../../../cognito/demoPool.ts";
import { startWebServer } from "../../../fakes/webServer.ts";
import { type Emulated, signIn, startEmulated } from "./emulated.ts";

describe("identity pool against the emulator", function () {
  this.timeout(20_000);
  let cognito: Emulated;
  beforeEach(async () => {
    cognito = await startEmulated();
  });
  afterEach(() => cognito.stop());

  const poolOf = (configuration: CognitoConfiguration, skew = 0) =>
    createIdentityPool({ configuration, log: silent, now: () => cognito.now() + skew * 1000 });

  async function signedIn(options?: DemoOptions) {
    const demo = await cognito.demoPool(options);
    const { username, password, totpSecret } = demo.enrolled;
    const code = await cognito.freshCode(totpSecret);
    const answers = [
      { kind: "password", password },
      { kind: "totp", code },
    ] as const;
    return { ...demo, tokens: await signIn(cognito.flow(demo.configuration), username, ...answers) };
  }

  it("gives credentials for an hour, and the same identity each time", async () => {
    const { configuration, tokens } = await signedIn();
    const pool = poolOf(configuration);
    const first = await pool.credentials(tokens.idToken);
    assert.match(first.accessKeyId, /^ASIA/);
    assert.ok(first.secretAccessKey && first.sessionToken);
    assert.match(first.identityId, /^us-east-1:[0-9a-f-]{36}$/);
    assert.ok(Math.abs(first.expiresAt - cognito.now() - 3_600_000) < 5000);
    const second = await pool.credentials(tokens.idToken);
    assert.equal(second.identityId, first.identityId);
    assert.equal((await poolOf(configuration).credentials(tokens.idToken)).identityId, first.identityId);
  });

  it("takes the role that was chosen from the token, and no other", async () => {
    const { configuration, tokens, roles } = await signedIn();
    const pool = poolOf(configuration);
    await pool.credentials(tokens.idToken, roles.administrator);
    await assert.rejects(pool.credentials(tokens.idToken, roles.member), {
      code: "roleNotAllowed",
      params: { role: roles.member },
    });
  });

  it("asks for a choice where several roles come and none is preferred", async () => {
    const { configuration, tokens, roles } = await signedIn({
      noPreferredRole: true,
      ambiguousRoleResolution: "Deny",
    });
    const pool = poolOf(configuration);
    await assert.rejects(pool.credentials(tokens.idToken), { code: "ambiguousRole" });
    await pool.credentials(tokens.idToken, roles.developer);
  });

  async function withOtherPool(roles: Record<string, string>, tokens: Tokens, configuration: CognitoConfiguration) {
    const { userPoolId, clientId: ClientId } = configuration;
    const { IdentityPoolId = "" } = await cognito.identityPools.send(
      new CreateIdentityPoolCommand({
        IdentityPoolName: "other",
        AllowUnauthenticatedIdentities: false,
        CognitoIdentityProviders: [{ ProviderName: `cognito-idp.us-east-1.amazonaws.com/${userPoolId}`, ClientId }],
      }),
    );
    if (Object.keys(roles).length > 0) {
      await cognito.identityPools.send(new SetIdentityPoolRolesCommand({ IdentityPoolId, Roles: roles }));
    }
    return poolOf({ ...configuration, identityPoolId: IdentityPoolId }).credentials(tokens.idToken);
  }

  it("says that there is no role where the pool has none", async () => {
    const configuration = await cognito.pool();
    await cognito.user(configuration, "kim", "Correct-Horse-7");
    const tokens = await signIn(cognito.flow(configuration), "kim", { kind: "password", password: "Correct-Horse-7" });
    await assert.rejects(withOtherPool({}, tokens, configuration), { code: "noRole" });
    const role = "arn:aws:iam::123456789012:role/plain";
    assert.ok((await withOtherPool({ authenticated: role }, tokens, configuration)).accessKeyId);
  });

  it("says that no identity pool is configured", async () => {
    const { configuration, tokens } = await signedIn();
    const { identityPoolId: _, ...without } = configuration;
    await assert.rejects(poolOf(without).credentials(tokens.idToken), {
      code: "identityPoolMissing",
      params: { setting: "cognito.identityPoolId" },
    });
  });

  it("says that the configured identity pool does not exist", async () => {
    const { configuration, tokens } = await signedIn();
    const pool = poolOf(configuration);
    await pool.credentials(tokens.idToken);
    const missing = { ...configuration, identityPoolId: "us-east-1:00000000-0000-4000-8000-000000000000" };
    await assert.rejects(poolOf(missing).credentials(tokens.idToken), { code: "identityPoolRefused" });
    await assert.rejects(poolOf({ ...configuration, identityPoolId: "nonsense" }).credentials(tokens.idToken), {
      code: "identityPoolRefused",
    });
    const IdentityPoolId = configuration.identityPoolId;
    await cognito.identityPools.send(new DeleteIdentityPoolCommand({ IdentityPoolId }));
    await assert.rejects(pool.credentials(tokens.idToken), { code: "identityPoolRefused" });
  });

  it("says that the token is refused when it has expired, was changed or is none", async () => {
    const { configuration, tokens } = await signedIn();
    const changed = `${tokens.idToken.slice(0, -8)}AAAAAAAA`;
    await assert.rejects(poolOf(configuration).credentials(changed), { code: "tokenInvalid" });
    await assert.rejects(poolOf(configuration).credentials("rubbish"), { code: "tokenInvalid" });
    await cognito.advance(3601);
    await assert.rejects(poolOf(configuration).credentials(tokens.idToken), { code: "tokenInvalid" });
  });

  it("says that the token of a client that the identity pool doesn't know is refused", async () => {
    const { configuration, enrolled } = await cognito.demoPool();
    const { UserPoolClient } = await cognito.userPools.send(
      new CreateUserPoolClientCommand({
        UserPoolId: configuration.userPoolId,
        ClientName: "other",
        ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
      }),
    );
    const other = { ...configuration, clientId: UserPoolClient?.ClientId ?? "" };
    const code = await cognito.freshCode(enrolled.totpSecret);
    const answers = [
      { kind: "password", password: enrolled.password },
      { kind: "totp", code },
    ] as const;
    const tokens = await signIn(cognito.flow(other), enrolled.username, ...answers);
    const error = await poolOf(other)
      .credentials(tokens.idToken)
      .catch((error) => error);
    assert.ok(["tokenInvalid", "identityPoolRefused"].includes(error.code), error.code);
  });

  for (const skew of [-7200, 7200]) {
    it(`gives the expiry in this machine's time where its clock is ${skew} s off`, async () => {
      const { configuration, tokens } = await signedIn();
      const { expiresAt } = await poolOf(configuration, skew).credentials(tokens.idToken);
      assert.ok(Math.abs(expiresAt - (cognito.now() + skew * 1000) - 3_600_000) < 5000);
    });
  }

  it("names endpoint and setting when the identity pool can't be reached", async () => {
    const { configuration, tokens } = await signedIn();
    const server = await startWebServer((_, response) => response.writeHead(503).end());
    const failing = { ...configuration, identityPoolEndpoint: server.address };
    const broken = await poolOf(failing)
      .credentials(tokens.idToken)
      .catch((error) => error);
    assert.deepEqual([broken.code, broken.params.setting], ["serverError", "cognito.identityPoolEndpoint"]);
    await server.close();
    const away = await poolOf(failing)
      .credentials(tokens.idToken)
      .catch((error) => error);
    assert.deepEqual(
      [away.code, away.params.endpoint, away.params.setting],
      ["unreachable", server.address, "cognito.identityPoolEndpoint"],
    );
  });
});
