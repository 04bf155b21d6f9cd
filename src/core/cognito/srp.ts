/**
 * The client's side of SRP-6a as Cognito speaks it: RFC 5054 with the 3072-bit group of RFC 3526, SHA-256, and a key derived with
 * HKDF instead of SRP's own proof. What Cognito hashes are Java BigInteger byte arrays: an even number of hex digits, with a
 * leading 00 where the top bit is set.
 */
import { createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { GatehouseError } from "../errors.ts";

const N = BigInt(
  "0x" +
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD" +
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F" +
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510" +
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7" +
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C" +
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
);
const k = hashToInteger(bytes(N), bytes(2n));

/** The client's ephemeral pair; `a` is a secret of one sign-in. */
export interface Ephemeral {
  readonly a: bigint;
  readonly A: bigint;
}

/** PASSWORD_VERIFIER's ChallengeParameters, and who answers them. */
export interface PasswordChallenge {
  /** The part of the user pool's id after the underscore. */
  readonly poolName: string;
  /** USER_ID_FOR_SRP: not what the person typed where that was an alias. */
  readonly userId: string;
  readonly password: string;
  /** SALT, hex. Read as an integer: Cognito's own leading zeros don't count. */
  readonly salt: string;
  /** SRP_B, hex. */
  readonly B: string;
  /** SECRET_BLOCK, base64. */
  readonly secretBlock: string;
  /** From `timestamp`. */
  readonly timestamp: string;
}

/** 320 bits by default: RFC 7919 appendix A wants at least 275 for a group of this size. */
export function createEphemeral(a: bigint = BigInt(`0x${randomBytes(40).toString("hex")}`)): Ephemeral {
  return { a, A: powerOfTwo(a) };
}

/** PASSWORD_CLAIM_SIGNATURE, base64. Throws `internal` where the server's value would give the password away (RFC 5054, 2.5.4). */
export function signPasswordClaim({ a, A }: Ephemeral, challenge: PasswordChallenge): string {
  const { poolName, userId, timestamp } = challenge;
  const B = BigInt(`0x${challenge.B}`);
  const u = hashToInteger(bytes(A), bytes(B));
  const x = privateKey(challenge);
  const key = hkdfSync("sha256", bytes(sharedSecret({ a, B, u, x })), bytes(u), "Caldera Derived Key", 16);
  return createHmac("sha256", new Uint8Array(key))
    .update(poolName + userId)
    .update(Buffer.from(challenge.secretBlock, "base64"))
    .update(timestamp)
    .digest("base64");
}

/** x: what stands for the password. */
export function privateKey(challenge: Pick<PasswordChallenge, "poolName" | "userId" | "password" | "salt">): bigint {
  const { poolName, userId, password, salt } = challenge;
  const identity = createHash("sha256").update(`${poolName}${userId}:${password}`).digest();
  return hashToInteger(bytes(BigInt(`0x${salt}`)), identity);
}

/** S = (B − k·gˣ)^(a + u·x) mod N. Apart from the hashing, so that its refusals can be tested. */
export function sharedSecret({ a, B, u, x }: { a: bigint; B: bigint; u: bigint; x: bigint }): bigint {
  if (B % N === 0n || u === 0n)
    throw new GatehouseError("internal", { detail: "Cognito's SRP value is not acceptable" });
  const base = (B - k * powerOfTwo(x)) % N;
  return power(base < 0n ? base + N : base, a + u * x);
}

/** Cognito's TIMESTAMP, `EEE MMM d HH:mm:ss UTC yyyy`: the day without a leading zero, or the signature is refused. */
export function timestamp(milliseconds: number): string {
  const [weekday, day, month, year, time] = new Date(milliseconds).toUTCString().replace(",", "").split(" ");
  return `${weekday} ${month} ${Number(day)} ${time} UTC ${year}`;
}

/** base^exponent mod N with 5-bit windows: the digits of the exponent to the base 32. */
function power(base: bigint, exponent: bigint): bigint {
  const table = [1n];
  for (let i = 1; i < 32; i++) table.push(((table[i - 1] ?? 1n) * base) % N);
  let result = 1n;
  for (const digit of exponent.toString(32)) {
    for (let i = 0; i < 5; i++) result = (result * result) % N;
    const value = Number.parseInt(digit, 32);
    if (value > 0) result = (result * (table[value] ?? 1n)) % N;
  }
  return result;
}

/** 2^exponent mod N, where a window's multiplication is a shift. */
function powerOfTwo(exponent: bigint): bigint {
  let result = 1n;
  for (const digit of exponent.toString(32)) {
    for (let i = 0; i < 4; i++) result = (result * result) % N;
    result = ((result * result) << BigInt(Number.parseInt(digit, 32))) % N;
  }
  return result;
}

function hashToInteger(...parts: readonly Uint8Array[]): bigint {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return BigInt(`0x${hash.digest("hex")}`);
}

/** As Java's BigInteger.toByteArray(): a top bit that is set would make the number negative, hence the 00. */
function bytes(value: bigint): Buffer {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Buffer.from(even >= "8" ? `00${even}` : even, "hex");
}
