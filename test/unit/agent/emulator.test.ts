import assert from "node:assert/strict";
import type { Clock } from "../../../src/agent/clock.ts";
import {
  answerSignIn,
  chooseRole,
  configure,
  getCredentials,
  getSession,
  refresh,
  signOut,
  startSignIn,
} from "../../../src/agent/protocol.ts";
import { createCodeExchange } from "../../../src/core/cognito/codeExchange.ts";
import { createFlow } from "../../../src/core/cognito/flow.ts";
import { createIdentityPool } from "../../../src/core/cognito/identityPool.ts";
import { createTokenSource } from "../../../src/core/cognito/tokens.ts";
import type { DemoOptions } from "../../cognito/demoPool.ts";
import { type Emulated, startEmulated } from "../core/cognito/emulated.ts";
import { Harness } from "./harness.ts";

describe("agent with the Cognito emulator", function () {
  this.timeout(30_000);
  let emulated: Emulated;
  let harness: Harness;

  before(async () => {
    emulated = await startEmulated();
  });

  after(() => emulated.stop());

  beforeEach(() => {
    harness = new Harness();
  });

  afterEach(() => harness.dispose());

  async function signIn(options?: DemoOptions) {
    const pool = await emulated.demoPool(options);
    const clock: Clock = { now: emulated.now, monotonic: () => performance.now(), after: harness.clock.after };
    await harness.start({
      cognito: async () => ({ createFlow, createTokenSource, createIdentityPool, createCodeExchange }),
      clock,
    });
    const client = await harness.connect();
    assert.equal((await client.request(configure, pool.configuration)).ok, true);
    const { username, password, totpSecret } = pool.enrolled;
    const first = await client.request(startSignIn, { username });
    assert.ok(first.state === "prompt");
    const { flow } = first;
    const second = await client.request(answerSignIn, { flow, answer: { kind: "password", password } });
    assert.ok(second.state === "prompt" && second.prompt.kind === "totp", JSON.stringify(second));
    const code = await emulated.freshCode(totpSecret);
    const last = await client.request(answerSignIn, { flow, answer: { kind: "totp", code } });
    assert.ok(last.state === "signedIn" && last.session.state === "signedIn", JSON.stringify(last));
    return { pool, client, session: last.session };
  }

  it("signs in, serves terminals, changes the role and signs out", async () => {
    const { pool, client, session } = await signIn();
    assert.equal(session.credentials.state, "ready");
    assert.equal(session.role?.arn, pool.roles.developer);
    const before = await harness.credentials();
    assert.equal(before.status, 200);
    assert.equal(before.body["AccountId"], pool.roles.developer.split(":")[4]);
    const administrator = await client.request(chooseRole, { role: pool.roles.administrator });
    assert.ok(administrator.state === "signedIn" && administrator.role?.arn === pool.roles.administrator);
    assert.notEqual((await client.request(getCredentials)).AccessKeyId, before.body["AccessKeyId"]);
    assert.deepEqual((await client.request(signOut)).steps, [
      { step: "dropCredentials" },
      { step: "revokeRefreshToken" },
    ]);
    assert.equal((await harness.credentials()).status, 403);
  });

  it("refreshes with rotation, also after hours of sleep", async () => {
    const { client } = await signIn({ rotation: true });
    const seen = new Set([(await client.request(getCredentials)).AccessKeyId]);
    for (let count = 0; count < 3; count++) {
      await client.request(refresh);
      seen.add((await client.request(getCredentials)).AccessKeyId);
    }
    await emulated.advance(8 * 3600);
    const { status, body } = await harness.credentials();
    assert.equal(status, 200, JSON.stringify(body));
    seen.add(body["AccessKeyId"] ?? "");
    assert.equal(seen.size, 5);
  });

  it("is signed out when the person was signed out everywhere", async () => {
    const { client, pool } = await signIn();
    const { AdminUserGlobalSignOutCommand } = await import("@aws-sdk/client-cognito-identity-provider");
    const { userPoolId: UserPoolId, enrolled } = pool;
    await emulated.userPools.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username: enrolled.username }));
    await assert.rejects(client.request(refresh), { code: "sessionEnded" });
    assert.deepEqual(await client.request(getSession), { state: "signedOut", reason: "revoked" });
  });
});
