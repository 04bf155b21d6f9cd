import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { getCredentials, refresh } from "../../src/agent/protocol.ts";
import { commands } from "../../src/manifest.ts";
import { isAlive } from "../lab/cache.ts";
import { scanQrCode } from "./authenticator.ts";
import { counts } from "./counts.ts";
import { AwsLoop } from "./loop.ts";
import { answer, openTerminal, runCommand, statusBar, until, workbenchReady } from "./page.ts";
import { commandTitle, World } from "./world.ts";

const identity = "aws sts get-caller-identity";

describe("a session in the editor", () => {
  let world: World;

  before(async function () {
    // The first run on a machine installs code-server.
    this.timeout(30 * 60_000);
    world = await World.create();
    await world.open();
  });

  after(async () => {
    await world?.close();
  });

  afterEach(async function () {
    if (this.currentTest?.state === "failed") {
      const path = await world.screenshot(`failed-${this.currentTest.title.replace(/\W+/g, "-").slice(0, 60)}`);
      console.error(`      ${path}\n${world.traces()}`);
    }
  });

  it("has AWS credentials in a terminal that was open before the sign-in and in one opened after it", async () => {
    await world.signOut();
    const before = await openTerminal(world.page, world.lab.workspace);
    const signedOut = await before.run(identity);
    assert.notEqual(signedOut.status, 0);
    assert.match(signedOut.output, /sign in|signed out/i);

    await world.signIn();
    const first = await before.run(identity);
    assert.equal(first.status, 0, first.output);
    assert.match(first.output, /:assumed-role\//);
    const after = await openTerminal(world.page, world.lab.workspace);
    const second = await after.run(identity);
    assert.equal(second.status, 0, second.output);
    assert.match(second.output, /:assumed-role\//);
    assert.doesNotMatch(await statusBar(world.page), /Sign in to AWS/);

    // The README's picture.
    await after.type("clear");
    await until("an empty screen", async () => (await after.text()).trim().length < 20);
    await world.page.keyboard.type(`${identity}\n`);
    await until("the answer and a new prompt", async () => /assumed-role[\s\S]*workspace/.test(await after.text()));
    await world.screenshot("signed-in");
  });

  it("refuses a wrong password and a wrong code beside the input, and goes on from there", async () => {
    await world.signOut();
    const user = world.enrolled;
    await runCommand(world.page, commandTitle(commands.signIn));
    await answer(world.page, /user name/i, user.username);
    await answer(world.page, /password/i, "Wrong-Password-1!");
    await answer(
      world.page,
      /(wrong|incorrect|not right)[\s\S]*password|password[\s\S]*(wrong|incorrect|not right)/i,
      user.password,
    );
    await answer(world.page, /6 digits/i, await wrongCode(world));
    await answer(
      world.page,
      /code[\s\S]*(wrong|incorrect|not right)|(wrong|incorrect|not right)[\s\S]*code/i,
      await world.code(user),
    );
    await world.credentialsReady(user);
  });

  it("loses no AWS call while windows reload, the browser closes, the extension host is killed and credentials are rotated", async function () {
    this.timeout(600_000 + counts.rotations * 5000 + counts.extensionHostKills * 60_000);
    await world.signedIn();
    const loop = await AwsLoop.start(await openTerminal(world.page, world.lab.workspace));

    for (let reload = 0; reload < counts.reloads; reload++) {
      await world.page.reload();
      await workbenchReady(world.page);
      await loop.more(1);
    }
    await world.reopenBrowser();
    await loop.more(1);
    for (let kill = 0; kill < counts.extensionHostKills; kill++) {
      const hosts = await until("an extension host", () =>
        world.extensionHosts().length > 0 ? world.extensionHosts() : undefined,
      );
      for (const pid of hosts) process.kill(pid, "SIGKILL");
      await until("the extension host to be gone", () => !hosts.some(isAlive));
      await loop.more(1);
      await world.page.reload();
      await workbenchReady(world.page);
    }
    const keys = new Set<string>();
    for (let rotation = 0; rotation < counts.rotations; rotation++) {
      await world.agent((client) => client.request(refresh));
      keys.add((await world.agent((client) => client.request(getCredentials))).AccessKeyId);
      if (counts.rotations < 10 || rotation % 5 === 0) await loop.more(1);
    }
    assert.equal(keys.size, counts.rotations, "every rotation brings other keys");
    const { calls, failures } = await loop.end();
    assert.deepEqual(failures, []);
    assert.ok(calls > 5);
    record({
      rotations: counts.rotations,
      reloads: counts.reloads,
      extensionHostKills: counts.extensionHostKills,
      calls,
    });
  });

  it("enrols a phone by the QR code on the screen", async () => {
    await world.signOut();
    const user = world.newcomer;
    await runCommand(world.page, commandTitle(commands.signIn));
    await answer(world.page, /user name/i, user.username);
    await answer(world.page, /password/i, user.password);
    const uri = new URL(await scanQrCode(world.page));
    assert.equal(uri.protocol, "otpauth:");
    world.enrol(user, uri.searchParams.get("secret") ?? "");
    await answer(world.page, /6 digits/i, await world.code(user));
    await world.credentialsReady(user);
    const result = await (await openTerminal(world.page, world.lab.workspace)).run(identity);
    assert.equal(result.status, 0, result.output);
  });

  it("is there again within a second after the agent was killed, signed out, and says so", async function () {
    this.timeout(120_000 + counts.agentKills * 120_000);
    let slowest = 0;
    for (let kill = 0; kill < counts.agentKills; kill++) {
      await world.signedIn();
      const pid = await world.agentPid();
      const killed = Date.now();
      process.kill(pid, "SIGKILL");
      const session = await until("another agent", async () => {
        const other = await world.agentPid();
        return other === pid ? undefined : await world.session();
      });
      slowest = Math.max(slowest, Date.now() - killed);
      assert.equal(session.state, "signedOut");
    }
    assert.ok(slowest < 1000, `it took ${slowest} ms`);
    await until("the status bar to say so", async () => /Sign in to AWS/.test(await statusBar(world.page)));
    const terminal = await openTerminal(world.page, world.lab.workspace);
    const result = await terminal.run(identity);
    assert.notEqual(result.status, 0);
    record({ agentKills: counts.agentKills, slowestRestartMs: slowest });
  });

  it("has no AWS credentials in any terminal after signing out", async () => {
    await world.signedIn();
    const terminal = await openTerminal(world.page, world.lab.workspace);
    assert.equal((await terminal.run(identity)).status, 0);
    await runCommand(world.page, commandTitle(commands.signOutOfAws));
    await until("the session to end", async () => (await world.session()).state === "signedOut");
    const result = await terminal.run(identity);
    assert.notEqual(result.status, 0);
    assert.match(result.output, /sign in|signed out/i);
  });

  it("gives no credentials through code-server's port proxy", async () => {
    await world.signedIn();
    const { endpoint } = await world.agent(async (client) => client.hello);
    const token = readFileSync(endpoint.tokenFile, "utf8");
    const address = new URL(endpoint.uri);
    const headers = { authorization: token };
    assert.equal(await statusOf(address, headers), 200);
    for (const way of ["proxy", "absproxy"]) {
      const path = way === "proxy" ? address.pathname : "";
      const response = await fetch(`${world.lab.editor.origin}/${way}/${address.port}${path}`, { headers });
      assert.ok(response.status >= 400 && response.status < 500, `${way}: ${response.status}`);
      assert.doesNotMatch(await response.text(), /AccessKeyId|SecretAccessKey/);
    }
  });

  it("leaves no password, code, token or key anywhere but in the agent", async () => {
    await world.signIn();
    const keys = await world.agent((client) => client.request(getCredentials));
    world.secrets.add("secret key", keys.SecretAccessKey);
    world.secrets.add("session token", keys.SessionToken);
    const { tokenFile } = (await world.agent(async (client) => client.hello)).endpoint;
    world.secrets.add("token of the endpoint", readFileSync(tokenFile, "utf8"));
    const terminal = await openTerminal(world.page, world.lab.workspace);
    assert.equal((await terminal.run(identity)).status, 0);
    // What is planted has to be found, or the search proves nothing.
    const planted = join(world.lab.home, "planted");
    writeFileSync(planted, `a line with ${keys.SecretAccessKey} in it`);
    await world.page.evaluate("localStorage.setItem('planted', 'planted-in-the-browser')");
    world.secrets.add("planted text", "planted-in-the-browser");
    const found = await world.secrets.search(world.lab.directory, world.page, (path) => path === tokenFile);
    assert.ok(found.includes(`secret key in ${planted}`));
    assert.ok(found.includes("planted text in browser storage"));
    const unexpected = found.filter((place) => !place.endsWith(planted) && !place.startsWith("planted text"));
    assert.deepEqual(unexpected, []);
  });
});

/** As an SDK asks: fetch would add headers of a browser. */
function statusOf(address: URL, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(address, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });
}

/** Six digits that are none of the codes of these minutes. */
async function wrongCode(world: World): Promise<string> {
  const right = await world.authenticator(world.enrolled).code();
  return String((Number(right) + 1) % 1_000_000).padStart(6, "0");
}

/** Figures for whoever watches, and for the soak's table. */
function record(figures: Record<string, number>): void {
  console.log(`      ${JSON.stringify(figures)}`);
  const file = process.env["GATEHOUSE_SOAK_FILE"];
  if (file !== undefined && existsSync(join(file, ".."))) appendFileSync(file, `${JSON.stringify(figures)}\n`);
}
