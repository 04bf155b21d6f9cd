import assert from "node:assert/strict";
import { getSession, signOut } from "../../../../src/agent/protocol.ts";
import { GatehouseError } from "../../../../src/core/errors.ts";
import { silent } from "../../../../src/core/log.ts";
import type { Session, SignedIn } from "../../../../src/core/session.ts";
import { english } from "../../../../src/core/text.ts";
import { afterSignIn } from "../../../../src/editor/session/afterSignIn.ts";
import { createAuthentication } from "../../../../src/editor/session/authentication.ts";
import { registerOffers } from "../../../../src/editor/session/offers.ts";
import { signOutOfAws } from "../../../../src/editor/session/signOut.ts";
import { createSessionStore, type SessionStore } from "../../../../src/editor/session/store.ts";
import { commands, contextKeys } from "../../../../src/manifest.ts";
import { Emitter } from "../../../fakes/inputBox.ts";
import { FakeKeptConnection, settle } from "../../../fakes/keptConnection.ts";
import { signedIn, signedOut } from "../../../fakes/session.ts";

const session = signedIn({
  id: "opaque-1",
  username: "f00",
  email: "alice@example.com",
  credentials: { state: "ready", expiresAt: 1, refreshedAt: 0 },
});
const ambiguous: SignedIn = {
  ...session,
  credentials: { state: "unavailable", problem: { code: "ambiguousRole" } },
};

