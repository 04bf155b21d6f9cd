import assert from "node:assert/strict";
import { claimAutomaticSignIn } from "../../../../src/agent/protocol.ts";
import { silent } from "../../../../src/core/log.ts";
import type { SessionChange } from "../../../../src/editor/session/store.ts";
import { registerAutomaticSignIn } from "../../../../src/editor/signIn/automatic.ts";
import { settings } from "../../../../src/manifest.ts";
import { Emitter } from "../../../fakes/inputBox.ts";
import { FakeKeptConnection, settle } from "../../../fakes/keptConnection.ts";
import { signedIn, signedOut } from "../../../fakes/session.ts";

function world({ on = true, granted = true }: { on?: unknown; granted?: boolean | "unknown" } = {}) {
  const agent = new FakeKeptConnection();
  if (granted !== "unknown") agent.answers.set(claimAutomaticSignIn.method, { granted });
  const changes = new Emitter<SessionChange>();
  let begun = 0;
  const registered = registerAutomaticSignIn({
    workspace: {
      getConfiguration: () => ({ get: (key: string) => (key === settings.signInAutomatically ? on : "") }),
    } as never,
    agent,
    store: { onChange: changes.event },
    signIn: { automatically: async () => void begun++ },
    log: silent,
  });
  const hear = async (known: SessionChange["known"]) => {
    changes.fire({ known, previous: undefined });
    await settle();
  };
  return { agent, changes, registered, hear, begun: () => begun };
}

describe("the start of a window", () => {
  it("signs in where the setting says so and nobody is signed in", async () => {
    const { hear, begun, changes } = world();
    await hear({ state: "failed", problem: { code: "agentUnavailable" } });
    assert.equal(begun(), 0);
    await hear({ state: "known", session: signedOut });
    assert.equal(begun(), 1);
    assert.equal(changes.size, 0);
  });

  it("asks nobody where the setting is off or of a wrong type", async () => {
    for (const on of [false, null, "yes"]) {
      const { hear, begun, agent } = world({ on });
      await hear({ state: "known", session: signedOut });
      assert.deepEqual([begun(), agent.asked], [0, []]);
    }
  });

  it("leaves it at that where somebody is signed in, also when that ends later", async () => {
    const { hear, begun, agent } = world();
    await hear({ state: "known", session: signedIn() });
    await hear({ state: "known", session: signedOut });
    assert.deepEqual([begun(), agent.asked], [0, []]);
  });

  it("does nothing where the agent refuses it, or is too old to know of it", async () => {
    for (const granted of [false, "unknown"] as const) {
      const { hear, begun } = world({ granted });
      await hear({ state: "known", session: signedOut });
      assert.equal(begun(), 0);
    }
  });

  it("does nothing any more once it is disposed of", async () => {
    const { hear, begun, registered } = world();
    registered.dispose();
    await hear({ state: "known", session: signedOut });
    assert.equal(begun(), 0);
  });
});
