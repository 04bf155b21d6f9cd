import assert from "node:assert/strict";
import { parseApplicable } from "../../../../src/core/host/applicable.ts";
import { goodHostFile, nonsense, nonsenseText } from "./nonsense.ts";

describe("host.json for host apply", () => {
  it("takes a good file, and one with the least in it", () => {
    const full = parseApplicable(JSON.stringify(goodHostFile), "f");
    assert.ok("file" in full, JSON.stringify(full));
    const { cognito, gate } = goodHostFile;
    const least = parseApplicable(
      JSON.stringify({
        domain: "ide.example.com",
        user: "alice",
        cognito: { ...cognito, identityPoolId: undefined },
        gate: { clientId: gate.clientId, allowedGroups: ["developers"] },
      }),
      "f",
    );
    assert.ok("file" in least, JSON.stringify(least));
    assert.equal(least.file.folder, "/home/alice/environment");
    assert.equal(least.file.awsRegion, "eu-central-1");
    assert.equal(least.file.profile, "strict");
    assert.deepEqual(least.file.certificate, { name: "ide.example.com" });
    assert.deepEqual(least.file.gate, {
      clientId: gate.clientId,
      allowedEmails: [],
      allowedGroups: ["developers"],
      unverifiedEmail: false,
      sessionHours: 72,
      refreshMinutes: 60,
    });
  });

  for (const kind of nonsense) {
    it(`names the key and what is allowed for ${kind.name}`, () => {
      const result = parseApplicable(nonsenseText(kind), "host.json");
      assert.ok("problems" in result, "it was taken");
      assert.deepEqual(
        result.problems.map(({ params }) => params?.["key"]),
        [kind.key ?? "host.json"],
      );
      assert.match(String(result.problems[0]?.params?.["allowed"]), kind.allowed);
    });
  }
});
