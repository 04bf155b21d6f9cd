import assert from "node:assert/strict";
import { join } from "node:path";
import { createCognitoProcess } from "../../../src/agent/cognitoProcess.ts";
import type { CognitoConfiguration } from "../../../src/core/cognito/configuration.ts";
import { FakeLog } from "../../fakes/log.ts";
import { type Emulated, startEmulated } from "../core/cognito/emulated.ts";

const script = join(import.meta.dirname, "../../../src/cognito.ts");
const nowhere: CognitoConfiguration = {
  region: "us-east-1",
  userPoolId: "us-east-1_Nowhere",
  clientId: "c",
  // Port 9, discard: nothing listens there.
  userPoolEndpoint: "http://127.0.0.1:9",
  identityPoolEndpoint: "http://127.0.0.1:9",
};

describe("process for Cognito", function () {
  this.timeout(30_000);
  let emulated: Emulated;
  let log: FakeLog;
  let disposables: { dispose(): void }[];

  before(async () => {
    emulated = await startEmulated();
  });

  after(() => emulated.stop());

  beforeEach(() => {
    log = new FakeLog();
    disposables = [];
  });

  afterEach(() => {
    for (const one of disposables) one.dispose();
  });

  function create(linger?: number) {
    const process = createCognitoProcess({ script, log, linger });
    disposables.push(process);
    return process;
  }

  it("signs in, renews with one memory, and ends when it is not needed any more", async () => {
    const { configuration, enrolled } = await emulated.demoPool({ rotation: true });
    const process = create(50);
    const cognito = await process.cognito();
    const deps = { configuration, log };
    assert.equal(process.pid(), undefined, "it is not there before it is needed");
    const flow = cognito.createFlow(deps);
    await flow.start(enrolled.username);
    const pid = process.pid() ?? 0;
    const second = await flow.answer({ kind: "password", password: enrolled.password });
    assert.ok(second.state === "prompt" && second.prompt.kind === "totp", JSON.stringify(second));
    assert.equal(process.pid(), pid, "a sign-in under way keeps it");
    // The emulator's clock goes ahead for it; the process finds out by how much.
    const code = await emulated.freshCode(enrolled.totpSecret);
    let last = await flow.answer({ kind: "totp", code });
    assert.ok(last.state === "tokens", JSON.stringify(last));
    const source = cognito.createTokenSource(deps);
    const tokens = await source.refresh(last.tokens.refreshToken);
    assert.ok((source.clockOffsetSeconds() ?? 0) < -50);
    const keys = await cognito.createIdentityPool(deps).credentials(tokens.idToken);
    assert.match(keys.accessKeyId, /^ASIA/);
    await gone(pid);
    assert.equal(process.pid(), undefined);
    last = await cognito.createFlow(deps).start(enrolled.username);
    assert.equal(last.state, "prompt");
    assert.notEqual(process.pid(), pid);
    for (const secret of [tokens.refreshToken, keys.secretAccessKey]) assert.ok(!log.lines.join().includes(secret));
  });

  it("hands problems over as they are, and stops what is cancelled", async () => {
    const cognito = await create().cognito();
    const source = cognito.createTokenSource({ configuration: nowhere, log });
    await assert.rejects(source.refresh("x"), { name: "GatehouseError", code: "unreachable" });
    const abort = new AbortController();
    const asked = source.refresh("x", abort.signal);
    abort.abort();
    await assert.rejects(asked, { code: "cancelled" });
  });

  it("fails what was asked when it is killed, and is there again for the next", async () => {
    const process = create();
    const cognito = await process.cognito();
    const source = cognito.createTokenSource({ configuration: nowhere, log });
    const asked = source.refresh("x");
    globalThis.process.kill(process.pid() ?? 0, "SIGKILL");
    await assert.rejects(asked, { code: "internal" });
    await assert.rejects(source.refresh("x"), { code: "unreachable" });
  });

  it("ends with its agent", async () => {
    const process = create();
    const cognito = await process.cognito();
    await cognito.createFlow({ configuration: nowhere, log }).start("yuki");
    const pid = process.pid() ?? 0;
    process.dispose();
    await gone(pid);
  });
});

async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
