/**
 * The server's side of Cognito's SRP-6a: group 15 of RFC 3526 (3072 bits) with g = 2, SHA-256, and integers hashed in their
 * shortest two's-complement form. Independent of the product's client side, so that one can prove the other.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** RFC 3526: 2^3072 - 2^3008 - 1 + 2^64 * ([2^2942 pi] + 1690314), pi computed, so that no digit can be mistyped. */
export const N = 2n ** 3072n - 2n ** 3008n - 1n + 2n ** 64n * (piTimesTwoTo(2942) + 1690314n);
const g = 2n;
const k = hashToInteger(encode(N), encode(g));

export interface PasswordVerifier {
  readonly salt: bigint;
  readonly verifier: bigint;
}

/** @param identity the pool's name (the part of its id after the underscore) followed by the user's name */
export function createVerifier(
  identity: string,
  password: string,
  salt = toInteger(randomBytes(16)),
): PasswordVerifier {
  return { salt, verifier: power(g, privateKey(identity, password, salt)) };
}

export function isPassword(identity: string, password: string, known: PasswordVerifier): boolean {
  return power(g, privateKey(identity, password, known.salt)) === known.verifier;
}

/** What the server keeps between its two messages. */
export interface ServerExchange {
  readonly A: bigint;
  readonly B: bigint;
  readonly secret: bigint;
}

/** The client's public value, or undefined where it is no number or a multiple of N (which would make the key known). */
export function parsePublicValue(hex: string): bigint | undefined {
  if (!/^[0-9a-f]{1,1000}$/i.test(hex)) return undefined;
  const value = BigInt(`0x${hex}`);
  return value % N === 0n ? undefined : value;
}

export function beginExchange(A: bigint, { verifier }: PasswordVerifier): ServerExchange {
  const secret = toInteger(randomBytes(32));
  return { A, B: (k * verifier + power(g, secret)) % N, secret };
}

/** Whether the client's signature (PASSWORD_CLAIM_SIGNATURE) proves that it knows the password. */
export function provesPassword(
  exchange: ServerExchange,
  { verifier }: PasswordVerifier,
  claim: {
    readonly identity: string;
    readonly secretBlock: string;
    readonly timestamp: string;
    readonly signature: string;
  },
): boolean {
  const u = hashToInteger(encode(exchange.A), encode(exchange.B));
  if (u === 0n) return false;
  const shared = power((exchange.A * power(verifier, u)) % N, exchange.secret);
  const expected = createHmac("sha256", deriveKey(shared, u))
    .update(claim.identity)
    .update(Buffer.from(claim.secretBlock, "base64"))
    .update(claim.timestamp)
    .digest();
  const given = Buffer.from(claim.signature, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function privateKey(identity: string, password: string, salt: bigint): bigint {
  return hashToInteger(encode(salt), createHash("sha256").update(`${identity}:${password}`).digest());
}

/** HKDF (RFC 5869) with the first block only, 16 bytes of it. */
function deriveKey(shared: bigint, u: bigint): Buffer {
  const extracted = createHmac("sha256", encode(u)).update(encode(shared)).digest();
  return createHmac("sha256", extracted).update("Caldera Derived Key\u0001").digest().subarray(0, 16);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % N;
    if (bit === "1") result = (result * base) % N;
  }
  return result;
}

function hashToInteger(...parts: readonly Buffer[]): bigint {
  return toInteger(createHash("sha256").update(Buffer.concat(parts)).digest());
}

function toInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

/** As Java's BigInteger.toByteArray: no superfluous zero, but one where the first bit would read as a sign. */
function encode(value: bigint): Buffer {
  const hex = value.toString(16);
  const even = hex.length % 2 === 1 ? `0${hex}` : hex;
  return Buffer.from(/^[89a-f]/i.test(even) ? `00${even}` : even, "hex");
}

/** floor(pi * 2^bits) by Machin's formula, with guard bits for the roundings. */
function piTimesTwoTo(bits: number): bigint {
  const one = 1n << BigInt(bits + 64);
  const inverseTangent = (x: bigint) => {
    let sum = 0n;
    let term = one / x;
    for (let n = 1n, sign = 1n; term > 0n; n += 2n, sign = -sign) {
      sum += (sign * term) / n;
      term /= x * x;
    }
    return sum;
  };
  return (16n * inverseTangent(5n) - 4n * inverseTangent(239n)) >> 64n;
}
