/** The address that managed login sends a browser back to, through the gate, while a sign-in to AWS waits for it. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { join } from "node:path";
import { type ClientConnection, createClientConnection } from "../../src/agent/clientConnection.ts";
import {
  awaitBrowserSignIn,
  type BrowserSignIn,
  cancelSignIn,
  getSession,
  hello,
  protocolVersion,
  startBrowserSignIn,
} from "../../src/agent/protocol.ts";
import { settings } from "../../src/manifest.ts";
import { launchBrowser } from "../lab/browser.ts";
import { type HostLab, startHostLab } from "../lab/host/hostLab.ts";
import { applyGate, type GateVisitor, signInAtGate, GateVisitor as Visitor } from "./gateSession.ts";
import { until } from "./page.ts";

describe("the way back from managed login through the gate", () => {
  let lab: HostLab;
  let agent: ClientConnection;
  /** Both may come in. */
  let alice: GateVisitor;
  let eve: GateVisitor;

  before(async function () {
    this.timeout(30 * 60_000);
    lab = await startHostLab({ progress: (line) => console.error(`      ${line}`) });
    const { enrolled, refused } = lab.pool;
    await applyGate(lab, { allowedEmails: [enrolled.username, refused.username], allowedGroups: [] });
    alice = await signInAtGate(lab, enrolled);
    eve = await signInAtGate(lab, refused);
    agent = createClientConnection(connect(await lab.relay("/run/gatehouse/agent.sock"), "127.0.0.1"));
    await agent.request(hello, { protocol: protocolVersion, client: "cli", version: "0.0.0" });
  });
  after(async () => {
    agent?.dispose();
    await lab?.close();
  });

  const begin = () => agent.request(startBrowserSignIn, {});
  const result = ({ flow }: BrowserSignIn) => agent.request(awaitBrowserSignIn, { flow });
  const session = () => agent.request(getSession);
  const signedIn = () =>
    until("AWS credentials", async () => {
      const now = await session();
      return now.state === "signedIn" && now.credentials.state === "ready" ? now : undefined;
    });
  /** Where Cognito, which knows this person already, sends their browser: the callback with the code. */
  const sentBack = async (visitor: GateVisitor, { url }: BrowserSignIn): Promise<URL> => {
    const { location, text } = await visitor.open(url);
    assert.equal(location?.origin, lab.origin, text);
    assert.equal(location.pathname, "/gatehouse/callback");
    assert.ok(location.searchParams.has("code") && location.searchParams.has("state"));
    return location;
  };
  const refused = async (visitor: GateVisitor, address: URL, headers?: Record<string, string>) => {
    const { status, text } = await visitor.open(address, headers === undefined ? {} : { headers });
    assert.ok(status >= 400 && status < 500, `${status}`);
    assert.match(text, /Nothing has changed in your session/);
  };

  it("signs in without a click or a key when the window opens, where gatehouse.signIn.automatically is on", async () => {
    const folder = "/home/developer/.local/share/code-server/Machine";
    await lab.run(["mkdir", "-p", folder], { user: "developer" });
    const input = JSON.stringify({ [settings.signInAutomatically]: true });
    await lab.run(["tee", `${folder}/settings.json`], { user: "developer", input });
    assert.equal((await session()).state, "signedOut");
    // As a person's browser that lets the editor open pages; with a value, as Playwright's own switch is left out.
    const permission = ["--disable-popup-blocking=1"];
    const browser = await launchBrowser(join(lab.directory, "browser"), [...lab.browserArguments, ...permission]);
    try {
      for (const [host, jar] of alice.cookies) {
        const own = { url: `https://${host}`, secure: true, httpOnly: true, sameSite: "Lax" } as const;
        await browser.addCookies([...jar].map(([name, value]) => ({ name, value, ...own })));
      }
      const opened = browser.waitForEvent("page", { timeout: 120_000 });
      // The first page is there; what opens is the sign-in's.
      await browser.pages()[0]?.goto(lab.url);
      const page = await opened;
      await page.getByText("Sign-in complete").waitFor();
      assert.equal(new URL(page.url()).pathname, "/gatehouse/callback");
      assert.equal((await signedIn()).email, lab.pool.enrolled.username);
    } finally {
      await browser.close();
    }
  });

  it("refuses whoever has no session at the gate, and the code stays good for whom it was given to", async () => {
    const before = await session();
    const pending = await begin();
    const address = await sentBack(alice, pending);
    const stranger = new Visitor(lab);
    const email = { "X-Gatehouse-Email": lab.pool.enrolled.username };
    assert.equal((await stranger.open(address, { headers: { "Sec-Fetch-Mode": "cors", ...email } })).status, 401);
    assert.notEqual((await stranger.open(address, { headers: email })).status, 200);
    assert.deepEqual(await session(), before);
    assert.match((await alice.open(address)).text, /Sign-in complete/);
    assert.equal((await result(pending)).state, "signedIn");
    assert.equal((await signedIn()).email, lab.pool.enrolled.username);
  });

  it("refuses a wrong, an old and a second state, and the session stays as it is", async () => {
    const before = await signedIn();
    const old = await sentBack(alice, await begin());
    const pending = await begin();
    const address = await sentBack(alice, pending);
    await refused(alice, old);
    const wrong = new URL(address);
    wrong.searchParams.set("state", `${address.searchParams.get("state")?.slice(1)}A`);
    await refused(alice, wrong);
    assert.deepEqual(await session(), before);
    assert.match((await alice.open(address)).text, /Sign-in complete/);
    assert.equal((await result(pending)).state, "signedIn");
    const after = await signedIn();
    await refused(alice, address);
    assert.deepEqual(await session(), after);
  });

  it("refuses a stolen code, and a code of another person, whatever address the request claims", async () => {
    const before = await signedIn();
    const claimed = { "X-Gatehouse-Email": lab.pool.enrolled.username, "X-Auth-Request-Email": "alice@example.com" };
    for (const [whose, where] of [
      [alice, eve],
      [eve, alice],
    ] as const) {
      const pending = await begin();
      const address = await sentBack(whose, pending);
      await refused(where, address, claimed);
      const step = await result(pending);
      assert.equal(step.state === "failed" && step.problem.code, "emailMismatch");
      // Nor is it good for its own person then.
      await refused(whose, address);
      assert.deepEqual(await session(), before);
    }
    // Of another sign-in of the same person: the verifier isn't this one's.
    const other = await sentBack(alice, await begin());
    const pending = await begin();
    const address = await sentBack(alice, pending);
    address.searchParams.set("code", other.searchParams.get("code") ?? "");
    await refused(alice, address);
    assert.equal((await result(pending)).state, "failed");
    assert.deepEqual(await session(), before);
    await agent.request(cancelSignIn, { flow: (await begin()).flow });
  });
});
