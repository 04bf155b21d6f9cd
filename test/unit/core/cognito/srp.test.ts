import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import {
  createEphemeral,
  type PasswordChallenge,
  privateKey,
  sharedSecret,
  signPasswordClaim,
  timestamp,
} from "../../../../src/core/cognito/srp.ts";
import { foreignSignatures, IdentityHelper, IdentityInteger, N } from "../../../foreignClients/srp.ts";

function challengeWith(values: Partial<PasswordChallenge> = {}): PasswordChallenge {
  return {
    poolName: "Ab3dEf9hI",
    userId: "6f1e0f5c-30c1-70f8-9e6f-2d1c5a3b7e44",
    password: "Geheim-密码-пароль 1!",
    salt: randomBytes(16).toString("hex"),
    B: (BigInt(`0x${randomBytes(384).toString("hex")}`) % N).toString(16),
    secretBlock: randomBytes(600).toString("base64"),
    timestamp: timestamp(Date.UTC(2026, 10, 3, 4, 5, 6)),
    ...values,
  };
}

/** A value of the server whose SHA-256 based u or salt starts as wanted can't be chosen; a salt and B can. */
const cases: readonly [string, Partial<PasswordChallenge>][] = [
  ["random values", {}],
  ["a salt with a leading 00 byte", { salt: `00${randomBytes(15).toString("hex")}` }],
  ["a salt with two leading 00 bytes and a high bit", { salt: `0000ff${randomBytes(13).toString("hex")}` }],
  ["a salt with a leading 0 digit", { salt: `0f${randomBytes(15).toString("hex")}` }],
  ["a salt with the high bit set", { salt: `80${randomBytes(15).toString("hex")}` }],
  ["a salt with an odd number of digits", { salt: `7${randomBytes(15).toString("hex")}` }],
  ["the salt zero", { salt: "00" }],
  ["a short B", { B: "2a" }],
  ["a B with the high bit set", { B: `ff${randomBytes(200).toString("hex")}` }],
  ["a B with leading zeros", { B: `0000${randomBytes(200).toString("hex")}` }],
  ["a B larger than N", { B: (N + 12345n).toString(16) }],
];

describe("SRP", function () {
  this.timeout(20_000);
  for (const [name, values] of cases) {
    it(`signs like three other clients with ${name}`, async () => {
      const ephemeral = createEphemeral();
      const challenge = challengeWith(values);
      const signature = signPasswordClaim(ephemeral, challenge);
      for (const [client, sign] of Object.entries(foreignSignatures)) {
        assert.equal(signature, await sign(challenge, ephemeral), client);
      }
    });
  }

  it("derives the same x as amazon-cognito-identity-js from a thousand salts, every eighth with a leading 00 byte", () => {
    const helper = new IdentityHelper("Ab3dEf9hI");
    let foreign = "";
    helper.calculateS = (x) => {
      foreign = x.toString(16);
    };
    helper.smallAValue = helper.largeAValue = new IdentityInteger("2", 16);
    const B = new IdentityInteger("3", 16);
    for (let i = 0; i < 1000; i++) {
      const challenge = challengeWith({ salt: `${i % 8 === 0 ? "00" : ""}${randomBytes(16).toString("hex")}`, B: "3" });
      const salt = new IdentityInteger(challenge.salt, 16);
      helper.getPasswordAuthenticationKey(challenge.userId, challenge.password, B, salt, () => {});
      assert.equal(privateKey(challenge).toString(16), foreign, challenge.salt);
    }
  });

  it("reaches the server's secret", () => {
    // The server's side after RFC 5054: v = gˣ, B = k·v + g^b, S = (A·vᵘ)^b, with plain square-and-multiply.
    const power = (base: bigint, exponent: bigint): bigint => {
      let result = 1n;
      for (const bit of exponent.toString(2)) {
        result = (result * result) % N;
        if (bit === "1") result = (result * base) % N;
      }
      return result;
    };
    const k = BigInt(
      `0x${createHash("sha256")
        .update(Buffer.from(`00${N.toString(16)}02`, "hex"))
        .digest("hex")}`,
    );
    const [b, u, x] = [32, 32, 32].map((size) => BigInt(`0x${randomBytes(size).toString("hex")}`)) as [
      bigint,
      bigint,
      bigint,
    ];
    const { a, A } = createEphemeral();
    const v = power(2n, x);
    const B = (k * v + power(2n, b)) % N;
    assert.equal(A, power(2n, a));
    assert.equal(sharedSecret({ a, B, u, x }), power((A * power(v, u)) % N, b));
  });

  it("uses a new ephemeral value of 320 bits each time", () => {
    const values = new Set(Array.from({ length: 8 }, () => createEphemeral().a));
    assert.equal(values.size, 8);
    for (const a of values) assert.ok(a.toString(2).length > 280);
  });

  for (const [name, B] of [
    ["0", 0n],
    ["N", N],
    ["2N", 2n * N],
  ] as const) {
    it(`refuses a B of ${name}`, () => {
      assert.throws(() => signPasswordClaim(createEphemeral(), challengeWith({ B: B.toString(16) })), /not acceptable/);
    });
  }

  it("refuses a u of 0", () => {
    assert.throws(() => sharedSecret({ a: 3n, B: 5n, u: 0n, x: 7n }), /not acceptable/);
  });

  it("refuses parameters that are no numbers", () => {
    assert.throws(() => signPasswordClaim(createEphemeral(), challengeWith({ B: "xyz" })));
  });

  it("writes Cognito's time stamp without a leading zero in the day", () => {
    assert.equal(timestamp(Date.UTC(2026, 10, 3, 4, 5, 6)), "Tue Nov 3 04:05:06 UTC 2026");
    assert.equal(timestamp(Date.UTC(2027, 0, 31, 23, 59, 59, 999)), "Sun Jan 31 23:59:59 UTC 2027");
  });
});
