/** RS256 (RFC 7518) with a pool's own keys. Like Cognito, a pool has two: one for ID tokens, one for access tokens. */
import { generateKeyPair, type KeyObject, randomBytes, sign, verify } from "node:crypto";
import { promisify } from "node:util";

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface PoolKeys {
  readonly id: SigningKey;
  readonly access: SigningKey;
}

export type Claims = Readonly<Record<string, unknown>>;

export async function createPoolKeys(): Promise<PoolKeys> {
  const [id, access] = await Promise.all([createSigningKey(), createSigningKey()]);
  return { id, access };
}

async function createSigningKey(): Promise<SigningKey> {
  const pair = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return { kid: randomBytes(32).toString("base64"), ...pair };
}

/** The pool's JWKS document (RFC 7517). */
export function jwks(keys: PoolKeys): object {
  return {
    keys: [keys.id, keys.access].map(({ kid, publicKey }) => {
      const { e, kty, n } = publicKey.export({ format: "jwk" });
      return { alg: "RS256", e, kid, kty, n, use: "sig" };
    }),
  };
}

export function signJwt({ kid, privateKey }: SigningKey, claims: Claims): string {
  const input = `${base64url({ kid, alg: "RS256" })}.${base64url(claims)}`;
  return `${input}.${sign("RSA-SHA256", Buffer.from(input), privateKey).toString("base64url")}`;
}

export interface DecodedJwt {
  readonly claims: Claims;
  isSignedBy(keys: PoolKeys): boolean;
}

/** The parts of a token, not yet trusted; undefined where it is no JWT. */
export function decodeJwt(token: string): DecodedJwt | undefined {
  const [head, body, signature, ...rest] = token.split(".");
  if (head === undefined || body === undefined || signature === undefined || rest.length > 0) return undefined;
  const header = parseObject(head);
  const claims = parseObject(body);
  if (header === undefined || claims === undefined) return undefined;
  return {
    claims,
    isSignedBy(keys) {
      const key = [keys.id, keys.access].find(({ kid }) => kid === header["kid"]);
      if (key === undefined || header["alg"] !== "RS256") return false;
      return verify("RSA-SHA256", Buffer.from(`${head}.${body}`), key.publicKey, Buffer.from(signature, "base64url"));
    },
  };
}

function parseObject(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
