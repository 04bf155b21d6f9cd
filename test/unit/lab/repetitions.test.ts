import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../lab/cache.ts";
import { nameOf, repetitions, variableOf } from "../../lab/repetitions.ts";

/** Sources of the tiers that the soak runs. */
const sources = ["test/host", "test/provision"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(root, folder, name), "utf8")),
);

describe("the soak", () => {
  it("gives each count that a test reads, and none that no test reads", () => {
    const read = sources.flatMap((text) =>
      [...text.matchAll(/\bnumber\("(GATEHOUSE_\w+)"|\[?"(GATEHOUSE_CUTS)"\]/g)].map(
        ([, name, other]) => name ?? other,
      ),
    );
    assert.deepEqual([...new Set(read)].sort(), Object.keys(repetitions).map(variableOf).sort());
  });

  it("has a name for each figure that a test records", () => {
    const recorded = sources.flatMap((text) =>
      [...text.matchAll(/\brecord\(\{([^}]*)\}\)/g)].flatMap(([, body = ""]) =>
        [...body.matchAll(/(?:^|,)\s*(\w+)\s*(?=[,:]|$)/gm)].map(([, name = ""]) => name),
      ),
    );
    const parts = sources.flatMap((text) => [...text.matchAll(/\bkey: "(\w+)"/g)].map(([, key]) => `${key}Kills`));
    assert.ok(recorded.includes("rotations") && recorded.includes("upgradeCuts"), recorded.join());
    for (const figure of [
      ...recorded,
      ...parts,
      "redisMedianMs",
      "agentServiceSlowestMs",
      "codeServerWindowMs",
      "hostKills",
    ])
      assert.notEqual(nameOf(figure), figure);
    assert.equal(nameOf("hostKills"), "the host restarted under a working editor");
    assert.equal(nameOf("somethingElse"), "somethingElse");
  });
});
