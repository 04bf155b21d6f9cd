/** Time-based one-time passwords as Cognito takes them: SHA-1, 6 digits, 30 s (RFC 6238 over RFC 4226). */
import { createHmac } from "node:crypto";

const period = 30_000;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 4648 without padding, as AssociateSoftwareToken answers it. */
export function encodeBase32(bytes: Uint8Array): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{1,5}/g) ?? []).map((group) => alphabet[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
}

export function decodeBase32(text: string): Buffer {
  let bits = "";
  for (const character of text.toUpperCase().replaceAll(/[\s=]/g, "")) {
    const value = alphabet.indexOf(character);
    if (value < 0) throw new RangeError("not base32");
    bits += value.toString(2).padStart(5, "0");
  }
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((group) => Number.parseInt(group, 2)));
}

/** The number of the 30 s step that a time (milliseconds since 1970) lies in. */
export function totpStep(timeMs: number): number {
  return Math.floor(timeMs / period);
}

/** The code that an authenticator app with this base32 secret shows at `timeMs` (milliseconds since 1970). */
export function totp(secret: string, timeMs: number = Date.now()): string {
  return codeAt(decodeBase32(secret), totpStep(timeMs));
}

/** The step, at most one away from `timeMs`, that the code belongs to. */
export function matchingStep(secret: string, code: string, timeMs: number): number | undefined {
  const key = decodeBase32(secret);
  const current = totpStep(timeMs);
  return [current, current - 1, current + 1].find((step) => codeAt(key, step) === code);
}

function codeAt(key: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = digest.readUInt8(digest.length - 1) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
