/** Checks that a token was issued by the configured pool, for this client, and counts now. */
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { JwtBaseError } from "aws-jwt-verify/error";
import { assertIsJwks, SimpleJwksCache } from "aws-jwt-verify/jwk";
import { GatehouseError } from "../errors.ts";
import type { CognitoClock } from "./clock.ts";
import { type CognitoConfiguration, userPoolAddress } from "./configuration.ts";
import { limited } from "./transport.ts";
import type { ReceivedTokens } from "./userPool.ts";

/** What a verified id token says. */
export interface IdClaims {
  readonly sub: string;
  readonly username: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  /** `cognito:roles`, ARNs. */
  readonly roles: readonly string[];
  /** `cognito:preferred_role`. */
  readonly preferredRole?: string;
  readonly groups: readonly string[];
  readonly originJti?: string;
  /** When the person signed in, seconds since the epoch, Cognito's clock. */
  readonly authTime: number;
  /** Seconds since the epoch, Cognito's clock. */
  readonly exp: number;
}

/** A verified set of tokens. */
export interface Tokens {
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Expiry of id and access token (the earlier one), milliseconds since the epoch, this machine's clock. */
  readonly expiresAt: number;
  readonly claims: IdClaims;
}

export interface TokenVerifier {
  /** Fetches the pool's keys, unless they are there. Rejects with `unreachable`, `tls`, `serverError` … */
  prepare(signal?: AbortSignal): Promise<void>;
  /** The tokens with their claims. Rejects with `tokenInvalid`, `clockSkew`, `sessionEnded` (no refresh token), `unreachable` … */
  verify(received: ReceivedTokens, refreshToken?: string, signal?: AbortSignal): Promise<Tokens>;
}

/** A JWKS of Cognito has two keys, less than 1 KiB. */
const largestKeySet = 256 * 1024;
/** Seconds that a token may be from the future: answers' Date headers and tokens come from different machines. */
const grace = 60;

export function createTokenVerifier(configuration: CognitoConfiguration, clock: CognitoClock): TokenVerifier {
  const address = userPoolAddress(configuration);
  const keysAddress = `${address.endpoint}/${configuration.userPoolId}/.well-known/jwks.json`;

  // The library asks the issuer's address, by https only; behind an endpoint of one's own the keys are there.
  const fetchKeys = () =>
    retried(() =>
      limited(address, undefined, async (signal) => {
        const response = await fetch(keysAddress, { signal, redirect: "error" });
        if (!response.ok) {
          await response.body?.cancel();
          throw Object.assign(new Error(), { $metadata: { httpStatusCode: response.status } });
        }
        const body = await response.arrayBuffer();
        if (body.byteLength > largestKeySet) throw new SyntaxError("too large");
        return body;
      }),
    );
  const jwksCache = new SimpleJwksCache({ fetcher: { fetch: fetchKeys } });
  let prepared: Promise<void> | undefined;
  const verifier = CognitoJwtVerifier.create(
    {
      userPoolId: configuration.userPoolId,
      clientId: configuration.clientId,
      tokenUse: "id",
      // Times are checked below, by Cognito's clock: the library would take this machine's.
      graceSeconds: Number.MAX_SAFE_INTEGER,
    },
    { jwksCache },
  );

  const refusal = (error: unknown): GatehouseError => {
    if (error instanceof GatehouseError) return error;
    const detail = error instanceof JwtBaseError ? `${error.name}: ${error.message}` : String(error);
    return new GatehouseError("tokenInvalid", { detail }, { cause: error });
  };

  return {
    prepare(signal) {
      // Shared by all who ask; the library keeps one set for each form of the issuer, hence not its own hydrate().
      prepared ??= fetchKeys()
        .then((body) => {
          const keys = JSON.parse(new TextDecoder().decode(body));
          assertIsJwks(keys);
          verifier.cacheJwks(keys);
        })
        .catch((error) => {
          prepared = undefined;
          throw refusal(error);
        });
      const waited = prepared;
      return limited(address, signal, () => waited);
    },

    async verify({ idToken, accessToken, refreshToken: issued, expiresIn }, given, signal) {
      const payload = await limited(address, signal, () => verifier.verify(idToken), refusal);
      const now = clock.cognito() / 1000;
      if (payload.exp <= now || payload.iat > now + grace) {
        const offsetSeconds = clock.offsetSeconds() ?? Math.round(now - payload.iat);
        if (Math.abs(offsetSeconds) > grace) throw new GatehouseError("clockSkew", { offsetSeconds });
        throw new GatehouseError("tokenInvalid", { detail: payload.exp <= now ? "expired" : "issued in the future" });
      }
      const refreshToken = issued ?? given;
      if (refreshToken === undefined) throw new GatehouseError("tokenInvalid", { detail: "no refresh token" });
      const exp = expiresIn > 0 ? Math.min(payload.exp, payload.iat + expiresIn) : payload.exp;
      return { idToken, accessToken, refreshToken, expiresAt: clock.toLocal(exp * 1000), claims: claimsOf(payload) };
    },
  };
}

/** Three attempts, like the SDK's for the pool's API: 0.2 s and 0.8 s apart. */
async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (const pause of [200, 800]) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code === "tls") throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return attempt();
}

function claimsOf(
  payload: Readonly<Record<string, unknown>> & { sub: string; exp: number; auth_time: number },
): IdClaims {
  const text = (name: string) => {
    const value = payload[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const list = (name: string) => {
    const value = payload[name];
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
  };
  const email = text("email");
  const preferredRole = text("cognito:preferred_role");
  const originJti = text("origin_jti");
  return {
    sub: payload.sub,
    username: text("cognito:username") ?? payload.sub,
    roles: list("cognito:roles"),
    groups: list("cognito:groups"),
    authTime: payload.auth_time,
    exp: payload.exp,
    ...(email && { email }),
    // A text where it was mapped from another provider's attribute.
    ...(payload["email_verified"] !== undefined && { emailVerified: String(payload["email_verified"]) === "true" }),
    ...(preferredRole && { preferredRole }),
    ...(originJti && { originJti }),
  };
}
