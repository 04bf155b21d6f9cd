import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHostFile, parseSettings, readHostFile } from "../../../../src/core/host/hostFile.ts";

const cognito = { region: "eu-central-1", userPoolId: "eu-central-1_AbCdEfGhI", clientId: "1example23456789" };

function problems(value: unknown): [key: unknown, allowed: string][] {
  const result = parseHostFile(typeof value === "string" ? value : JSON.stringify(value), "host.json");
  if (result.state !== "invalid") return [];
  return result.problems.map(({ code, params }) => {
    assert.equal(code, "configurationInvalid");
    assert.equal(params?.["source"], "host.json");
    return [params?.["key"], String(params?.["allowed"])];
  });
}

describe("host file", () => {
  it("takes a full and an empty file", () => {
    const file = {
      version: 1,
      domain: "ide.example.com",
      gateway: "oauth2-proxy",
      awsRegion: "us-gov-west-1",
      cognito: {
        ...cognito,
        identityPoolId: "eu-central-1:01234567-89ab-cdef-0123-456789abcdef",
        userPoolEndpoint: "http://127.0.0.1:8080",
        identityPoolEndpoint: "https://vpce.example.com/x",
      },
    };
    assert.deepEqual(parseHostFile(JSON.stringify(file), "f"), { state: "valid", file });
    assert.deepEqual(parseHostFile("{}", "f"), { state: "valid", file: {} });
  });

  const table: readonly [name: string, value: unknown, expected: readonly [key: string, allowed: RegExp][]][] = [
    ["no JSON", "{", [["host.json", /^JSON \(/]]],
    ["no object", "[]", [["host.json", /object/]]],
    [
      "an unknown key",
      { cognitoo: {} },
      [["cognitoo", /one of version, domain, gateway, profile, user, .*cognito, awsRegion/]],
    ],
    [
      "an unknown key of the pools",
      { cognito: { ...cognito, userPool: "x" } },
      [["cognito.userPool", /one of region, userPoolId, clientId/]],
    ],
    ["pools that are no object", { cognito: "x" }, [["cognito", /object/]]],
    [
      "missing keys",
      { cognito: { region: "eu-central-1" } },
      [
        ["cognito.userPoolId", /user pool id/],
        ["cognito.clientId", /app client id/],
      ],
    ],
    ["a number for a text", { awsRegion: 7 }, [["awsRegion", /AWS region/]]],
    ["a region that is none", { awsRegion: "Frankfurt" }, [["awsRegion", /AWS region/]]],
    ["an unknown gateway", { gateway: "apache" }, [["gateway", /"oauth2-proxy" or "alb"/]]],
    ["another version", { version: 2 }, [["version", /^1$/]]],
    ["a domain with a scheme", { domain: "https://x" }, [["domain", /host name/]]],
    [
      "a pool of another region",
      { cognito: { ...cognito, userPoolId: "us-east-1_AbCdEfGhI" } },
      [["cognito.userPoolId", /begins with eu-central-1_/]],
    ],
    [
      "an identity pool of another region",
      { cognito: { ...cognito, identityPoolId: "us-east-1:01234567-89ab-cdef-0123-456789abcdef" } },
      [["cognito.identityPoolId", /begins with eu-central-1:/]],
    ],
    ["a client id with spaces", { cognito: { ...cognito, clientId: "a b" } }, [["cognito.clientId", /app client id/]]],
    ["a null", { cognito: { ...cognito, clientId: null } }, [["cognito.clientId", /app client id/]]],
    ...[
      "http://cognito.example.com",
      "https://u:p@x",
      "https://x/?a",
      "ftp://localhost",
      "localhost",
      "http://127.evil.com",
    ].map(
      (url) =>
        [
          `the endpoint ${url}`,
          { cognito: { ...cognito, userPoolEndpoint: url } },
          [["cognito.userPoolEndpoint", /https/]],
        ] as [string, unknown, [string, RegExp][]],
    ),
  ];
  for (const [name, value, expected] of table) {
    it(`names the key and what is allowed for ${name}`, () => {
      const found = problems(value);
      assert.deepEqual(
        found.map(([key]) => key),
        expected.map(([key]) => key),
      );
      for (const [index, [, allowed]] of expected.entries()) assert.match(found[index]?.[1] ?? "", allowed);
    });
  }

  it("holds settings to the same rules", () => {
    assert.deepEqual(parseSettings(cognito, "settings"), { configuration: cognito });
    const wrong = parseSettings({ ...cognito, region: "x" }, "settings");
    assert.ok("problems" in wrong && wrong.problems[0]?.params?.["key"] === "cognito.region");
  });

  it("tells an absent file from one that can't be read, and takes a byte order mark", () => {
    const directory = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
    assert.deepEqual(readHostFile(join(directory, "none.json")), { state: "absent" });
    assert.equal(readHostFile(directory).state, "invalid");
    writeFileSync(join(directory, "host.json"), "\uFEFF{}");
    assert.equal(readHostFile(join(directory, "host.json")).state, "valid");
    rmSync(directory, { recursive: true });
  });
});
