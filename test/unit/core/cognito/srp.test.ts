import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { createSrpSession, signSrpSession } from "cognito-srp-helper";
import {
  createEphemeral,
  type Ephemeral,
  type PasswordChallenge,
  privateKey,
  sharedSecret,
  signPasswordClaim,
  timestamp,
} from "../../../../src/core/cognito/srp.ts";

const require = createRequire(import.meta.url);
/** Internals of packages whose `exports` hide them: by file. */
const internal = (path: string) => require(fileURLToPath(new URL(`../../../../node_modules/${path}`, import.meta.url)));

type ForeignInteger = { toString(radix: number): string };
type ForeignIntegerClass = new (hex: string, radix: number) => ForeignInteger;

interface IdentityHelper {
  N: ForeignInteger;
  smallAValue: ForeignInteger;
  largeAValue: ForeignInteger;
  getPasswordAuthenticationKey(
    username: string,
    password: string,
    B: ForeignInteger,
    salt: ForeignInteger,
    done: (error: unknown, key: Buffer) => void,
  ): void;
  calculateS(x: ForeignInteger, B: ForeignInteger, done: (error: unknown, S: ForeignInteger) => void): void;
}
const IdentityHelper: new (poolName: string) => IdentityHelper = internal(
  "amazon-cognito-identity-js/lib/AuthenticationHelper.js",
).default;
const IdentityInteger: ForeignIntegerClass = internal("amazon-cognito-identity-js/lib/BigInteger.js").default;

const amplify = "@aws-amplify/auth/dist/cjs/providers/cognito/utils/srp";
const AmplifyHelper: new (
  values: Record<string, unknown>,
) => { getPasswordAuthenticationKey(input: Record<string, unknown>): Promise<Uint8Array> } = internal(
  `${amplify}/AuthenticationHelper/AuthenticationHelper.js`,
).default;
const AmplifyInteger: ForeignIntegerClass = internal(`${amplify}/BigInteger/index.js`).BigInteger;
const amplifySignature: (input: Record<string, unknown>) => string = internal(
  `${amplify}/getSignatureString.js`,
).getSignatureString;

/** The 3072-bit group's prime, as the foreign client holds it. */
const N = BigInt(`0x${new IdentityHelper("pool").N.toString(16)}`);

function identityJs({ a, A }: Ephemeral, challenge: PasswordChallenge): string {
  const helper = new IdentityHelper(challenge.poolName);
  helper.smallAValue = new IdentityInteger(a.toString(16), 16);
  helper.largeAValue = new IdentityInteger(A.toString(16), 16);
  let signature = "";
  const B = new IdentityInteger(challenge.B, 16);
  const salt = new IdentityInteger(challenge.salt, 16);
  helper.getPasswordAuthenticationKey(challenge.userId, challenge.password, B, salt, (error, key) => {
    if (error) throw error;
    const { createHmac } = require("node:crypto") as typeof import("node:crypto");
    signature = createHmac("sha256", key)
      .update(challenge.poolName + challenge.userId)
      .update(Buffer.from(challenge.secretBlock, "base64"))
      .update(challenge.timestamp)
      .digest("base64");
  });
  return signature;
}

async function amplifyJs({ a, A }: Ephemeral, challenge: PasswordChallenge): Promise<string> {
  const integer = (value: bigint) => new AmplifyInteger(value.toString(16), 16);
  const helper = new AmplifyHelper({
    userPoolName: challenge.poolName,
    a: integer(a),
    A: integer(A),
    g: integer(2n),
    N: integer(N),
  });
  const hkdf = await helper.getPasswordAuthenticationKey({
    username: challenge.userId,
    password: challenge.password,
    serverBValue: new AmplifyInteger(challenge.B, 16),
    salt: new AmplifyInteger(challenge.salt, 16),
  });
  return amplifySignature({
    username: challenge.userId,
    userPoolName: challenge.poolName,
    challengeParameters: { SECRET_BLOCK: challenge.secretBlock },
    dateNow: challenge.timestamp,
    hkdf,
  });
}

function srpHelper({ a, A }: Ephemeral, challenge: PasswordChallenge): string {
  const session = {
    ...createSrpSession(challenge.userId, challenge.password, `eu-west-1_${challenge.poolName}`, false),
    smallA: a.toString(16),
    largeA: A.toString(16),
    timestamp: challenge.timestamp,
  };
  return signSrpSession(session, {
    ChallengeName: "PASSWORD_VERIFIER",
    ChallengeParameters: {
      SALT: challenge.salt,
      SECRET_BLOCK: challenge.secretBlock,
      SRP_B: challenge.B,
      USER_ID_FOR_SRP: challenge.userId,
    },
  }).passwordSignature;
}

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
      assert.equal(signature, identityJs(ephemeral, challenge), "amazon-cognito-identity-js");
      assert.equal(signature, await amplifyJs(ephemeral, challenge), "@aws-amplify/auth");
      assert.equal(signature, srpHelper(ephemeral, challenge), "cognito-srp-helper");
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
    const { createHash } = require("node:crypto") as typeof import("node:crypto");
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
