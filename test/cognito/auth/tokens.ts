/**
 * Tokens of a sign-in, with Cognito's claims.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html
 */
import { randomBytes, randomUUID } from "node:crypto";
import { notAuthorized, userNotFound } from "../errors.ts";
import type { AppClient, Grant, User, UserPool } from "../model.ts";
import type { Context } from "../operation.ts";
import { groupsOf } from "../userPools/groups.ts";
import { tokenValidity } from "../userPools/schemas.ts";
import { decodeJwt, signJwt } from "./signingKeys.ts";

export interface AuthenticationResult {
  readonly AccessToken: string;
  readonly ExpiresIn: number;
  readonly TokenType: "Bearer";
  readonly IdToken: string;
  readonly RefreshToken?: string;
}

/** Tokens of a new sign-in. */
export function signIn(context: Context, pool: UserPool, client: AppClient, user: User): AuthenticationResult {
  const grant: Grant = {
    originJti: randomUUID(),
    eventId: randomUUID(),
    username: user.username,
    clientId: client.id,
    authTime: context.clock.seconds(),
    revoked: false,
  };
  pool.grants.set(grant.originJti, grant);
  const expiresAt = context.clock.now() + tokenValidity(client.settings).refresh * 1000;
  return { ...issue(context, pool, client, user, grant), RefreshToken: issueRefreshToken(pool, grant, expiresAt) };
}

/** A refresh token is opaque to clients (in AWS an encrypted JWT, which is what this one looks like). */
export function issueRefreshToken(pool: UserPool, grant: Grant, expiresAt: number): string {
  const part = (length: number) => randomBytes(length).toString("base64url");
  const header = Buffer.from('{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}').toString("base64url");
  const token = [header, part(256), part(12), part(700), part(16)].join(".");
  pool.refreshTokens.set(token, { grant, expiresAt });
  return token;
}

/** ID token and access token of a grant, from the user as they are now. */
export function issue(
  context: Context,
  pool: UserPool,
  client: AppClient,
  user: User,
  grant: Grant,
): Omit<AuthenticationResult, "RefreshToken"> {
  const now = context.clock.seconds();
  const valid = tokenValidity(client.settings);
  const groups = groupsOf(pool, user.username);
  const common = {
    sub: user.attributes.get("sub"),
    ...(groups.length > 0 ? { "cognito:groups": groups.map(({ name }) => name) } : {}),
    iss: context.issuerOf(pool),
    ...(client.settings.EnableTokenRevocation ? { origin_jti: grant.originJti } : {}),
    event_id: grant.eventId,
    auth_time: grant.authTime,
    iat: now,
  };
  return {
    AccessToken: signJwt(pool.keys.access, {
      ...common,
      client_id: client.id,
      token_use: "access",
      scope: "aws.cognito.signin.user.admin",
      exp: now + valid.access,
      jti: randomUUID(),
      username: user.username,
    }),
    ExpiresIn: valid.access,
    TokenType: "Bearer",
    IdToken: signJwt(pool.keys.id, {
      ...Object.fromEntries([...user.attributes].map(([name, value]) => [name, claimValue(name, value)])),
      ...common,
      "cognito:username": user.username,
      ...roleClaims(groups),
      aud: client.id,
      token_use: "id",
      exp: now + valid.id,
      jti: randomUUID(),
    }),
  };
}

/**
 * `cognito:roles` and `cognito:preferred_role`: the role of the group with the lowest precedence number; none where several groups
 * share that number with different roles.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html
 */
function roleClaims(groups: ReturnType<typeof groupsOf>): object {
  const withRole = groups.filter(({ roleArn }) => roleArn !== undefined);
  if (withRole.length === 0) return {};
  const first = withRole.filter(({ precedence }) => precedence === withRole[0]?.precedence);
  const preferred = new Set(first.map(({ roleArn }) => roleArn));
  return {
    "cognito:roles": [...new Set(withRole.map(({ roleArn }) => roleArn))],
    ...(preferred.size === 1 ? { "cognito:preferred_role": [...preferred][0] } : {}),
  };
}

function claimValue(name: string, value: string): string | boolean {
  return name.endsWith("_verified") ? value === "true" : value;
}

/** The user whom an access token speaks for. @throws NotAuthorizedException, UserNotFoundException */
export function authorise(
  context: Context,
  token: string,
): { pool: UserPool; client: AppClient; user: User; grant: Grant } {
  const decoded = decodeJwt(token);
  const pool = [...context.state.userPools.values()].find((pool) => decoded?.isSignedBy(pool.keys));
  const claims = decoded?.claims ?? {};
  if (pool === undefined || claims["token_use"] !== "access") throw notAuthorized("Invalid Access Token");
  if (Number(claims["exp"]) <= context.clock.seconds()) throw notAuthorized("Access Token has expired");
  const grant = grantOf(pool, claims);
  if (grant === undefined) throw notAuthorized("Invalid Access Token");
  if (grant.revoked) throw notAuthorized("Access Token has been revoked");
  const user = pool.users.get(grant.username);
  const client = pool.clients.get(grant.clientId);
  if (user === undefined) throw userNotFound();
  if (client === undefined) throw notAuthorized("Invalid Access Token");
  if (!user.enabled) throw notAuthorized("User is disabled.");
  return { pool, client, user, grant };
}

/** The sign-in that a token descends from; by its event where the client has revocation off. */
export function grantOf(pool: UserPool, claims: Readonly<Record<string, unknown>>): Grant | undefined {
  const byOrigin = pool.grants.get(String(claims["origin_jti"]));
  return byOrigin ?? [...pool.grants.values()].find(({ eventId }) => eventId === claims["event_id"]);
}