describe("what the window knows of the session", () => {
  let agent: FakeKeptConnection;
  let store: SessionStore;

  beforeEach(() => {
    agent = new FakeKeptConnection();
    store = createSessionStore(agent, silent);
  });
  afterEach(() => store.dispose());

  it("is asked for at each connection and follows the agent's word", async () => {
    assert.equal(store.current().state, "unknown");
    agent.answers.set(getSession.method, signedOut);
    agent.connect();
    await settle();
    assert.deepEqual(store.current(), { state: "known", session: signedOut });
    agent.sessions.fire(session);
    assert.deepEqual(await store.session(), session);
    assert.deepEqual(agent.asked, [getSession.method]);
  });

  it("takes no older answer over what it has heard meanwhile", async () => {
    agent.answers.set(getSession.method, signedOut);
    agent.connect();
    agent.sessions.fire(session);
    await settle();
    assert.deepEqual(store.current(), { state: "known", session });
  });

  it("is told once a change, with the session before, over a time without an agent", () => {
    const seen: unknown[] = [];
    store.onChange(({ known, previous }) => seen.push([known.state, previous?.state]));
    agent.sessions.fire(session);
    agent.sessions.fire({ ...session });
    agent.fail();
    agent.fail();
    agent.sessions.fire(signedOut);
    assert.deepEqual(seen, [
      ["known", undefined],
      ["failed", "signedIn"],
      ["known", "signedIn"],
    ]);
  });

  describe("as an authentication provider", () => {
    function provider(signIn: () => Promise<Session> = () => Promise.reject(new Error("asked"))) {
      const changes = new Emitter<unknown>();
      const seen: unknown[] = [];
      changes.event((change) => seen.push(change));
      let signedOutTimes = 0;
      const made = createAuthentication({
        store,
        emitter: { event: changes.event, fire: (change: unknown) => changes.fire(change), dispose() {} } as never,
        signIn,
        signOut: async () => void signedOutTimes++,
      });
      return { made, seen, times: () => signedOutTimes };
    }

    it("never asks anybody for getSessions, and has none where the agent is away", async () => {
      const { made } = provider();
      assert.deepEqual(await made.getSessions(), []);
    });

    it("gives the opaque id in place of a token", async () => {
      const { made } = provider();
      agent.sessions.fire(session);
      assert.deepEqual(await made.getSessions(["a"]), [
        { id: "opaque-1", accessToken: "opaque-1", account: { id: "f00", label: "alice@example.com" }, scopes: ["a"] },
      ]);
    });

    it("signs in for createSession, and out of AWS for removeSession of that session only", async () => {
      const { made, times } = provider(async () => session);
      agent.sessions.fire(session);
      assert.equal((await made.createSession([])).id, "opaque-1");
      await made.removeSession("another");
      assert.equal(times(), 0);
      await made.removeSession("opaque-1");
      assert.equal(times(), 1);
    });

    it("tells of a session that came or went, not of renewed credentials", () => {
      const { seen } = provider();
      agent.sessions.fire(session);
      agent.sessions.fire({ ...session, credentials: { state: "pending" } });
      agent.sessions.fire(signedOut);
      assert.deepEqual(
        (seen as { added: unknown[]; removed: unknown[] }[]).map(({ added, removed }) => [
          added.length,
          removed.length,
        ]),
        [
          [1, 0],
          [0, 1],
        ],
      );
    });
  });

  describe("as offers", () => {
    function offers(press?: string) {
      const shown: string[] = [];
      const executed: unknown[][] = [];
      const show = async (message: string) => {
        shown.push(message);
        return press;
      };
      registerOffers({
        window: { showInformationMessage: show, showWarningMessage: show } as never,
        commands: { executeCommand: async (...args: unknown[]) => void executed.push(args) } as never,
        agent,
        store,
        t: english,
      });
      return { shown, executed };
    }

    it("says once that the session is lost with its agent, and signs in again when asked to", async () => {
      const { shown, executed } = offers("Sign In");
      agent.sessions.fire(session);
      agent.fail();
      agent.sessions.fire({ state: "signedOut", reason: "agentRestarted" });
      agent.sessions.fire({ state: "signedOut", reason: "agentRestarted" });
      await settle();
      assert.equal(shown.length, 1);
      assert.deepEqual(executed.at(-1), [commands.signIn]);
    });

    it("offers to sign in when a terminal wants credentials", async () => {
      const { shown, executed } = offers();
      agent.wanted.fire();
      await settle();
      assert.equal(shown.length, 1);
      assert.deepEqual(executed, []);
    });

    it("keeps the context key equal to the session", () => {
      const { executed } = offers();
      agent.sessions.fire(session);
      agent.sessions.fire(signedOut);
      assert.deepEqual(executed, [
        ["setContext", contextKeys.signedIn, true],
        ["setContext", contextKeys.signedIn, false],
      ]);
    });
  });

  describe("after a sign-in", () => {
    async function after(session: Session, ...later: Session[]): Promise<string[]> {
      const done: string[] = [];
      const step = (name: string) => async () => {
        done.push(name);
        if (name === "role") throw new GatehouseError("cancelled");
      };
      agent.sessions.fire(session);
      const running = afterSignIn({
        store,
        pickRole: step("role"),
        warnOfShadows: step("shadows"),
        offerProfile: step("profile"),
        log: silent,
      });
      for (const next of later) agent.sessions.fire(next);
      await running;
      return done;
    }

    it("offers the roles by itself where one has to be chosen, once the credentials were tried", async () => {
      assert.deepEqual(await after({ ...session, credentials: { state: "pending" } }, ambiguous), [
        "role",
        "shadows",
        "profile",
      ]);
    });

    it("asks for no role where there is one, and for nothing where the session is gone", async () => {
      assert.deepEqual(await after(session), ["shadows", "profile"]);
      assert.deepEqual(await after(signedOut), []);
    });
  });

  it("says what of a sign-out could not be done", async () => {
    const shown: string[] = [];
    agent.answers.set(signOut.method, {
      steps: [{ step: "dropCredentials" }, { step: "revokeRefreshToken", problem: { code: "throttled", params: {} } }],
    });
    const window = { showWarningMessage: async (message: string) => void shown.push(message) } as never;
    await signOutOfAws({ agent, window, log: silent, t: english });
    assert.equal(shown.length, 1);
    assert.match(shown[0] ?? "", /could not be ended at Cognito\. .*too many requests/);
    agent.answers.set(signOut.method, {
      steps: [{ step: "dropCredentials", problem: { code: "internal", params: { detail: "EROFS" } } }],
    });
    await signOutOfAws({ agent, window, log: silent, t: english });
    assert.match(shown[1] ?? "", /could not be removed\. .*EROFS/);
  });
});
