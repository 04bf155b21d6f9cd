import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { GatehouseError } from "../../../src/core/errors.ts";
import type { Session } from "../../../src/core/session.ts";
import { type FakeAgent, startFakeAgent } from "../../fakes/agentSocket.ts";
import { cliScript, gatehouse } from "./process.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

const url = "https://login.example.com/oauth2/authorize?state=S&scope=openid+email";
const session: Session = {
  state: "signedIn",
  id: "x",
  username: "alice",
  signedInAt: 0,
  roles: [],
  credentials: { state: "ready", expiresAt: Date.now() + 3600_000, refreshedAt: 0 },
};

describe("gatehouse login in the browser", function () {
  this.timeout(20_000);
  let agent: FakeAgent;
  let terminal: Terminal | undefined;
  let scratch: string;
  let comeBack: (step: unknown) => void;

  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), "gatehouse-browser-"));
  });
  afterEach(async () => {
    terminal?.kill();
    terminal = undefined;
    await agent.close();
    await rm(scratch, { recursive: true, force: true });
  });

  const serve = async (browserSignIn = true) => {
    agent = await startFakeAgent({
      "configuration/get": () => ({
        ...{ ok: true, source: "host.json", region: "r", userPoolId: "p", clientId: "c" },
        browserSignIn,
      }),
      "session/get": () => ({ state: "signedOut", reason: "never" }),
      "signIn/browser": () => ({ flow: "f1", url, expiresAt: 0 }),
      "signIn/browserResult": () =>
        new Promise((resolve) => {
          comeBack = resolve;
        }),
      "signIn/start": () => {
        throw new GatehouseError("userDisabled");
      },
      "signIn/cancel": () => null,
    });
  };
  const run = (args: string, env: Record<string, string> = {}) => {
    const line = `'${process.execPath}' '${cliScript}' login ${args}; code=$?; stty -a; echo exit=$code`;
    terminal = openTerminal(line, { ...agent.env, ...env });
    return terminal;
  };
  const exit = async (opened: Terminal) => Number((await opened.waitFor(/exit=(\d+)/))[1]);
  const asked = async (method: string) => {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; await delay(10)) {
      const found = agent.requests.find((request) => request.method === method);
      if (found !== undefined) return found.params;
    }
    throw new Error(`nobody has asked for ${method}`);
  };

  it("prints the address, waits for the browser, and says who is signed in", async () => {
    await serve();
    const opened = run("");
    await opened.waitFor(/Open this page in your browser to sign in:/);
    await opened.waitFor(/gatehouse login --password/);
    assert.ok(opened.shown.includes(url));
    assert.deepEqual(await asked("signIn/browserResult"), { flow: "f1" });
    comeBack({ state: "signedIn", session });
    await opened.waitFor(/Signed in as alice\./);
    assert.equal(await exit(opened), 0);
    assert.deepEqual(await asked("signIn/browser"), { language: "en" });
    assert.ok(!agent.requests.some(({ method }) => method === "signIn/cancel"));
  });

  it("speaks the reader's language, and asks for the pages in it", async () => {
    await serve();
    const opened = run("", { LANG: "ja_JP.UTF-8" });
    await opened.waitFor(/サインインするには、ブラウザーで次のページを開いてください/);
    assert.deepEqual(await asked("signIn/browser"), { language: "ja" });
  });

  it("opens the page with the program that BROWSER names", async () => {
    await serve();
    const browser = join(scratch, "browser.sh");
    await writeFile(browser, `#!/bin/sh\necho "$# $1" >${scratch}/new; mv ${scratch}/new ${scratch}/opened\n`);
    await chmod(browser, 0o755);
    const opened = run("", { BROWSER: browser });
    // The last line of what it says; the address stands before it.
    await opened.waitFor(/gatehouse login --password/);
    assert.match(opened.shown, /Continue in your browser/);
    assert.ok(opened.shown.includes(url));
    for (const deadline = Date.now() + 10_000; ; await delay(10)) {
      const text = await readFile(join(scratch, "opened"), "utf8").catch(() => undefined);
      if (text !== undefined) {
        assert.equal(text, `1 ${url}\n`);
        break;
      }
      assert.ok(Date.now() < deadline, "the browser was not opened");
    }
  });

  it("does not go wrong with a BROWSER that is not there, a list or a template", async () => {
    await serve();
    for (const browser of ["/nonexistent/browser", "firefox:w3m", "/usr/bin/open %s", "/bin/a:/bin/b"]) {
      const opened = run("", { BROWSER: browser });
      await opened.waitFor(/gatehouse login --password/);
      assert.ok(opened.shown.includes(url), browser);
      opened.type("\u0003");
      assert.equal(await exit(opened), 130, browser);
    }
  });

  it("is cancelled by Ctrl-C: the agent is told, the terminal is restored, 130", async () => {
    await serve();
    const opened = run("");
    await asked("signIn/browserResult");
    opened.type("\u0003");
    assert.equal(await exit(opened), 130);
    assert.match(opened.shown, /\nisig icanon /);
    assert.match(opened.shown, /The sign-in was cancelled/);
    assert.deepEqual(await asked("signIn/cancel"), { flow: "f1" });
  });

  for (const code of ["signInRefused", "emailMismatch", "browserSignInReplaced", "flowExpired"] as const) {
    it(`ends with 1 and the reason for ${code}`, async () => {
      await serve();
      const opened = run("");
      await asked("signIn/browserResult");
      comeBack({ state: "failed", problem: { code } });
      assert.equal(await exit(opened), 1);
      assert.match(opened.shown, /gatehouse: \S+/);
    });
  }

  for (const args of ["alice", "--password", "--stdin alice"]) {
    it(`takes the password for "${args}"`, async () => {
      await serve();
      const opened = run(args);
      if (args === "--password") {
        await opened.waitFor(/User name or e-mail: $/);
        opened.type("alice\r");
      }
      assert.equal(await exit(opened), 1);
      assert.match(opened.shown, /This user is disabled/);
      assert.ok(!agent.requests.some(({ method }) => method === "signIn/browser"));
    });
  }

  it("takes the password where the browser is not configured", async () => {
    await serve(false);
    await run("").waitFor(/User name or e-mail: $/);
  });

  it("needs a terminal, as the person has to be there", async () => {
    await serve();
    assert.equal((await gatehouse(["login"], { env: agent.env })).code, 2);
    assert.deepEqual(agent.requests, []);
  });
});
