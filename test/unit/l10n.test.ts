import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const bundle = JSON.parse(readFileSync(join(root, "l10n", "bundle.l10n.ja.json"), "utf8")) as Record<string, string>;

interface Found {
  readonly file: string;
  readonly message: string;
}

const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({ file, text: readFileSync(join(root, "src", file), "utf8") }));

// t("…"), also over several lines and as a choice of two: t(a ? "…" : "…").
const call = /(?<![\w.])(?:t|l10n\.t)\(\s*("(?:[^"\\]|\\.)*")/g;
const found: Found[] = sources.flatMap(({ file, text }) =>
  [...text.matchAll(call)].map((match) => ({ file, message: JSON.parse(match[1] ?? '""') as string })),
);

function placeholders(message: string): string[] {
  return [...message.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
}

describe("translations", () => {
  it("finds the sentences in the sources", () => {
    assert.ok(found.length > 100);
  });

  it("are asked for by a literal everywhere, so that none is overlooked", () => {
    const others = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/(?<![\w.])t\(\s*(?!["\s)])[^)\n]*/g)].map((match) => `${file}: ${match[0]}`),
    );
    assert.deepEqual(others, []);
  });

  it("exist in Japanese for every sentence, with none left over", () => {
    const wanted = [...new Set(found.map(({ message }) => message))].sort();
    const there = Object.keys(bundle).sort();
    assert.deepEqual({ missing: wanted.filter((message) => !(message in bundle)) }, { missing: [] });
    assert.deepEqual({ stale: there.filter((message) => !wanted.includes(message)) }, { stale: [] });
  });

  it("have the same placeholders", () => {
    for (const [message, translation] of Object.entries(bundle))
      assert.deepEqual(placeholders(translation), placeholders(message), message);
  });

  it("are not empty and not the English text, save for names", () => {
    const same = Object.entries(bundle).filter(([message, text]) => text.trim() === "" || text === message);
    assert.deepEqual(
      same.map(([message]) => message).filter((message) => /[a-z]{3,} [a-z]{2,} [a-z]/.test(message)),
      [],
    );
  });
});
