import assert from "node:assert/strict";
import { type AutomaticSignIn, claimLifetime, createAutomaticSignIn } from "../../../src/agent/automaticSignIn.ts";
import type { Session, SignedOutReason } from "../../../src/core/session.ts";

const signedOut = (reason: SignedOutReason): Session => ({ state: "signedOut", reason });
const never = signedOut("never");

describe("a sign-in without a click", () => {
  let now: number;
  let automatic: AutomaticSignIn;
  beforeEach(() => {
    now = 5;
    automatic = createAutomaticSignIn(() => now);
  });

  it("is granted to the first of several windows", () => {
    assert.deepEqual(
      [automatic.claim(never, 0), automatic.claim(never, 0), automatic.claim(never, 0)],
      [true, false, false],
    );
  });

  it("is not granted to a window that reloads, until a browser would not be waited for any more", () => {
    automatic.claim(never, 0);
    now += claimLifetime - 1;
    assert.equal(automatic.claim(never, 0), false);
    now += 1;
    assert.equal(automatic.claim(never, 0), true);
  });

  it("takes no pending sign-in's place, and costs nobody the next one", () => {
    assert.equal(automatic.claim(never, 1), false);
    assert.equal(automatic.claim(never, 0), true);
  });

  const reasons: Record<SignedOutReason, boolean> = {
    never: true,
    agentRestarted: true,
    expired: true,
    signedOut: false,
    signedOutEverywhere: false,
    revoked: false,
  };
  for (const [reason, granted] of Object.entries(reasons)) {
    it(`is ${granted ? "granted" : "refused"} where nobody is signed in because of "${reason}"`, () => {
      assert.equal(automatic.claim(signedOut(reason as SignedOutReason), 0), granted);
    });
  }

  it("is refused where somebody is signed in", () => {
    const session = { id: "1", username: "u", signedInAt: 0, roles: [], credentials: { state: "pending" } } as const;
    assert.equal(automatic.claim({ state: "signedIn", ...session }, 0), false);
  });
});
