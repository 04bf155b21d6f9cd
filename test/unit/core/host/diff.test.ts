import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unifiedDiff } from "../../../../src/core/host/diff.ts";

describe("unified diff", () => {
  const numbers = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  const text = (lines: readonly string[]) => `${lines.join("\n")}\n`;
  const cases: readonly [name: string, before: string, after: string][] = [
    ["one changed line", text(numbers), text(numbers.with(4, "x"))],
    ["two hunks", text(numbers), text(numbers.with(2, "x").with(20, "y"))],
    ["hunks that touch", text(numbers), text(numbers.with(5, "x").with(11, "y"))],
    ["hunks one line apart", text(numbers), text(numbers.with(5, "x").with(13, "y"))],
    ["a line at the beginning", text(numbers), text(["x", ...numbers])],
    ["a line at the end", text(numbers), text([...numbers, "x"])],
    ["removed lines", text(numbers), text(numbers.slice(3, 20))],
    ["no line break at the end", "a\nb", "a\nb\n"],
    ["no line break at either end", "a\nb", "a\nc"],
    ["a new file", "", "a\nb\n"],
    ["an emptied file", "a\n", ""],
  ];
  const names = { from: "before", to: "after" };
  for (const [name, before, after] of cases) {
    it(`is one that patch(1) applies and takes back: ${name}`, function () {
      if (spawnSync("patch", ["--version"]).status !== 0) this.skip();
      const folder = mkdtempSync(join(tmpdir(), "gatehouse-diff-"));
      try {
        writeFileSync(join(folder, "file"), before);
        const diff = unifiedDiff(before, after, names);
        for (const [direction, expected] of [
          [[], after],
          [["-R"], before],
        ] as const) {
          const run = spawnSync("patch", [...direction, "--fuzz=0", "-o", "-", "file"], { cwd: folder, input: diff });
          assert.equal(run.status, 0, `${run.stdout}${run.stderr}\n${diff}`);
          assert.equal(String(run.stdout), expected);
          writeFileSync(join(folder, "file"), after);
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  it("is empty where nothing differs, and shows only what is near", () => {
    assert.equal(unifiedDiff("a\n", "a\n", names), "");
    assert.equal(unifiedDiff(text(numbers), text(numbers.with(10, "x")), names).split("\n").length, 12);
    assert.match(unifiedDiff(text(numbers), text(numbers.with(10, "x")), names), /^@@ -8,7 \+8,7 @@$/m);
  });
});
