/**
 * Loaded into the extension host by the test runners. suite/index.ts either imports the suites, which then find mocha's globals
 * (describe, it …), or exports a `run` that does everything with a Mocha of its own; either way the runner learns what was counted.
 */
import { writeFileSync } from "node:fs";
import Mocha from "mocha";

/** Where the counts go: one JSON object. */
const resultFile = process.env["GATEHOUSE_TEST_RESULT"] ?? "";

export async function run(): Promise<void> {
  const count = { passed: 0, failed: 0 };
  const record = () => writeFileSync(resultFile, JSON.stringify(count));
  const original = Mocha.prototype.run;
  Mocha.prototype.run = function (this: Mocha, done) {
    const runner = original.call(this, done);
    runner.on("pass", () => {
      count.passed++;
      record();
    });
    runner.on("fail", () => {
      count.failed++;
      record();
    });
    return runner;
  };
  const mocha = new Mocha({ ui: "bdd", reporter: "spec", timeout: 60_000, color: false });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  const suites: { run?: () => Promise<void> } = await import("./suite/index.ts");
  if (suites.run !== undefined) await suites.run();
  else await new Promise<void>((resolve) => void mocha.run(() => resolve()));
  if (count.failed > 0) throw new Error(`${count.failed} failed`);
}
