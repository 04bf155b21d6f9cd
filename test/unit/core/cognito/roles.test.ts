import assert from "node:assert/strict";
import { expectedRole, mayChoose, roleOf, roleProblem, rolesOf } from "../../../../src/core/cognito/roles.ts";

const [a, b, c] = ["a", "team/b", "c"].map((name) => `arn:aws:iam::123456789012:role/${name}`) as [
  string,
  string,
  string,
];

describe("roles", () => {
  it("names a role by the last part of its ARN", () => {
    assert.deepEqual(roleOf(b), { arn: b, name: "b" });
  });

  it("lists each role of the token once, in its order", () => {
    assert.deepEqual(
      rolesOf({ roles: [b, a, b] }).map(({ name }) => name),
      ["b", "a"],
    );
  });

  const cases: readonly [
    string,
    readonly string[],
    string | undefined,
    string | undefined,
    string | undefined,
    string,
  ][] = [
    ["none", [], undefined, undefined, undefined, "noRole"],
    ["one", [a], undefined, undefined, a, "roleNotAllowed"],
    ["the same twice", [a, a], undefined, undefined, a, "roleNotAllowed"],
    ["several", [a, b], undefined, undefined, undefined, "ambiguousRole"],
    ["several with a preferred one", [a, b], b, undefined, b, "roleNotAllowed"],
    ["a choice before a preference", [a, b], b, a, a, "roleNotAllowed"],
    ["a choice that isn't there", [a, b], b, c, c, "roleNotAllowed"],
  ];
  for (const [name, roles, preferredRole, chosen, expected, problem] of cases) {
    it(`${name}: expects ${expected ?? "no certain role"}, and ${problem} when that fails`, () => {
      const claims = { roles, ...(preferredRole && { preferredRole }) };
      assert.equal(expectedRole(claims, chosen)?.arn, expected);
      assert.equal(roleProblem(claims, chosen).code, problem);
    });
  }

  it("allows to choose what the token lists", () => {
    assert.equal(mayChoose({ roles: [a, b] }, b), true);
    assert.equal(mayChoose({ roles: [a, b] }, c), false);
  });
});
