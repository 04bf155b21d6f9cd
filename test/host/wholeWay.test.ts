/** The whole product as a person has it: a browser, the gate, managed login, the editor, AWS. The parts build on each other, in this order. */
import assert from "node:assert/strict";
import { GateWorld } from "./wholeWay/gateWorld.ts";
import { leftBehindTests } from "./wholeWay/leftBehind.ts";
import { signInTests } from "./wholeWay/signIn.ts";
import { survivalTests } from "./wholeWay/survival.ts";
import { workTests } from "./wholeWay/work.ts";

const signInTitle = "from the public name to AWS";

describe("the whole way", () => {
  let world: GateWorld;
  let signedIn = true;
  const began = performance.now();

  before(async function () {
    this.timeout(30 * 60_000);
    world = await GateWorld.create();
  });
  after(async () => {
    await world?.close();
    console.log(`      the whole way took ${Math.round((performance.now() - began) / 1000)} s`);
  });
  beforeEach(function () {
    if (!signedIn) this.skip();
  });
  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    if (this.currentTest.parent?.title === signInTitle) signedIn = false;
    const name = `failed-${this.currentTest.title.replace(/\W+/g, "-").slice(0, 60)}`;
    const seen = [world.screenshot(name), world.traces()].map((each) => each.catch((error: Error) => error.message));
    console.error(`      ${(await Promise.all(seen)).join("\n")}`);
  });

  describe(signInTitle, () => signInTests(() => world));
  describe("work through the gate", () => workTests(() => world));
  describe("while parts of the host die", () => survivalTests(() => world));

  describe("in the end", () => {
    it("has opened no page but the public names', and met no certificate error", () => {
      const { pages, certificateErrors } = world.traffic;
      const names = [world.lab.origin, `https://${world.lab.pool.domain}`];
      assert.deepEqual([...new Set(pages.map((page) => new URL(page).origin))].sort(), names.sort());
      assert.deepEqual(certificateErrors, []);
    });

    leftBehindTests(() => world);
  });
});
