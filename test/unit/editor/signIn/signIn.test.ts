import assert from "node:assert/strict";
import { getConfiguration } from "../../../../src/agent/protocol.ts";
import { GatehouseError } from "../../../../src/core/errors.ts";
import { silent } from "../../../../src/core/log.ts";
import type { Session } from "../../../../src/core/session.ts";
import type { BrowserTurn } from "../../../../src/editor/signIn/browser.ts";
import type { FlowResult } from "../../../../src/editor/signIn/flow.ts";
import { createSignIn, type SignIn } from "../../../../src/editor/signIn/signIn.ts";
import { FakeKeptConnection, settle } from "../../../fakes/keptConnection.ts";
import { signedIn } from "../../../fakes/session.ts";

const username = "alice@example.com";
const session = signedIn({ username });

interface World {
  readonly signIn: SignIn;
  readonly memory: Map<string, unknown>;
  /** What was begun, and with which name. */
  readonly seen: string[];
  readonly afterwards: Session[];
}

interface Options {
  /** Absent: the agent does not answer. */
  readonly browserSignIn?: boolean;
  readonly inBrowser?: (turn: BrowserTurn) => Promise<Session>;
  readonly ask?: (onUsername: (name: string) => void) => Promise<FlowResult>;
}

function world({ browserSignIn, inBrowser, ask }: Options): World {
  const agent = new FakeKeptConnection();
  if (browserSignIn !== undefined) agent.answers.set(getConfiguration.method, { ok: true, browserSignIn });
  const memory = new Map<string, unknown>();
  const seen: string[] = [];
  const afterwards: Session[] = [];
  const signIn = createSignIn({
    agent,
    inBrowser: (turn) => {
      seen.push("browser");
      return inBrowser?.(turn) ?? Promise.resolve(session);
    },
    ask: (offered, onUsername) => {
      seen.push(`password ${offered}`.trim());
      return ask?.(onUsername) ?? Promise.resolve({ session, username });
    },
    memory: {
      get: (key: string, other?: unknown) => memory.get(key) ?? other,
      update: async (key: string, value: unknown) => void memory.set(key, value),
    } as never,
    afterwards: (done) => afterwards.push(done),
    log: silent,
  });
  return { signIn, memory, seen, afterwards };
}

/** A browser that is waited for until the person turns to the password. */
const waiting = (turn: BrowserTurn): Promise<Session> =>
  new Promise((_, reject) => {
    turn.passwordWanted.signal.addEventListener("abort", () => reject(new GatehouseError("cancelled")));
  });

describe("the way of signing in", () => {
  it("is the browser where that is configured, and the password elsewhere", async () => {
    const browser = world({ browserSignIn: true });
    assert.equal(await browser.signIn.start(), session);
    assert.deepEqual(browser.seen, ["browser"]);
    const password = world({ browserSignIn: false });
    assert.equal(await password.signIn.start(), session);
    assert.deepEqual(password.seen, ["password"]);
    assert.deepEqual([browser.afterwards, password.afterwards], [[session], [session]]);
  });

  it("is the password where the agent does not answer, which then says what is wrong", async () => {
    const { signIn, seen } = world({});
    await signIn.start();
    assert.deepEqual(seen, ["password"]);
  });

  it("is the password for whoever asks for that", async () => {
    const { signIn, seen, memory } = world({ browserSignIn: true });
    await signIn.withPassword();
    assert.deepEqual(seen, ["password"]);
    assert.deepEqual([...memory.values()], [username]);
  });

  it("goes over from a browser that is waited for to the password, for everybody who waits", async () => {
    const { signIn, seen, afterwards } = world({ browserSignIn: true, inBrowser: waiting });
    const first = signIn.start();
    await settle();
    assert.equal(await signIn.withPassword(), session);
    assert.equal(await first, session);
    assert.deepEqual(seen, ["browser", "password"]);
    assert.equal(afterwards.length, 1);
  });

  it("is told with a failure of the browser, so that the other can be offered", async () => {
    const refused = new GatehouseError("signInRefused", { detail: "access_denied" });
    const { signIn } = world({ browserSignIn: true, inBrowser: () => Promise.reject(refused) });
    await assert.rejects(signIn.start(), {
      code: "signInRefused",
      params: { detail: "access_denied", way: "browser" },
    });
    const { signIn: other } = world({ browserSignIn: false, ask: () => Promise.reject(refused) });
    await assert.rejects(other.start(), { params: { detail: "access_denied" } });
  });
});

describe("a second sign-in", () => {
  it("joins the one that is open, and opens the page again", async () => {
    let opened = 0;
    let comeBack = (_: Session): void => {};
    const { signIn, seen } = world({
      browserSignIn: true,
      inBrowser: (turn) =>
        new Promise((resolve) => {
          turn.openAgain = () => opened++;
          comeBack = resolve;
        }),
    });
    const both = [signIn.start()];
    await settle();
    both.push(signIn.start());
    comeBack(session);
    assert.deepEqual(await Promise.all(both), [session, session]);
    assert.deepEqual([seen, opened], [["browser"], 1]);
    void signIn.start();
    await settle();
    assert.deepEqual(seen, ["browser", "browser"]);
  });

  it("offers the name again that was entered, and only one that worked is remembered", async () => {
    let fail = true;
    const { signIn, seen, memory } = world({
      browserSignIn: false,
      async ask(onUsername) {
        onUsername(username);
        await settle();
        if (fail) throw new Error("no");
        return { session, username };
      },
    });
    await assert.rejects(signIn.start());
    assert.equal(memory.size, 0);
    fail = false;
    const both = await Promise.all([signIn.start(), signIn.withPassword()]);
    assert.equal(both[0], both[1]);
    assert.deepEqual(seen, ["password", `password ${username}`]);
    assert.deepEqual([...memory.values()], [username]);
  });
});

describe("a sign-in by itself", () => {
  it("takes the browser, and nothing where that is not configured", async () => {
    const there = world({ browserSignIn: true });
    await there.signIn.automatically();
    assert.deepEqual([there.seen, there.afterwards], [["browser"], [session]]);
    const absent = world({ browserSignIn: false });
    await absent.signIn.automatically();
    assert.deepEqual(absent.seen, []);
  });

  it("says nothing when it fails", async () => {
    const { signIn, seen } = world({
      browserSignIn: true,
      inBrowser: () => Promise.reject(new GatehouseError("flowExpired")),
    });
    await signIn.automatically();
    assert.deepEqual(seen, ["browser"]);
  });

  it("is joined by whoever clicks meanwhile, and joins nobody", async () => {
    let opened = 0;
    const { signIn, seen } = world({
      browserSignIn: true,
      inBrowser: (turn) => {
        turn.openAgain = () => opened++;
        return waiting(turn);
      },
    });
    const itself = signIn.automatically();
    await settle();
    const clicked = signIn.start();
    await signIn.automatically();
    assert.deepEqual([seen, opened], [["browser"], 1]);
    void signIn.withPassword();
    await Promise.all([itself, clicked]);
  });
});
