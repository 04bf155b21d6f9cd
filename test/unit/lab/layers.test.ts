import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureLayer, type Layer } from "../../lab/host/layers.ts";

describe("layers of the lab", () => {
  let cache: string;
  const before = process.env["GATEHOUSE_CACHE"];

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "gh-"));
    process.env["GATEHOUSE_CACHE"] = cache;
  });

  afterEach(() => {
    if (before === undefined) delete process.env["GATEHOUSE_CACHE"];
    else process.env["GATEHOUSE_CACHE"] = before;
    rmSync(cache, { recursive: true, force: true });
  });

  const make = (key: string, work = (folder: string) => writeFileSync(join(folder, "content"), key)): Promise<Layer> =>
    ensureLayer({ kind: "wheels", key, keep: 2, progress: () => {} }, async (folder) => work(folder));
  const layers = () => readdirSync(join(cache, "host")).sort();

  it("are made once for a key, also by two at the same time", async () => {
    const [first, second] = await Promise.all([make("a"), make("a")]);
    assert.equal(first.path, second.path);
    assert.deepEqual([first.made, second.made].sort(), [false, true]);
    assert.equal((await make("a")).made, false);
  });

  it("are not there where making them failed, nor what was begun", async () => {
    const failing = make("a", (folder) => {
      writeFileSync(join(folder, "half"), "");
      throw new Error("no");
    });
    await assert.rejects(failing, /no/);
    assert.deepEqual(layers(), []);
    assert.ok((await make("a")).made);
  });

  it("replace what a killed maker left", async () => {
    const { path } = await make("a");
    rmSync(join(path, "used"));
    assert.ok((await make("a")).made);
    assert.deepEqual(layers(), ["wheels-a"]);
  });

  it("go when they were used longest ago", async () => {
    for (const [index, key] of ["a", "b"].entries()) {
      const { path } = await make(key);
      utimesSync(join(path, "used"), index + 1, index + 1);
    }
    await make("a");
    const { path } = await make("c");
    assert.deepEqual(layers(), ["wheels-a", "wheels-c"]);
    assert.ok(existsSync(join(path, "content")));
  });
});
