import assert from "node:assert/strict";
import type { Session, SignedIn } from "../../../../src/core/session.ts";
import { english } from "../../../../src/core/text.ts";
import { lossOf } from "../../../../src/editor/session/loss.ts";
import { sessionRows } from "../../../../src/editor/session/rows.ts";
import { statusView } from "../../../../src/editor/session/statusView.ts";
import type { Known } from "../../../../src/editor/session/store.ts";
import { commands } from "../../../../src/manifest.ts";

const now = 10_000_000_000;
const minute = 60_000;
const role = { arn: "arn:aws:iam::123456789012:role/Developer", name: "Developer" };
const signedIn = (more: Partial<SignedIn> = {}): SignedIn => ({
  state: "signedIn",
  id: "1",
  username: "f00",
  email: "alice@example.com",
  signedInAt: now - 25 * minute,
  roles: [role],
  role,
  credentials: { state: "ready", expiresAt: now + 52 * minute, refreshedAt: now, account: "123456789012" },
  ...more,
});
const known = (session: Session): Known => ({ state: "known", session });
const status = (state: Known) => statusView(state, now, english);
const trouble = { problem: { code: "throttled" }, since: now, nextAttemptAt: now + minute } as const;

describe("status-bar item", () => {
  it("offers to sign in when nobody is", () => {
    const view = status(known({ state: "signedOut", reason: "never" }));
    assert.deepEqual([view.text, view.command, view.warning], ["$(key) Sign in to AWS", commands.signIn, false]);
  });

  it("shows the role alone while the credentials renew themselves", () => {
    const view = status(known(signedIn()));
    assert.deepEqual([view.text, view.command, view.warning], ["$(key) Developer", commands.showSession, false]);
    assert.match(view.label, /^Gatehouse: Developer\. alice@example\.com is signed in/);
  });

  it("shows the user where no role is known", () => {
    const { role: _role, ...session } = signedIn();
    assert.equal(status(known(session)).text, "$(key) alice@example.com");
  });

  it("shows the time only when it is short, and warns when the renewal fails", () => {
    const credentials = { state: "ready", expiresAt: now + 8 * minute, refreshedAt: now } as const;
    const renewing = status(known(signedIn({ credentials })));
    assert.deepEqual([renewing.text, renewing.warning], ["$(warning) Developer (8 min)", false]);
    const failing = status(known(signedIn({ credentials, trouble })));
    assert.ok(failing.warning);
    const early = status(known(signedIn({ trouble })));
    assert.deepEqual([early.text, early.warning], ["$(key) Developer", false]);
  });

  it("warns where there are no credentials, and leads to the choice of a role", () => {
    const ambiguous = status(
      known(signedIn({ credentials: { state: "unavailable", problem: { code: "ambiguousRole" } } })),
    );
    assert.deepEqual([ambiguous.command, ambiguous.warning], [commands.chooseRole, true]);
    const missing = status(
      known(signedIn({ credentials: { state: "unavailable", problem: { code: "identityPoolMissing" } } })),
    );
    assert.deepEqual([missing.command, missing.warning], [commands.showSession, true]);
    assert.match(missing.tooltip, /no identity pool/);
  });

  it("warns when the agent cannot be reached", () => {
    const view = status({ state: "failed", problem: { code: "agentUnavailable" } });
    assert.deepEqual([view.text, view.warning], ["$(warning) AWS: no agent", true]);
  });

  it("reads no icon's name to whoever listens", () => {
    for (const state of [
      known(signedIn()),
      known(signedIn({ credentials: { state: "pending" } })),
      { state: "unknown" } as const,
    ])
      assert.doesNotMatch(status(state).label, /\$\(/);
  });
});

describe("rows of the session", () => {
  const texts = (state: Known) => {
    const { facts, actions } = sessionRows(state, now, english);
    return {
      facts: facts.map(({ label, description, detail }) => [label, description, detail].filter(Boolean).join(" | ")),
      actions: actions.map(({ command }) => command),
    };
  };

  it("say who, which role and account, how long, and that open terminals work", () => {
    const { facts, actions } = texts(known(signedIn({ roles: [role, { ...role, arn: "other", name: "Other" }] })));
    assert.deepEqual(facts, [
      "alice@example.com | signed in for 25 min",
      "Role Developer | account 123456789012",
      "AWS credentials for another 52 min | renewed by themselves | They work in terminals that are already open.",
    ]);
    assert.deepEqual(actions, [
      commands.chooseRole,
      commands.refreshCredentials,
      commands.checkTerminal,
      commands.showLog,
      commands.signOutOfAws,
    ]);
  });

  it("name a wrong clock and a failing renewal", () => {
    const { facts } = texts(known(signedIn({ clockOffsetSeconds: 300, trouble })));
    assert.match(facts[3] ?? "", /renewal failed; trying again in 60 s \| .*too many requests/);
    assert.match(facts[4] ?? "", /clock is wrong \| This machine's clock is 5 min ahead/);
    assert.equal(texts(known(signedIn({ clockOffsetSeconds: 3 }))).facts.length, 3);
  });

  it("say why there are no credentials", () => {
    const problem = { code: "identityPoolMissing", params: { setting: "cognito.identityPoolId" } } as const;
    assert.match(
      texts(known(signedIn({ credentials: { state: "unavailable", problem } }))).facts[2] ?? "",
      /cognito\.identityPoolId/,
    );
  });

  it("offer to sign in, with the reason, when nobody is", () => {
    const { facts, actions } = texts(known({ state: "signedOut", reason: "expired" }));
    assert.deepEqual(facts, ["Signed out | Your AWS session has expired."]);
    assert.equal(actions[0], commands.signIn);
  });
});

describe("loss of a session", () => {
  const loss = (previous: Session | undefined, next: Known) => lossOf(previous, next, english);

  it("is said when the agent was restarted, also by one that knows of nothing before it", () => {
    assert.match(loss(signedIn(), known({ state: "signedOut", reason: "agentRestarted" })) ?? "", /started again/);
    assert.match(loss(signedIn(), known({ state: "signedOut", reason: "never" })) ?? "", /started again/);
    assert.match(loss(signedIn(), known({ state: "signedOut", reason: "revoked" })) ?? "", /ended by/);
  });

  it("is not said to whoever signed out, and not where there was no session", () => {
    assert.equal(loss(signedIn(), known({ state: "signedOut", reason: "signedOut" })), undefined);
    assert.equal(loss(undefined, known({ state: "signedOut", reason: "agentRestarted" })), undefined);
    assert.equal(
      loss({ state: "signedOut", reason: "never" }, known({ state: "signedOut", reason: "expired" })),
      undefined,
    );
    assert.equal(loss(signedIn(), { state: "failed", problem: { code: "agentUnavailable" } }), undefined);
  });
});
