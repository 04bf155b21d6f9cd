// Mocha's spec reporter, which also writes how many tests passed and failed to the file named by the option `output`.
const { writeFileSync } = require("node:fs");
const Mocha = require("mocha");

module.exports = class CountingReporter extends Mocha.reporters.Spec {
  /**
   * @param {import("mocha").Runner} runner
   * @param {import("mocha").MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures } = this.stats;
      writeFileSync(options.reporterOptions.output, JSON.stringify({ passed: passes, failed: failures }));
      // What a test left open must not hold up everything else; it counts as a failure, by the exit code.
      setTimeout(() => {
        console.error(`Left open after the last test: ${process.getActiveResourcesInfo().join(", ")}`);
        process.exit(1);
      }, 15_000).unref();
    });
  }
};
