/** Refresh tokens: exchange with and without rotation, revocation. */
import { z } from "zod";
import { notAuthorized, ServiceError } from "../errors.ts";
import type { Grant, RefreshToken, User } from "../model.ts";
import { type Context, fields, type Operations, operation } from "../operation.ts";
import { getClientAndPool } from "../userPools/lookup.ts";
import type { AuthAnswer } from "./challenges.ts";
import type { Target } from "./initiate.ts";
import { checkSecret, checkSecretHash } from "./secretHash.ts";
import { decodeJwt } from "./signingKeys.ts";
import { type AuthenticationResult, issue, issueRefreshToken } from "./tokens.ts";

const clientSecret = z.string().optional();

export const refreshOperations: Operations = {
  // https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetTokensFromRefreshToken.html
  GetTokensFromRefreshToken: operation(
    "public",
    z.object({ RefreshToken: z.string().min(1), ClientId: fields.clientId, ClientSecret: clientSecret }),
    (request, context) => {
      const target = getClientAndPool(context.state, request.ClientId);
      checkSecret(target.client, request.ClientSecret);
      return { AuthenticationResult: exchange(context, target, request.RefreshToken).tokens };
    },
  ),

  // https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html
  RevokeToken: operation(
    "public",
    z.object({ Token: z.string().min(1), ClientId: fields.clientId, ClientSecret: clientSecret }),
    (request, context) => {
      const target = getClientAndPool(context.state, request.ClientId);
      checkSecret(target.client, request.ClientSecret);
      revoke(target, request.Token);
      return {};
    },
  ),
};

/** New tokens, with a new refresh token where the client rotates them. @throws NotAuthorizedException, RefreshTokenReuseException */
export function exchange(
  context: Context,
  target: Target,
  refreshToken: string,
): { readonly tokens: AuthenticationResult; readonly grant: Grant } {
  const { token, user } = usable(context, target, refreshToken);
  const { grant } = token;
  const tokens = issue(context, target.pool, target.client, user, grant);
  const rotation = target.client.settings.RefreshTokenRotation;
  if (rotation?.Feature !== "ENABLED") return { tokens, grant };
  // The new one inherits the old one's end: rotation does not prolong a session.
  const RefreshToken = issueRefreshToken(target.pool, grant, token.expiresAt);
  token.supersededFrom ??= context.clock.now() + rotation.RetryGracePeriodSeconds * 1000;
  return { tokens: { ...tokens, RefreshToken }, grant };
}

/** Ends the sign-in that a refresh token descends from. An unknown token is no error (RFC 7009). */
export function revoke({ pool, client }: Target, refreshToken: string): void {
  if (!client.settings.EnableTokenRevocation) {
    throw new ServiceError("UnsupportedOperationException", "Token revocation is not enabled for the client.");
  }
  if (decodeJwt(refreshToken) !== undefined) {
    throw new ServiceError("UnsupportedTokenTypeException", "Unsupported token type");
  }
  const token = pool.refreshTokens.get(refreshToken);
  if (token?.grant.clientId === client.id) token.grant.revoked = true;
}

/** REFRESH_TOKEN_AUTH; SECRET_HASH is over the user's name here, too. */
export function refreshByFlow(
  context: Context,
  target: Target,
  refreshToken: string,
  secretHash: string | undefined,
): AuthAnswer {
  const { token, user } = usable(context, target, refreshToken);
  checkSecretHash(target.client, secretHash, [user.username]);
  return {
    AuthenticationResult: issue(context, target.pool, target.client, user, token.grant),
    ChallengeParameters: {},
  };
}

function usable(context: Context, { pool, client }: Target, refreshToken: string): { token: RefreshToken; user: User } {
  const token = pool.refreshTokens.get(refreshToken);
  if (token === undefined || token.grant.clientId !== client.id) throw notAuthorized("Invalid Refresh Token");
  if (token.grant.revoked) throw notAuthorized("Refresh Token has been revoked");
  const now = context.clock.now();
  if (now >= token.expiresAt) throw notAuthorized("Refresh Token has expired");
  if (token.supersededFrom !== undefined && now >= token.supersededFrom) {
    throw new ServiceError("RefreshTokenReuseException", "Refresh token has been invalidated by rotation.");
  }
  const user = pool.users.get(token.grant.username);
  if (user === undefined) throw notAuthorized("Invalid Refresh Token");
  if (!user.enabled) throw notAuthorized("User is disabled.");
  return { token, user };
}
