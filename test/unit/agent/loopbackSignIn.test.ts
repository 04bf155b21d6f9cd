import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { AgentClient } from "../../../src/agent/client.ts";
import type { Clock } from "../../../src/agent/clock.ts";
import {
  awaitBrowserSignIn,
  type BrowserSignIn,
  cancelSignIn,
  claimAutomaticSignIn,
  configure,
  getCredentials,
  getSession,
  startBrowserSignIn,
} from "../../../src/agent/protocol.ts";
import { readBundle } from "../../../src/core/bundle.ts";
import { createCodeExchange } from "../../../src/core/cognito/codeExchange.ts";
import { createFlow } from "../../../src/core/cognito/flow.ts";
import { createIdentityPool } from "../../../src/core/cognito/identityPool.ts";
import { loopbackRedirectUri } from "../../../src/core/cognito/managedLogin.ts";
import { createTokenSource } from "../../../src/core/cognito/tokens.ts";
import type { DemoPool } from "../../cognito/demoPool.ts";
import { addBranding, addDomain, oauthSettings } from "../../cognito/managedLogin/setUp.ts";
import { Visitor } from "../../cognitoProof/managedLoginSite.ts";
import { configuration as fakeConfiguration } from "../../fakes/cognito.ts";
import { type Emulated, startEmulated } from "../core/cognito/emulated.ts";
import { Harness } from "./harness.ts";

/** A port that is free on both loopback addresses; somebody may take it before the test does, which is then told. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** As a browser: the name is "localhost", the address one of two. */
function open(port: number, path: string, headers: OutgoingHttpHeaders = {}, host = "127.0.0.1"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, headers: { Host: `localhost:${port}`, ...headers }, agent: false });
    sent.on("error", reject);
    sent.on("response", async (response: IncomingMessage) => {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      resolve({ status: response.statusCode ?? 0, text });
    });
    sent.end();
  });
}

const refused = (error: { code: string }) => error.code === "ECONNREFUSED";

