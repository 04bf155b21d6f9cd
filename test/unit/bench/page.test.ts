import assert from "node:assert/strict";
import { benchmarksPage, type Section } from "../../bench/page.ts";

describe("the page of benchmarks", () => {
  const row = { what: "speed", measured: "1 ms", against: "2 ms", goal: "≤ 0.6×", reached: true };
  const sections = (parts: Section["rows"], gate: Section["rows"]): Section[] => [
    { title: "Parts", text: "", rows: parts },
    { title: "The gate", text: "How it is measured.", rows: gate },
  ];
  const whole = benchmarksPage(sections([row], [{ ...row, what: "size", reached: false }]), "");

  it("has a table for each section, and says what is missed and what isn't measured", () => {
    assert.match(whole, /## Parts\n\n\| what .*\n.*\n\| speed \| 1 ms \| 2 ms \| ≤ 0\.6× \| yes \|/);
    assert.match(whole, /## The gate\n\nHow it is measured\.\n\n\| what .*\n.*\n\| size .* \| \*\*no\*\* \|/);
    assert.match(benchmarksPage(sections([{ ...row, reached: undefined }], []), ""), /\| speed .* \| – \|/);
  });

  it("keeps a section that was not measured as it was", () => {
    assert.equal(benchmarksPage(sections(undefined, undefined), whole), whole);
    const again = benchmarksPage(sections(undefined, [{ ...row, what: "weight" }]), whole);
    assert.match(again, /## Parts\n\n[^#]*speed/);
    assert.match(again, /## The gate\n\n[^#]*weight/);
    assert.doesNotMatch(again, /size/);
  });

  it("says of a section that nobody has measured so", () => {
    assert.match(benchmarksPage(sections([row], undefined), ""), /## The gate\n\nNot measured yet\.\n$/);
  });
});
