/**
 * The second half of a sign-in by browser: the code for tokens, at managed login's token endpoint.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
 */
import * as oauth from "oauth4webapi";
import { GatehouseError } from "../errors.ts";
import type { Log } from "../log.ts";
import { createClock } from "./clock.ts";
import { type CognitoConfiguration, configurationKeys, managedLoginAddress } from "./configuration.ts";
import { limited } from "./transport.ts";
import { createUserPool, type ReceivedTokens } from "./userPool.ts";
import { createTokenVerifier, type Tokens } from "./verification.ts";

/** What the browser brought, and what is asked of it. */
export interface Grant {
  readonly code: string;
  readonly verifier: string;
  readonly nonce: string;
  readonly redirectUri: string;
}

export interface Redeemed {
  readonly tokens: Tokens;
  readonly clockOffsetSeconds?: number;
}

export interface CodeExchange {
  /**
   * The code's tokens, verified. Tokens that nobody gets are revoked: those of another sign-in (nonce), and those that came
   * when `signal` was aborted.
   *
   * Rejects with `signInRefused` (detail: Cognito's error; `invalid_grant` for a code that is used, old or somebody else's),
   * `clientMisconfigured`, `tokenInvalid`, `browserSignInUnavailable`, `cancelled`, `unreachable`, `tls`, …
   */
  redeem(grant: Grant, signal?: AbortSignal): Promise<Redeemed>;
}

export interface CodeExchangeDependencies {
  readonly configuration: CognitoConfiguration;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Three tokens are 5 KiB. */
const largestAnswer = 256 * 1024;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ArrayBuffer;
}

export function createCodeExchange({ configuration, log, now }: CodeExchangeDependencies): CodeExchange {
  const { region, userPoolId, clientId, clientSecret } = configuration;
  const clock = createClock(now);
  const userPool = createUserPool(configuration, clock);
  const verifier = createTokenVerifier(configuration, clock);
  // Times are checked by the verifier, by Cognito's clock.
  const client: oauth.Client = { client_id: clientId, [oauth.clockTolerance]: Number.MAX_SAFE_INTEGER };
  const authentication = clientSecret === undefined ? oauth.None() : oauth.ClientSecretBasic(clientSecret);

  /** Nobody gets it, so it must not live on at Cognito for as long as a session does. */
  const drop = async (refreshToken: unknown): Promise<void> => {
    if (typeof refreshToken !== "string" || refreshToken === "") return;
    await userPool.revoke(refreshToken).catch(() => log.warn("sign-in: not revoked"));
  };

  const post = async (
    server: oauth.AuthorizationServer,
    endpoint: string,
    grant: Grant,
    signal: AbortSignal,
  ): Promise<Answer> => {
    // The state was looked at by whoever waited for the browser.
    const parameters = oauth.validateAuthResponse(server, client, new URLSearchParams({ code: grant.code }));
    const sent = clock.local();
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      parameters,
      grant.redirectUri,
      grant.verifier,
      // An emulator's address: of others the schema takes https alone.
      { signal, [oauth.allowInsecureRequests]: endpoint.startsWith("http://127.0.0.1:") },
    );
    clock.observe(response.headers.get("date") ?? undefined, sent, clock.local());
    const { status, headers } = response;
    // RFC 6749, 5.2: refusals are 400 or 401.
    if (status !== 200 && status !== 400 && status !== 401) {
      await response.body?.cancel();
      throw Object.assign(new Error(), { $metadata: { httpStatusCode: status } });
    }
    const body = await response.arrayBuffer();
    if (body.byteLength > largestAnswer) throw new SyntaxError("too large");
    return { status, headers, body };
  };

  const read = async (
    server: oauth.AuthorizationServer,
    { body, ...head }: Answer,
    expectedNonce: string,
  ): Promise<ReceivedTokens> => {
    const options = { expectedNonce, requireIdToken: true };
    const tokens = await oauth
      .processAuthorizationCodeResponse(server, client, new Response(body, head), options)
      .catch((error: unknown) => {
        const strange = notConform.includes(String((error as { code?: unknown }).code));
        throw strange ? new SyntaxError("", { cause: error }) : error;
      });
    return {
      idToken: tokens.id_token ?? "",
      accessToken: tokens.access_token,
      ...(tokens.refresh_token !== undefined && { refreshToken: tokens.refresh_token }),
      expiresIn: tokens.expires_in ?? 0,
    };
  };

  return {
    async redeem(grant, signal) {
      const address = managedLoginAddress(configuration);
      if (address === undefined) {
        throw new GatehouseError("browserSignInUnavailable", { setting: configurationKeys.domain });
      }
      const { endpoint } = address;
      const issuer = `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`;
      const server = { issuer, token_endpoint: `${endpoint}/oauth2/token` };
      // First the keys: a code is good for one answer, which has to be verified.
      await verifier.prepare(signal);
      // Not to be stopped: the answer to a request that was given up would be a session that nobody can end.
      const answer = await limited(address, undefined, (limit) => post(server, endpoint, grant, limit), refusal);
      try {
        const received = await limited(address, undefined, () => read(server, answer, grant.nonce), refusal);
        const tokens = await verifier.verify(received, undefined, signal);
        const clockOffsetSeconds = clock.offsetSeconds();
        return { tokens, ...(clockOffsetSeconds !== undefined && { clockOffsetSeconds }) };
      } catch (error) {
        await drop(refreshTokenIn(answer));
        throw error;
      }
    },
  };
}

/** Not even the form of an answer of Cognito's. */
const notConform: readonly string[] = [oauth.RESPONSE_IS_NOT_JSON, oauth.RESPONSE_IS_NOT_CONFORM, oauth.PARSE_ERROR];

/** What was refused by Cognito or by the library; undefined where the way to Cognito failed. */
function refusal(error: unknown): GatehouseError | undefined {
  const problem = (code: "signInRefused" | "tokenInvalid", detail: string) =>
    new GatehouseError(code, { detail }, { cause: error });
  const misconfigured = (detail: string) =>
    new GatehouseError("clientMisconfigured", { setting: configurationKeys.clientId, detail }, { cause: error });
  if (error instanceof oauth.WWWAuthenticateChallengeError) return misconfigured("invalid_client");
  if (error instanceof oauth.ResponseBodyError) {
    const ours = error.error === "invalid_client" || error.error === "unauthorized_client";
    return ours ? misconfigured(error.error) : problem("signInRefused", error.error);
  }
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    return problem("tokenInvalid", error.message);
  }
  return undefined;
}

function refreshTokenIn({ body }: Answer): unknown {
  try {
    return (JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>)["refresh_token"];
  } catch {
    return undefined;
  }
}