describe("sign-in by browser at a loopback port", function () {
  this.timeout(30_000);
  let harness: Harness;
  let port: number;

  beforeEach(async () => {
    harness = new Harness();
    port = await freePort();
  });

  afterEach(() => harness.dispose());

  describe("with the Cognito emulator", () => {
    let emulated: Emulated;
    let pool: DemoPool;
    let settings: Record<string, string>;

    before(async () => {
      emulated = await startEmulated();
    });

    after(() => emulated.stop());

    beforeEach(async () => {
      const terminalClient = { ...oauthSettings, CallbackURLs: [loopbackRedirectUri(port)] };
      const demo = await emulated.demoPool({ terminalClient });
      pool = demo;
      const prefix = `loopback-${process.pid}-${port}`;
      await addDomain(emulated.userPools, pool.userPoolId, prefix);
      await addBranding(emulated.userPools, pool.userPoolId, pool.clientId);
      const domain = `${prefix}.localhost:${new URL(emulated.endpoint).port}`;
      settings = { ...(demo.configuration as unknown as Record<string, string>), domain };
      const clock: Clock = { now: emulated.now, monotonic: () => performance.now(), after: harness.clock.after };
      const cognito = { createFlow, createTokenSource, createIdentityPool, createCodeExchange };
      const translate = (language: string) => readBundle(join(import.meta.dirname, "../../.."), language);
      await harness.start({ cognito: async () => cognito, clock, translate });
    });

    /** Path and query that the browser is sent to. */
    async function signInAt(url: string): Promise<string> {
      const { host, pathname, search } = new URL(url);
      const visitor = new Visitor(emulated, { host });
      const { username, password, totpSecret } = pool.enrolled;
      const asked = await visitor.signIn(pathname + search, username, password);
      const code = await emulated.freshCode(totpSecret);
      const { location } = await visitor.submit(asked, { authentication_code: code });
      assert.equal(location?.origin, `http://localhost:${port}`);
      return `${location?.pathname}${location?.search}`;
    }

    for (const address of ["127.0.0.1", "::1"]) {
      it(`signs in by way of ${address}, tells every window, and closes the port`, async () => {
        const client = await harness.connect();
        const other = await harness.connect();
        const told = new Promise<string>((resolve) => {
          other.onSessionChanged(({ state }) => state === "signedIn" && resolve(state));
        });
        const view = await client.request(configure, { ...settings, callbackPort: port });
        assert.ok(view.ok && view.browserSignIn);
        const begun = await client.request(startBrowserSignIn, { language: "ja" });
        assert.equal(new URL(begun.url).searchParams.get("redirect_uri"), loopbackRedirectUri(port));
        const waiting = client.request(awaitBrowserSignIn, { flow: begun.flow });
        const path = await signInAt(begun.url);
        const page = await open(port, path, {}, address);
        assert.equal(page.status, 200, page.text);
        assert.match(page.text, /サインインが完了しました/);
        const step = await waiting;
        assert.ok(step.state === "signedIn" && step.session.state === "signedIn");
        assert.equal(step.session.email, pool.enrolled.username);
        assert.match((await client.request(getCredentials)).AccessKeyId, /^ASIA/);
        assert.equal(await told, "signedIn");
        await assert.rejects(open(port, path, {}, address), refused);
      });
    }

    it("refuses requests under another name and from a page, and goes on waiting", async () => {
      const client = await harness.connect();
      await client.request(configure, { ...settings, callbackPort: port });
      const begun = await client.request(startBrowserSignIn, {});
      const path = await signInAt(begun.url);
      for (const headers of [
        { Host: `127.0.0.1:${port}` },
        { Host: "localhost" },
        { Host: `localhost:${port + 1}` },
        { Host: `evil.example:${port}` },
        { Origin: "https://evil.example" },
        { Origin: `http://localhost:${port}` },
      ]) {
        assert.equal((await open(port, path, headers)).status, 403, JSON.stringify(headers));
      }
      assert.equal((await client.request(getSession)).state, "signedOut");
      // Here nobody knows who should come, and a header tells nothing.
      assert.equal((await open(port, path, { "X-Gatehouse-Email": "eve@example.com" })).status, 200);
    });
  });

  /** A client with a domain and the port; nobody answers at managed login. */
  async function connect(callbackPort = port): Promise<AgentClient> {
    const client = await harness.connect();
    const { region, userPoolId, clientId } = fakeConfiguration;
    await client.request(configure, { region, userPoolId, clientId, domain: "login.example.com", callbackPort });
    return client;
  }

  const callback = ({ url }: BrowserSignIn, code = "right-code") =>
    `/gatehouse/callback?code=${code}&state=${new URL(url).searchParams.get("state")}`;

  it("says that the port is taken, on either address, and which setting decides", async () => {
    await harness.start();
    const client = await connect();
    for (const host of ["127.0.0.1", "::1"]) {
      const other = createServer().listen({ host, port, ipv6Only: true });
      await once(other, "listening");
      await assert.rejects(client.request(startBrowserSignIn, {}), {
        code: "browserSignInUnavailable",
        params: { setting: "cognito.callbackPort", port },
      });
      other.close();
      await once(other, "close");
    }
    await client.request(startBrowserSignIn, {});
    assert.equal((await open(port, "/")).status, 404);
  });

  it("is not there without a domain", async () => {
    await harness.start();
    const client = await harness.connect();
    const { region, userPoolId, clientId } = fakeConfiguration;
    const view = await client.request(configure, { region, userPoolId, clientId });
    assert.ok(view.ok && !view.browserSignIn);
    const problem = { code: "browserSignInUnavailable", params: { setting: "cognito.domain" } };
    await assert.rejects(client.request(startBrowserSignIn, {}), problem);
  });

  it("keeps the port open over a replacement, and closes it when the client goes", async () => {
    await harness.start();
    const [first, second] = [await connect(), await connect()];
    const old = await first.request(startBrowserSignIn, {});
    const lost = first.request(awaitBrowserSignIn, { flow: old.flow });
    const begun = await second.request(startBrowserSignIn, {});
    assert.deepEqual(await lost, { state: "failed", problem: { code: "browserSignInReplaced" } });
    assert.equal((await open(port, callback(old))).status, 400);
    second.dispose();
    for (;;) {
      const closed = await open(port, callback(begun)).then(() => false, refused);
      if (closed) break;
    }
    assert.deepEqual(harness.cognito.calls, []);
  });

  it("listens where the settings of now say", async () => {
    await harness.start();
    const client = await connect();
    const old = await client.request(startBrowserSignIn, {});
    const next = await freePort();
    await connect(next);
    const begun = await client.request(startBrowserSignIn, {});
    await assert.rejects(open(port, callback(old)), refused);
    assert.equal((await open(next, callback(begun))).status, 200);
    assert.equal((await client.request(getSession)).state, "signedIn");
  });

  it("is cancelled by its client, before and while Cognito answers", async () => {
    await harness.start();
    const client = await connect();
    for (const late of [false, true]) {
      const begun = await client.request(startBrowserSignIn, {});
      const waiting = client.request(awaitBrowserSignIn, { flow: begun.flow });
      let release = (): void => {};
      harness.cognito.gates.redeem = new Promise((resolve) => {
        release = resolve;
      });
      const page = late ? open(port, callback(begun)) : undefined;
      while (late && !harness.cognito.calls.includes("redeem")) await new Promise((resolve) => setImmediate(resolve));
      await client.request(cancelSignIn, { flow: begun.flow });
      release();
      await assert.rejects(waiting, { code: "cancelled" });
      if (page !== undefined) assert.equal((await page).status, 400);
      await assert.rejects(client.request(awaitBrowserSignIn, { flow: begun.flow }), { code: "flowUnknown" });
    }
    assert.equal((await client.request(getSession)).state, "signedOut");
  });

  it("waits for ten minutes, keeps an agent alive that long, and lets no window begin another by itself", async () => {
    await harness.start({ grace: 1000 });
    const client = await connect();
    const begun = await client.request(startBrowserSignIn, {});
    const waiting = client.request(awaitBrowserSignIn, { flow: begun.flow });
    assert.deepEqual(await client.request(claimAutomaticSignIn), { granted: false });
    await harness.clock.advance(600_000);
    assert.deepEqual(await waiting, { state: "failed", problem: { code: "flowExpired", params: { minutes: 10 } } });
    await assert.rejects(open(port, callback(begun)), refused);
    assert.deepEqual(harness.ended, []);
  });

  it("ends an agent only when what nobody waits for any more is revoked", async () => {
    await harness.start({ grace: 1000 });
    const client = await connect();
    const begun = await client.request(startBrowserSignIn, {});
    let release = (): void => {};
    harness.cognito.stubborn = true;
    harness.cognito.gates.redeem = new Promise((resolve) => {
      release = resolve;
    });
    const page = open(port, callback(begun));
    while (!harness.cognito.calls.includes("redeem")) await new Promise((resolve) => setImmediate(resolve));
    client.dispose();
    await harness.clock.advance(60_000);
    assert.deepEqual(harness.ended, []);
    release();
    assert.equal((await page).status, 400);
    assert.equal(harness.cognito.revoked.length, 1);
    await harness.clock.advance(1000);
    assert.equal(harness.ended.length, 1);
  });

  it("takes nothing but a language it knows", async () => {
    await harness.start();
    const client = await connect();
    await assert.rejects(client.request(startBrowserSignIn, { language: "fr" } as never));
    await assert.rejects(client.request(awaitBrowserSignIn, { flow: "x" }), { code: "flowUnknown" });
  });
});
