import assert from "node:assert/strict";
import { createSession } from "../../../src/agent/session.ts";
import type { SessionHolder } from "../../../src/agent/sessionHolder.ts";
import type { HeldSession } from "../../../src/agent/sessionView.ts";
import type { CognitoConfiguration } from "../../../src/core/cognito/configuration.ts";
import { GatehouseError } from "../../../src/core/errors.ts";
import { createRedactor } from "../../../src/core/redact.ts";
import type { Session, SignedIn } from "../../../src/core/session.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";
import { configuration, FakeCognito, roles } from "../../fakes/cognito.ts";
import { FakeLog } from "../../fakes/log.ts";

const minute = 60_000;
const unreachable = () => new GatehouseError("unreachable", { endpoint: "https://cognito.example" });

describe("session", () => {
  let clock: FakeClock;
  let cognito: FakeCognito;
  let session: SessionHolder;
  let changes: Session[];
  let stored: HeldSession | undefined;
  let log: FakeLog;
  let current: () => CognitoConfiguration;
  const redactor = createRedactor();

  beforeEach(() => {
    clock = new FakeClock();
    cognito = new FakeCognito(clock.now);
    changes = [];
    stored = undefined;
    log = new FakeLog();
    current = () => configuration;
    session = create();
  });

  afterEach(() => session.dispose());

  function create(): SessionHolder {
    return createSession({
      cognito: cognito.load,
      configuration: () => current(),
      clock,
      random: () => 0,
      log,
      redactor,
      reason: "never",
      store(held) {
        // As a file would keep it.
        stored = held === undefined ? undefined : structuredClone(held);
        return undefined;
      },
      onChange: (view) => changes.push(view),
    });
  }

  async function signIn(): Promise<SignedIn> {
    const view = await session.adopt(configuration, cognito.tokens(), undefined);
    assert.equal(view.state, "signedIn");
    return view as SignedIn;
  }

  function signedIn(): SignedIn {
    const view = session.view();
    assert.equal(view.state, "signedIn");
    return view as SignedIn;
  }

  function key(): string {
    const supply = session.supply();
    assert.equal(supply.state, "ready");
    return supply.state === "ready" ? supply.credentials.accessKeyId : "";
  }

  it("is signed out at first, and loads nothing", () => {
    assert.deepEqual(session.view(), { state: "signedOut", reason: "never" });
    assert.deepEqual(session.supply(), { state: "unavailable", problem: { code: "signedOut" } });
    assert.equal(cognito.loads, 0);
  });

  it("has keys right after a sign-in, and shows no secret", async () => {
    const view = await signIn();
    assert.equal(view.username, "yuki");
    assert.deepEqual(view.role, { arn: roles[0], name: "Developer" });
    assert.deepEqual(view.credentials, {
      state: "ready",
      expiresAt: clock.now() + 60 * minute,
      refreshedAt: clock.now(),
      account: "123456789012",
    });
    const shown = JSON.stringify([changes, log.lines]);
    for (const secret of cognito.secrets) assert.ok(!shown.includes(secret));
    assert.deepEqual(cognito.calls, ["credentials"], "fresh tokens are not fetched again");
  });

  it("renews tokens and keys 20 minutes before the end", async () => {
    await signIn();
    const first = key();
    await clock.advance(40 * minute - 1);
    assert.equal(key(), first);
    await clock.advance(1);
    assert.notEqual(key(), first);
    assert.deepEqual(cognito.calls, ["credentials", "refresh", "credentials"]);
    assert.equal(stored?.credentials?.accessKeyId, key());
  });

  it("goes on renewing for days, with every rotated refresh token used once", async () => {
    await signIn();
    await clock.advance(48 * 60 * minute);
    assert.equal(cognito.calls.filter((call) => call === "refresh").length, 72);
    assert.equal(signedIn().credentials.state, "ready");
  });

  it("makes one of refreshes at the same time", async () => {
    await signIn();
    await Promise.all([session.refresh(), session.refresh(), session.refresh()]);
    assert.deepEqual(cognito.calls, ["credentials", "refresh", "credentials"]);
  });

  it("keeps serving while renewals fail, tells the trouble, and recovers", async () => {
    await signIn();
    const first = key();
    cognito.failures.refresh.push(unreachable(), unreachable(), unreachable());
    await clock.advance(40 * minute);
    assert.equal(key(), first);
    const { trouble, credentials } = signedIn();
    assert.equal(trouble?.problem.code, "unreachable");
    assert.equal(trouble?.since, clock.now());
    assert.equal(trouble?.nextAttemptAt, clock.now() + 2000);
    assert.equal(credentials.state, "ready");
    await clock.advance(2000);
    assert.equal(signedIn().trouble?.since, clock.now() - 2000, "the first failure counts");
    assert.equal(signedIn().trouble?.nextAttemptAt, clock.now() + 4000);
    await clock.advance(4000 + 8000);
    assert.equal(signedIn().trouble, undefined);
    assert.notEqual(key(), first);
  });

  it("serves the keys until they really end, then says why there are none", async () => {
    await signIn();
    cognito.failures.refresh.push(...Array.from({ length: 200 }, unreachable));
    await clock.advance(60 * minute - 1000);
    assert.equal(session.supply().state, "ready");
    await clock.advance(1000);
    assert.equal(session.supply().state, "unavailable");
    assert.deepEqual(signedIn().credentials.state, "unavailable");
    const calls = cognito.calls.length;
    assert.ok(calls < 60, `${calls} calls are no storm`);
    cognito.failures.refresh.length = 0;
    await clock.advance(5 * minute);
    assert.equal(session.supply().state, "ready");
  });

  it("ends when Cognito has ended it, and says whether it expired or was revoked", async () => {
    for (const [detail, reason] of [
      ["Refresh Token has expired", "expired"],
      ["Refresh Token has been revoked", "revoked"],
    ]) {
      await signIn();
      cognito.failures.refresh.push(new GatehouseError("sessionEnded", { detail: detail ?? "" }));
      await clock.advance(40 * minute);
      assert.deepEqual(session.view(), { state: "signedOut", reason });
      assert.equal(stored, undefined);
      assert.equal(changes.at(-1)?.state, "signedOut");
    }
  });

  it("notices within seconds that the machine slept, and renews at once", async () => {
    await signIn();
    const first = key();
    clock.sleep(30 * minute);
    await clock.advance(15_000);
    assert.equal(key(), first, "not due yet");
    clock.sleep(8 * 60 * minute);
    assert.equal(session.supply().state, "pending", "a terminal that asks before the timer does waits");
    await settle();
    assert.notEqual(key(), first);
  });

  it("tries again at once after a sleep that interrupted a back-off", async () => {
    await signIn();
    cognito.failures.refresh.push(...Array.from({ length: 5 }, unreachable));
    await clock.advance(40 * minute + 30_500);
    assert.ok(signedIn().trouble !== undefined);
    cognito.failures.refresh.length = 0;
    clock.sleep(minute);
    await clock.advance(15_000);
    assert.equal(signedIn().trouble, undefined);
  });

  it("renews when the clock was set back", async () => {
    await signIn();
    const first = key();
    clock.sleep(-3 * 60 * minute);
    await clock.advance(15_000);
    assert.notEqual(key(), first);
  });

  for (const code of ["identityPoolMissing", "noRole", "ambiguousRole"] as const) {
    it(`stays signed in without keys on ${code}, and does not ask every second`, async () => {
      cognito.failures.credentials.push(...Array.from({ length: 100 }, () => new GatehouseError(code)));
      const view = await signIn();
      assert.deepEqual(view.credentials, { state: "unavailable", problem: { code, params: {} } });
      await assert.rejects(session.processCredentials(), { code });
      await clock.advance(60 * minute);
      assert.ok(cognito.calls.length < 20);
    });
  }

  describe("whose configuration changes", () => {
    const { identityPoolId: _, ...withoutPool } = configuration;

    it("has keys at once when the identity pool was missing", async () => {
      current = () => withoutPool;
      const view = await session.adopt(withoutPool, cognito.tokens(), undefined);
      assert.ok(view.state === "signedIn" && view.credentials.state === "unavailable");
      current = () => configuration;
      session.reconfigured();
      await settle();
      assert.equal(signedIn().credentials.state, "ready");
      assert.deepEqual(cognito.calls, ["credentials"], "the tokens are fresh");
      assert.deepEqual(stored?.configuration, configuration);
    });

    it("takes the present endpoints at each renewal, and keeps what needs no new client", async () => {
      await signIn();
      const moved = { ...configuration, identityPoolEndpoint: "https://identity.example" };
      current = () => moved;
      await clock.advance(40 * minute);
      const again = { ...moved, userPoolEndpoint: "https://pool.example" };
      current = () => again;
      await clock.advance(40 * minute);
      await clock.advance(40 * minute);
      assert.deepEqual(cognito.made, [
        { kind: "tokens", configuration },
        { kind: "identityPool", configuration },
        { kind: "identityPool", configuration: moved },
        { kind: "tokens", configuration: again },
        { kind: "identityPool", configuration: again },
      ]);
      assert.equal(signedIn().trouble, undefined);
    });

    it("renews once more when a renewal has begun with the configuration before", async () => {
      await signIn();
      let open = (): void => {};
      cognito.gate = new Promise((resolve) => {
        open = resolve;
      });
      session.refresh().catch(() => {});
      await settle();
      const moved = { ...configuration, identityPoolEndpoint: "https://identity.example" };
      current = () => moved;
      session.reconfigured();
      open();
      await settle();
      assert.deepEqual(cognito.made.at(-1), { kind: "identityPool", configuration: moved });
      assert.deepEqual(cognito.calls, ["credentials", "refresh", "credentials", "credentials"]);
    });

    it("stays as it was with another pool or client, none, or the same", async () => {
      await signIn();
      for (const other of [
        () => ({ ...configuration, clientId: "other" }),
        () => ({ ...configuration, userPoolId: "us-east-1_Other0000", identityPoolId: "x" }),
        () => {
          throw new GatehouseError("notConfigured");
        },
        () => ({ ...configuration }),
      ]) {
        current = other;
        session.reconfigured();
        await settle();
      }
      assert.deepEqual(cognito.calls, ["credentials"]);
      current = () => ({ ...configuration, clientId: "other" });
      await clock.advance(40 * minute);
      assert.equal(signedIn().trouble, undefined);
      assert.equal(cognito.made.length, 2);
    });
  });

  it("keeps the keys of the role so far until those of the chosen one are there", async () => {
    await signIn();
    const first = key();
    let open = (): void => {};
    cognito.gate = new Promise((resolve) => {
      open = resolve;
    });
    const chosen = session.chooseRole(roles[1] ?? "");
    await settle();
    assert.equal(key(), first);
    open();
    await chosen;
    assert.match(key(), /^ASIAADER/);
    assert.equal(signedIn().role?.name, "Reader");
    await clock.advance(40 * minute);
    assert.equal(signedIn().role?.name, "Reader", "a renewal stays with it");
    assert.match(key(), /^ASIAADER/);
  });

  it("keeps the role when another can't be had", async () => {
    await signIn();
    const first = key();
    await assert.rejects(session.chooseRole("arn:aws:iam::1:role/Other"), { code: "roleNotAllowed" });
    cognito.failures.credentials.push(new GatehouseError("roleNotAllowed", { role: "x" }));
    await assert.rejects(session.chooseRole(roles[1] ?? ""), { code: "roleNotAllowed" });
    assert.equal(key(), first);
    assert.equal(signedIn().role?.name, "Developer");
  });

  it("drops everything first at sign-out, then revokes, and answers the steps", async () => {
    await signIn();
    let open = (): void => {};
    cognito.gate = new Promise((resolve) => {
      open = resolve;
    });
    const result = session.signOut();
    assert.deepEqual(session.view(), { state: "signedOut", reason: "signedOut" });
    assert.equal(session.supply().state, "unavailable");
    assert.equal(stored, undefined);
    open();
    assert.deepEqual(await result, { steps: [{ step: "dropCredentials" }, { step: "revokeRefreshToken" }] });
    assert.equal(cognito.revoked.length, 1);
  });

  it("signs out without a network, too, and says what could not be done", async () => {
    await signIn();
    cognito.failures.revoke.push(unreachable());
    const { steps } = await session.signOut();
    assert.equal(steps[1]?.problem?.code, "unreachable");
    assert.equal(session.view().state, "signedOut");
  });

  it("does not come back when a renewal was under way at sign-out, and revokes what that brought", async () => {
    await signIn();
    let open = (): void => {};
    cognito.gate = new Promise((resolve) => {
      open = resolve;
    });
    const renewed = session.refresh().catch(() => {});
    await settle();
    const out = session.signOut();
    open();
    await Promise.all([renewed, out]);
    assert.equal(session.view().state, "signedOut");
    assert.equal(stored, undefined);
  });

  it("revokes the token that a renewal had brought already when the sign-out came", async () => {
    await signIn();
    const first = stored?.tokens.refreshToken;
    let open = (): void => {};
    cognito.gates.credentials = new Promise((resolve) => {
      open = resolve;
    });
    const renewed = session.refresh().catch(() => {});
    await settle();
    const second = stored?.tokens.refreshToken;
    assert.notEqual(second, first);
    const out = session.signOut();
    open();
    await Promise.all([renewed, out]);
    assert.equal(cognito.revoked.at(-1), second);
    assert.equal(stored, undefined);
  });

  it("waits at its end for a renewal that is under way, and leaves what that brought to its successor", async () => {
    await signIn();
    const first = stored?.tokens.refreshToken;
    let open = (): void => {};
    cognito.gate = new Promise((resolve) => {
      open = resolve;
    });
    session.refresh().catch(() => {});
    await settle();
    const disposed = session.dispose(5000);
    open();
    await disposed;
    assert.notEqual(stored?.tokens.refreshToken, first);
    const left = stored as HeldSession;
    session = create();
    session.restore(left);
    assert.equal((await session.refresh()).state, "signedIn");
  });

  it("waits for nobody for ever at its end, and does nothing afterwards", async () => {
    await signIn();
    cognito.gate = new Promise(() => {});
    session.refresh().catch(() => {});
    await settle();
    const disposed = session.dispose(5000);
    await clock.advance(5000);
    await disposed;
    cognito.gate = undefined;
    const { length } = cognito.calls;
    await clock.advance(120 * minute);
    assert.equal(cognito.calls.length, length);
  });

  it("sets no timer for a renewal that fails because of its end", async () => {
    await signIn();
    let open = (): void => {};
    cognito.gate = new Promise((resolve) => {
      open = resolve;
    });
    session.refresh().catch(() => {});
    await settle();
    await session.dispose();
    open();
    await settle();
    const { length } = cognito.calls;
    await clock.advance(120 * minute);
    assert.equal(cognito.calls.length, length);
  });

  it("revokes the session before when someone signs in anew", async () => {
    await signIn();
    await signIn();
    await settle();
    assert.equal(cognito.revoked.length, 1);
    assert.equal(session.supply().state, "ready");
  });

  describe("that is cancelled before its first keys are there", () => {
    async function cancelled(): Promise<HeldSession | undefined> {
      let open = (): void => {};
      cognito.gates.credentials = new Promise((resolve) => {
        open = resolve;
      });
      const abort = new AbortController();
      const adopted = session.adopt(configuration, cognito.tokens(), undefined, abort.signal);
      await settle();
      const fresh = stored;
      abort.abort();
      open();
      await assert.rejects(adopted, { code: "cancelled" });
      await settle();
      delete cognito.gates.credentials;
      assert.ok(cognito.revoked.includes(fresh?.tokens.refreshToken ?? ""));
      return fresh;
    }

    it("is revoked and leaves nothing", async () => {
      await cancelled();
      assert.deepEqual(session.view(), { state: "signedOut", reason: "never" });
      assert.equal(stored, undefined);
      assert.equal(changes.at(-1)?.state, "signedOut");
    });

    it("leaves the session before as it was", async () => {
      const before = await signIn();
      const first = key();
      const refreshToken = stored?.tokens.refreshToken ?? "";
      const fresh = await cancelled();
      assert.notEqual(fresh?.id, before.id);
      assert.deepEqual(signedIn(), before);
      assert.equal(key(), first);
      assert.equal(stored?.tokens.refreshToken, refreshToken);
      assert.ok(!cognito.revoked.includes(refreshToken));
    });
  });

  it("revokes what a role's choice brought for a session that has ended meanwhile", async () => {
    await signIn();
    await clock.advance(10 * minute);
    let open = (): void => {};
    cognito.stubborn = true;
    cognito.gates.refresh = new Promise((resolve) => {
      open = resolve;
    });
    const chosen = session.chooseRole(roles[1] ?? "").catch(() => {});
    await settle();
    const out = session.signOut();
    open();
    await Promise.all([chosen, out]);
    await settle();
    assert.equal(cognito.revoked.at(-1), cognito.secrets.filter((one) => one.startsWith("refresh-")).at(-1));
  });

  it("goes on with a session that its predecessor left", async () => {
    await signIn();
    const first = key();
    const left = stored;
    session.dispose();
    session = create();
    session.restore(left as HeldSession);
    assert.equal(key(), first);
    await clock.advance(40 * minute);
    assert.notEqual(key(), first);
  });

  it("renews at once what it finds ended", async () => {
    await signIn();
    const left = stored;
    session.dispose();
    clock.sleep(5 * 60 * minute);
    session = create();
    session.restore(left as HeldSession);
    assert.equal(session.supply().state, "pending");
    await settle();
    assert.equal(session.supply().state, "ready");
  });
});
