import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { language, readBundle } from "../../../src/cli/language.ts";
import { wantsColour } from "../../../src/cli/status.ts";
import { statusText } from "../../../src/cli/statusText.ts";
import { english } from "../../../src/core/text.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

describe("the command's language", () => {
  const table: readonly [Record<string, string>, string][] = [
    [{}, "en"],
    [{ LANG: "C" }, "en"],
    [{ LANG: "POSIX" }, "en"],
    [{ LANG: "en_GB.UTF-8" }, "en"],
    [{ LANG: "ja_JP.UTF-8" }, "ja"],
    [{ LANG: "ja_JP.utf8" }, "ja"],
    [{ LANG: "ja" }, "ja"],
    [{ LANG: "ja_JP.eucJP" }, "en"],
    [{ LANG: "ja_JP.UTF-8@x" }, "ja"],
    [{ LANG: "jam_JM.UTF-8" }, "en"],
    [{ LANG: "ja_JP.UTF-8", LC_MESSAGES: "en_US.UTF-8" }, "en"],
    [{ LANG: "en_US.UTF-8", LC_MESSAGES: "ja_JP.UTF-8" }, "ja"],
    [{ LC_ALL: "C", LC_MESSAGES: "ja_JP.UTF-8" }, "en"],
    [{ LC_ALL: "", LANG: "ja_JP.UTF-8" }, "ja"],
    [{ LANG: "../../x" }, "en"],
  ];
  for (const [env, expected] of table) {
    it(`is ${expected} for ${JSON.stringify(env)}`, () => assert.equal(language(env), expected));
  }

  it("is English where the bundle is missing or has no such sentence", () => {
    assert.equal(readBundle("/nonexistent", "ja")("ok"), "ok");
    assert.equal(readBundle(root, "ja")("ok"), "正常");
    assert.equal(readBundle(root, "ja")("no such {thing}", { thing: 1 }), "no such 1");
  });
});

describe("the status on a terminal", () => {
  const check = { id: "session.x", group: "session", status: "ok", summary: "S", detail: "D.", measuredAt: 0 } as const;

  it("has colours on a terminal only, and none with NO_COLOR", () => {
    assert.equal(wantsColour({}, { isTTY: true }), true);
    assert.equal(wantsColour({ NO_COLOR: "" }, { isTTY: true }), true);
    assert.equal(wantsColour({ NO_COLOR: "1" }, { isTTY: true }), false);
    assert.equal(wantsColour({ TERM: "dumb" }, { isTTY: true }), false);
    assert.equal(wantsColour({}, {}), false);
    assert.equal(statusText([check], { colour: true, t: english }), "\u001b[32mok\u001b[0m       S\n         D.\n");
  });

  it("hands no control character of a name to the terminal", () => {
    const text = statusText([{ ...check, summary: "a\u001b]0;x\u0007b" }], { colour: false, t: english });
    assert.ok(text.includes("a]0;xb\n"));
  });

  it("aligns words of any width", () => {
    const text = statusText([check, { ...check, status: "error" }], { colour: false, t: readBundle(root, "ja") });
    assert.equal(text, "正常    S\n        D.\nエラー  S\n        D.\n");
  });
});
