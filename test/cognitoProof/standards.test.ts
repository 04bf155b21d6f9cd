import assert from "node:assert/strict";
import { createDiffieHellmanGroup } from "node:crypto";
import { N } from "../cognito/auth/srpVerifier.ts";
import { trustsIdentityPool } from "../cognito/identity/trustPolicy.ts";
import { decodeBase32, encodeBase32, matchingStep, totp, totpStep } from "../cognito/totp.ts";

describe("the emulator's arithmetic", () => {
  it("has the prime of RFC 3526's 3072-bit group", () => {
    assert.equal(N.toString(16), createDiffieHellmanGroup("modp15").getPrime("hex"));
  });

  it("makes the codes of RFC 6238, appendix B (their last six digits)", () => {
    const secret = encodeBase32(Buffer.from("12345678901234567890"));
    for (const [seconds, code] of [
      [59, "287082"],
      [1111111109, "081804"],
      [1111111111, "050471"],
      [1234567890, "005924"],
      [2000000000, "279037"],
      [20000000000, "353130"],
    ] as const) {
      assert.equal(totp(secret, seconds * 1000), code);
    }
  });

  it("takes a code of the step before or after, and tells which", () => {
    const secret = encodeBase32(Buffer.from("12345678901234567890"));
    const now = 1_234_567_890_000;
    for (const steps of [-1, 0, 1]) {
      const code = totp(secret, now + steps * 30_000);
      assert.equal(matchingStep(secret, code, now), totpStep(now) + steps);
    }
    assert.equal(matchingStep(secret, totp(secret, now - 60_000), now), undefined);
    assert.equal(matchingStep(secret, totp(secret, now + 60_000), now), undefined);
  });

  it("writes Base32 as RFC 4648, section 10, without padding", () => {
    for (const [text, encoded] of [
      ["f", "MY"],
      ["fo", "MZXQ"],
      ["foo", "MZXW6"],
      ["foob", "MZXW6YQ"],
      ["fooba", "MZXW6YTB"],
      ["foobar", "MZXW6YTBOI"],
    ] as const) {
      assert.equal(encodeBase32(Buffer.from(text)), encoded);
      assert.equal(decodeBase32(encoded).toString(), text);
    }
  });
});

describe("a role's trust policy", () => {
  const policy = (changes: object, condition: object = {}) => ({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: "cognito-identity.amazonaws.com" },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: condition,
        ...changes,
      },
    ],
  });
  const pool = { identityPoolId: "eu-central-1:1", authenticated: true };
  const aud = "cognito-identity.amazonaws.com:aud";
  const amr = "cognito-identity.amazonaws.com:amr";

  it("lets the pool in that it names", () => {
    for (const condition of [
      {},
      { StringEquals: { [aud]: "eu-central-1:1" } },
      { StringEquals: { [aud]: ["x", "eu-central-1:1"] }, "ForAnyValue:StringLike": { [amr]: "auth*" } },
    ]) {
      assert.ok(trustsIdentityPool(policy({}, condition), pool));
    }
  });

  it("keeps everybody else out", () => {
    for (const wrong of [
      policy({}, { StringEquals: { [aud]: "eu-central-1:2" } }),
      policy({}, { "ForAnyValue:StringLike": { [amr]: "unauthenticated" } }),
      policy({}, { StringEquals: { "some:other": "x" } }),
      policy({}, { NumericEquals: { [aud]: "1" } }),
      policy({ Effect: "Deny" }),
      policy({ Principal: { Service: "ec2.amazonaws.com" } }),
      policy({ Action: "sts:AssumeRole" }),
      {},
      undefined,
    ]) {
      assert.equal(trustsIdentityPool(wrong, pool), false);
    }
  });
});
