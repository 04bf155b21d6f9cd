import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { applyJson, applyText } from "../../../src/cli/hostText.ts";
import { type ApplyReport, noFiles, noUnits } from "../../../src/core/host/report.ts";
import { english } from "../../../src/core/text.ts";
import { gatehouse } from "./process.ts";

const report: ApplyReport = {
  outcome: "unchanged",
  recovered: false,
  files: noFiles(),
  units: noUnits(),
  checks: [],
  problems: [],
};

describe("gatehouse host", function () {
  this.timeout(20_000);

  for (const argv of [["host"], ["host", "reboot"], ["host", "apply", "--force"], ["host", "apply", "now"]]) {
    it(`is told how to be used for ${argv.join(" ")}`, async () => {
      const { code, stderr } = await gatehouse(argv);
      assert.equal(code, 2);
      assert.match(stderr, /See gatehouse host --help/);
    });
  }

  it("explains itself", async () => {
    const { code, stdout } = await gatehouse(["help", "host"]);
    assert.equal(code, 0);
    assert.match(stdout, /host apply \[--dry-run\] \[--json\]/);
  });

  it("says that it needs root, or host.json", async () => {
    // Where there is a host.json this would look at the real host.
    if (existsSync("/etc/gatehouse/host.json")) return;
    const { code, stdout, stderr } = await gatehouse(["host", "apply", "--dry-run"]);
    if (process.getuid?.() === 0) {
      assert.equal(code, 3);
      assert.match(stdout, /\/etc\/gatehouse\/host\.json[\s\S]*Nothing was changed\.\n$/);
    } else assert.deepEqual([code, stderr], [1, "gatehouse: Only root can do this: sudo gatehouse host apply\n"]);
  });

  const endings: readonly [Partial<ApplyReport>, RegExp][] = [
    [{}, /^Nothing had to be changed\. The host works\.\n$/],
    [{ outcome: "applied" }, /^Done\. The host works\.\n$/],
    [{ outcome: "planned", diff: "" }, /^Nothing would be changed\.\n$/],
    [
      { outcome: "refused", problems: [{ message: "No.", lines: ["a", "b"] }] },
      /^No\.\n {4}a\n {4}b\nNothing was changed\.\n$/,
    ],
    [
      { outcome: "rolledBack", problems: [{ message: "No." }] },
      /^No\.\nIt failed\. What was there before is there again\.\n$/,
    ],
    [{ outcome: "failed", problems: [{ message: "No." }] }, /does not work as it should\.\n$/],
  ];
  for (const [change, expected] of endings) {
    it(`ends with a line that says how it went: ${change.outcome ?? "unchanged"}`, () => {
      assert.match(applyText({ ...report, ...change }, english), expected);
    });
  }

  it("shows a dry run's diff with its tabs and blank lines, without other control characters", () => {
    const control = String.fromCharCode(27);
    const planned: ApplyReport = {
      ...report,
      outcome: "planned",
      diff: `--- a\n+++ b\n@@ -1,2 +1,2 @@\n-\tx${control}[2J\n \n+\ty\n`,
      files: { ...noFiles(), changed: ["b"] },
      units: { ...noUnits(), reloaded: ["gatehouse-nginx.service"] },
    };
    assert.equal(
      applyText(planned, english),
      "--- a\n+++ b\n@@ -1,2 +1,2 @@\n-\tx[2J\n \n+\ty\nwould change: b\nwould reload: gatehouse-nginx.service\nNothing was changed: this was a dry run.\n",
    );
  });

  it("prints JSON that says at once whether all is well", () => {
    const parse = (outcome: ApplyReport["outcome"]) =>
      JSON.parse(applyJson({ ...report, outcome }, { version: "1.2.3", milliseconds: 4 })) as Record<string, unknown>;
    assert.deepEqual(
      (["unchanged", "applied", "planned", "refused", "rolledBack", "failed"] as const).map(
        (each) => parse(each)["ok"],
      ),
      [true, true, true, false, false, false],
    );
    const { schema, version, milliseconds } = parse("applied");
    assert.deepEqual([schema, version, milliseconds], [1, "1.2.3", 4]);
  });
});
