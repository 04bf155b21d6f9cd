import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CognitoProcessDependencies, createCognitoProcess } from "../../../src/agent/cognitoProcess.ts";
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

  describe("whose other end is replaced", () => {
    let directory: string;
    let stub: string;

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
      stub = join(directory, "stub.mjs");
      // The first parameter says what to do: hang, fail with that code, or answer.
      writeFileSync(
        stub,
        `process.on("message", ({ call, object, parameters }) => {
          const [what] = parameters ?? [];
          if (call === undefined || what === "hang") return;
          process.send(what === "good" ? { call, result: {}, offset: object } : { call, problem: { code: what } });
        });`,
      );
    });

    afterEach(() => rmSync(directory, { recursive: true, force: true }));

    async function stubbed(more: Partial<CognitoProcessDependencies>) {
      const process = createCognitoProcess({ script: stub, log, ...more });
      disposables.push(process);
      const cognito = await process.cognito();
      const options = { configuration: nowhere, log };
      return { process, source: cognito.createTokenSource(options), pool: cognito.createIdentityPool(options) };
    }

    it("is killed when it does not answer, and is there again for the next call", async () => {
      const { process, source, pool } = await stubbed({ limit: 1500 });
      await source.refresh("good");
      const pid = process.pid() ?? 0;
      const stuck = [source.refresh("hang"), pool.credentials("hang")];
      for (const one of stuck) {
        await assert.rejects(one, {
          code: "internal",
          params: { detail: "the process for Cognito gave no answer within 1.5 s" },
        });
      }
      await gone(pid);
      assert.equal(log.lines.filter((line) => /no answer/.test(line)).length, 1);
      await source.refresh("good");
      assert.notEqual(process.pid(), pid);
    });

    it("stays for long only after a refresh that may have left a rotated token with it", async () => {
      for (const code of ["cancelled", "sessionEnded", "clientMisconfigured"]) {
        const { process, source } = await stubbed({ linger: 20 });
        const asked = source.refresh(code);
        const pid = process.pid() ?? 0;
        await assert.rejects(asked, { code });
        await gone(pid);
      }
      const { process, pool } = await stubbed({ linger: 20 });
      const asked = pool.credentials("identityPoolMissing");
      const pid = process.pid() ?? 0;
      await assert.rejects(asked, { code: "identityPoolMissing" });
      await gone(pid);
    });

    it("stays after such a refresh whatever else it is asked, until that token is there", async () => {
      const { process, source, pool } = await stubbed({ linger: 20, lingerAfterFailure: 400 });
      const asked = source.refresh("tokenInvalid");
      const pid = process.pid() ?? 0;
      await assert.rejects(asked, { code: "tokenInvalid" });
      const since = performance.now();
      await pool.credentials("good");
      await gone(pid);
      assert.ok(performance.now() - since >= 390);
      const { process: other, source: again } = await stubbed({ linger: 20 });
      await assert.rejects(again.refresh("unreachable"), { code: "unreachable" });
      const second = other.pid() ?? 0;
      await again.refresh("good");
      await gone(second);
    });

    it("tells each token source its own measure of the clock, also of a process before", async () => {
      const { process, source, pool } = await stubbed({ linger: 20 });
      assert.equal(source.clockOffsetSeconds(), undefined);
      await source.refresh("good");
      const measured = source.clockOffsetSeconds();
      assert.equal(typeof measured, "number");
      await gone(process.pid() ?? 0);
      await pool.credentials("good");
      assert.equal(source.clockOffsetSeconds(), measured);
    });
  });

  describe("its environment", () => {
    let directory: string;
    const saved = { ...globalThis.process.env };

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
    });

    afterEach(() => {
      for (const name of Object.keys(globalThis.process.env)) {
        if (!(name in saved)) delete globalThis.process.env[name];
      }
      rmSync(directory, { recursive: true, force: true });
    });

    it("is what it needs, and nothing of systemd's, of the editor's or of Node's options", async () => {
      const stub = join(directory, "stub.mjs");
      const code = 'process.on("message", ({ call }) => process.send({ call, result: Object.keys(process.env) }));';
      writeFileSync(stub, code);
      const wanted = ["NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA", "SSL_CERT_FILE", "SSL_CERT_DIR", "https_proxy"];
      const unwanted =
        "LISTEN_PID LISTEN_FDS LISTEN_FDNAMES RUNTIME_DIRECTORY CREDENTIALS_DIRECTORY NOTIFY_SOCKET INVOCATION_ID " +
        "NODE_DEBUG AWS_ACCESS_KEY_ID AWS_ENDPOINT_URL GATEHOUSE_SOCKET VSCODE_PID";
      for (const name of [...wanted, ...unwanted.split(" ")]) globalThis.process.env[name] ??= "";
      const process = createCognitoProcess({ script: stub, log });
      disposables.push(process);
      const source = (await process.cognito()).createTokenSource({ configuration: nowhere, log });
      const names = (await source.refresh("x")) as unknown as string[];
      for (const name of wanted) assert.ok(names.includes(name), name);
      for (const name of unwanted.split(" ")) assert.ok(!names.includes(name), name);
    });

    it("lets it trust what the system trusts, where that is asked for", async function () {
      if (!globalThis.process.allowedNodeEnvironmentFlags.has("--use-system-ca")) this.skip();
      const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")] as const;
      const asked = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost";
      const names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert];
      execFileSync("openssl", [...asked.split(" "), ...names], { stdio: "ignore" });
      const tls = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
      const server = createHttpsServer(tls, (_request, response) => response.writeHead(404).end()).listen(
        0,
        "127.0.0.1",
      );
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const configuration = { ...nowhere, userPoolEndpoint: `https://127.0.0.1:${port}` };
      // By fetch (keys of the pool), and by the SDK.
      const codes = async () => {
        const source = (await create().cognito()).createTokenSource({ configuration, log });
        const calls = [source.refresh("x"), source.revoke("x")];
        return Promise.all(calls.map((call) => call.then(String, (error: { code: string }) => error.code)));
      };
      try {
        assert.deepEqual(await codes(), ["tls", "tls"]);
        // Takes the place of the system's store.
        Object.assign(globalThis.process.env, { SSL_CERT_FILE: cert, NODE_USE_SYSTEM_CA: "1" });
        assert.deepEqual(await codes(), ["unreachable", "unreachable"]);
      } finally {
        server.close();
      }
    });
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
