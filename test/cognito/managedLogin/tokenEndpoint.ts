/** https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Target } from "../auth/initiate.ts";
import { exchange, revoke } from "../auth/refresh.ts";
import { type AuthenticationResult, signIn } from "../auth/tokens.ts";
import { ServiceError } from "../errors.ts";
import type { UserPool } from "../model.ts";
import type { Context } from "../operation.ts";
import { authenticateClient, OAuthError } from "./clientAuthentication.ts";
import type { Store } from "./store.ts";

export interface ClientCall {
  readonly context: Context;
  readonly store: Store;
  /** The one that the address names; undefined where the address names none. */
  readonly pool: UserPool | undefined;
  readonly request: IncomingMessage;
  readonly form: URLSearchParams;
}

/** `POST /oauth2/token`. @throws OAuthError */
export function takeTokenRequest(call: ClientCall): object {
  const { context, pool, request, form } = call;
  const grantType = form.get("grant_type");
  if (grantType === null) throw new OAuthError("invalid_request");
  const target = authenticateClient(context.state, pool, request, form);
  switch (grantType) {
    case "authorization_code":
      return redeemCode(call, target);
    case "refresh_token":
      return refresh(call, target);
    default:
      throw new OAuthError("unsupported_grant_type");
  }
}

/** `POST /oauth2/revoke`: https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html */
export function takeRevocation({ context, pool, request, form }: ClientCall): void {
  const token = form.get("token");
  if (token === null) throw new OAuthError("invalid_request");
  let target: Target;
  try {
    target = authenticateClient(context.state, pool, request, form);
  } catch (error) {
    // Here the endpoint's page says 401.
    throw error instanceof OAuthError && error.error === "invalid_client"
      ? new OAuthError("invalid_client", 401)
      : error;
  }
  try {
    revoke(target, token);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new OAuthError(error.type === "UnsupportedTokenTypeException" ? "unsupported_token_type" : "invalid_request");
  }
}

function redeemCode({ context, store, form }: ClientCall, { pool, client }: Target): object {
  const code = required(form, "code");
  const redirectUri = required(form, "redirect_uri");
  const verifier = form.get("code_verifier");
  if (!client.settings.AllowedOAuthFlows?.includes("code")) throw new OAuthError("unauthorized_client");
  const grant = store.codes.get(code);
  // Another client's code stays its own.
  if (grant === undefined || grant.client !== client) throw new OAuthError("invalid_grant");
  // Single use: an attempt that fails uses it up as well (a guess; the safe one).
  store.codes.delete(code);
  if (grant.redirectUri !== redirectUri) throw new OAuthError("invalid_grant");
  const challenge = verifier === null ? undefined : createHash("sha256").update(verifier).digest("base64url");
  if (challenge !== grant.codeChallenge) throw new OAuthError("invalid_grant");
  const user = pool.users.get(grant.username);
  if (user === undefined || !user.enabled) throw new OAuthError("invalid_grant");
  const { scopes, authTime, nonce } = grant;
  return answer(signIn(context, pool, client, user, { scopes, authTime, nonce }), scopes.includes("openid"));
}

function refresh({ context, form }: ClientCall, target: Target): object {
  const token = required(form, "refresh_token");
  try {
    const { tokens, grant } = exchange(context, target, token);
    return answer(tokens, grant.withIdToken);
  } catch (error) {
    if (error instanceof ServiceError) throw new OAuthError("invalid_grant");
    throw error;
  }
}

function answer(tokens: AuthenticationResult, withId: boolean): object {
  return {
    ...(withId ? { id_token: tokens.IdToken } : {}),
    access_token: tokens.AccessToken,
    ...(tokens.RefreshToken === undefined ? {} : { refresh_token: tokens.RefreshToken }),
    expires_in: tokens.ExpiresIn,
    token_type: tokens.TokenType,
  };
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === "") throw new OAuthError("invalid_request");
  return value;
}
