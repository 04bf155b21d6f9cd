import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Problem } from "../../../../src/core/errors.ts";
import { type Check, gravest } from "../../../../src/core/health/check.ts";
import { type SessionInput, sessionChecks } from "../../../../src/core/health/session.ts";
import type { SignedIn, SignedOutReason } from "../../../../src/core/session.ts";
import { english, fill } from "../../../../src/core/text.ts";

const bundle = JSON.parse(
  readFileSync(new URL("../../../../l10n/bundle.l10n.ja.json", import.meta.url), "utf8"),
) as Record<string, string>;

const now = 1_800_000_000_000;
const minute = 60_000;
const configuration = { ok: true, source: "host.json", region: "eu-west-1", userPoolId: "eu-west-1_abc" } as const;
const unreachable: Problem = { code: "unreachable", params: { endpoint: "https://x" } };
const role = { arn: "arn:aws:iam::111122223333:role/Developer", name: "Developer" };
const signedIn = (more: Partial<SignedIn> = {}): SignedIn => ({
  state: "signedIn",
  id: "x",
  username: "alice",
  signedInAt: now - 60 * minute,
  roles: [role],
  role,
  credentials: { state: "ready", expiresAt: now + 45 * minute, refreshedAt: now, account: "111122223333" },
  ...more,
});
const good: Omit<SessionInput, "t"> = {
  now,
  configuration,
  session: signedIn(),
  endpoint: { uri: "http://127.0.0.1:40001/credentials", tokenFile: "/t" },
  terminal: { shadows: [], outdated: [] },
};

const line = ({ id, status, action }: Check) => `${id} ${status}${action ? ` ${action}` : ""}`;

const cases: readonly [string, Partial<SessionInput>, readonly string[], RegExp][] = [
  [
    "is good",
    {},
    ["session.configuration ok", "session.signIn ok", "session.credentials ok", "session.endpoint ok"],
    /Valid for 45 min; renewed before that\. Account 111122223333\./,
  ],
  ["measures a right clock", { session: signedIn({ clockOffsetSeconds: -59 }) }, ["session.clock ok"], /agrees/],
  [
    "warns of a clock that is a minute off",
    { session: signedIn({ clockOffsetSeconds: 60 }) },
    ["session.clock warning retry"],
    /60 s ahead/,
  ],
  [
    "fails on a clock that AWS refuses",
    { session: signedIn({ clockOffsetSeconds: -300 }) },
    ["session.clock error retry"],
    /5 min behind/,
  ],
  [
    "warns while the session can't be renewed",
    { session: signedIn({ trouble: { problem: unreachable, since: now, nextAttemptAt: now + 5000 } }) },
    ["session.signIn warning retry"],
    /could not be reached.*still valid; the next attempt is in 5 s/,
  ],
  [
    "does not know credentials that are coming",
    { session: signedIn({ credentials: { state: "pending" } }) },
    ["session.credentials unknown"],
    /being fetched/,
  ],
  [
    "fails when no role can be taken",
    { session: signedIn({ credentials: { state: "unavailable", problem: { code: "ambiguousRole" } } }) },
    ["session.credentials error chooseRole"],
    /Choose one/,
  ],
  [
    "fails when the credentials ran out",
    {
      session: signedIn({
        credentials: { state: "ready", expiresAt: now, refreshedAt: 0 },
        trouble: { problem: unreachable, since: 0, nextAttemptAt: 0 },
      }),
    },
    ["session.credentials error retry"],
    /expired and could not be renewed\. https:\/\/x could not/,
  ],
  [
    "names every key of a broken configuration",
    { configuration: { ok: false, problems: [unreachable, unreachable] } },
    ["session.configuration error retry", "session.configuration error retry"],
    /x/,
  ],
  [
    "warns of shadows and old tools",
    {
      terminal: {
        shadows: [{ kind: "environmentKeys", where: "AWS_ACCESS_KEY_ID" }],
        outdated: [{ tool: "awsCli", version: "2.9.0", needed: "2.15.0" }],
      },
    },
    ["session.shadow.environmentKeys warning", "session.tool.awsCli warning"],
    /AWS_ACCESS_KEY_ID is set/,
  ],
];

describe("health of the session", () => {
  for (const [name, input, expected, text] of cases) {
    it(name, () => {
      const checks = sessionChecks({ ...good, ...input, t: english });
      const lines = checks.map(line);
      for (const wanted of expected) assert.ok(lines.includes(wanted), `${wanted} is not in ${lines.join(", ")}`);
      assert.ok(
        checks.some(({ detail }) => text.test(detail)),
        checks.map(({ detail }) => detail).join("\n"),
      );
      const japanese = sessionChecks({
        ...good,
        ...input,
        t: (message, args) => fill(bundle[message] ?? assert.fail(message), args),
      });
      for (const { summary, detail } of [...checks, ...japanese])
        assert.doesNotMatch(`${summary}${detail}`, /[{}]|undefined/);
    });
  }

  for (const reason of [
    "never",
    "signedOut",
    "expired",
    "revoked",
    "agentRestarted",
    "signedOutEverywhere",
  ] as SignedOutReason[]) {
    it(`says what to do when signed out (${reason})`, () => {
      const checks = sessionChecks({ ...good, session: { state: "signedOut", reason }, t: english });
      assert.deepEqual(checks.map(line), ["session.configuration ok", "session.signIn warning signIn"]);
      assert.match(checks.at(-1)?.detail ?? "", /gatehouse login$/);
    });
  }

  it("says no more than that the agent does not answer when it does not", () => {
    const checks = sessionChecks({ agentProblem: { code: "agentUnavailable" }, now, t: english });
    assert.deepEqual(checks.map(line), ["session.agent error showLog"]);
  });

  it("takes the gravest status for all", () => {
    const check = (status: Check["status"]) => ({ ...sessionChecks({ ...good, t: english })[0], status }) as Check;
    assert.equal(gravest([]), "unknown");
    assert.equal(gravest([check("ok")]), "ok");
    assert.equal(gravest([check("unknown"), check("ok")]), "unknown");
    assert.equal(gravest([check("warning"), check("unknown")]), "warning");
    assert.equal(gravest([check("error"), check("warning")]), "error");
  });
});
