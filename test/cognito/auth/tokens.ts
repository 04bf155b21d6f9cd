/**
 * Tokens of a sign-in, with Cognito's claims.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
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

/** What GetUser and its like want of an access token; a sign-in at the API gives this scope and no other. */
const selfService = "aws.cognito.signin.user.admin";

export interface SignInOptions {
  /** What managed login granted. Default: the scope of a sign-in at the API. */
  readonly scopes?: readonly string[];
  /** Seconds since 1970. Default: now. */
  readonly authTime?: number;
  /** Goes into this first ID token (OpenID Connect Core 1.0, 3.1.2.1). */
  readonly nonce?: string | undefined;
}

/** Tokens of a new sign-in. */
export function signIn(
  context: Context,
  pool: UserPool,
  client: AppClient,
  user: User,
  options: SignInOptions = {},
): AuthenticationResult {
  const grant: Grant = {
    originJti: randomUUID(),
    eventId: randomUUID(),
    username: user.username,
    clientId: client.id,
    authTime: options.authTime ?? context.clock.seconds(),
    scopes: options.scopes ?? [selfService],
    withIdToken: options.scopes?.includes("openid") ?? true,
    revoked: false,
  };
  pool.grants.set(grant.originJti, grant);
  const expiresAt = context.clock.now() + tokenValidity(client.settings).refresh * 1000;
  return {
    ...issue(context, pool, client, user, grant, options.nonce),
    RefreshToken: issueRefreshToken(pool, grant, expiresAt),
  };
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
  nonce?: string,
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
  const accessToken = signJwt(pool.keys.access, {
    ...common,
    client_id: client.id,
    token_use: "access",
    scope: grant.scopes.join(" "),
    exp: now + valid.access,
    jti: randomUUID(),
    username: user.username,
  });
  return {
    AccessToken: accessToken,
    ExpiresIn: valid.access,
    TokenType: "Bearer",
    IdToken: signJwt(pool.keys.id, {
      ...Object.fromEntries(
        readableAttributes(user, grant.scopes).map(([name, value]) => [name, claimValue(name, value)]),
      ),
      ...common,
      ...(grant.scopes.includes("openid") ? { at_hash: halfHash(accessToken) } : {}),
      ...(nonce === undefined ? {} : { nonce }),
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

const scopeAttributes: Readonly<Record<string, readonly string[]>> = {
  email: ["email", "email_verified"],
  phone: ["phone_number", "phone_number_verified"],
};

/**
 * The attributes that a grant's scopes show: all with `profile` or with `openid` alone, else `sub` and those of the other scopes.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
 */
export function readableAttributes(user: User, scopes: readonly string[]): (readonly [string, string])[] {
  const all = [...user.attributes];
  const limiting = scopes.filter((scope) => Object.hasOwn(scopeAttributes, scope));
  if (!scopes.includes("openid") || scopes.includes("profile") || limiting.length === 0) return all;
  const names = new Set(["sub", ...limiting.flatMap((scope) => scopeAttributes[scope] ?? [])]);
  return all.filter(([name]) => names.has(name));
}

/** `at_hash`: OpenID Connect Core 1.0, 3.1.3.6. */
function halfHash(token: string): string {
  return createHash("sha256").update(token).digest().subarray(0, 16).toString("base64url");
}

function claimValue(name: string, value: string): string | boolean {
  return name.endsWith("_verified") ? value === "true" : value;
}

/** The user whom an access token of this scope speaks for. @throws NotAuthorizedException, UserNotFoundException */
export function authorise(
  context: Context,
  token: string,
  scope = selfService,
): { pool: UserPool; client: AppClient; user: User; grant: Grant } {
  const decoded = decodeJwt(token);
  const pool = [...context.state.userPools.values()].find((pool) => decoded?.isSignedBy(pool.keys));
  const claims = decoded?.claims ?? {};
  if (pool === undefined || claims["token_use"] !== "access") throw notAuthorized("Invalid Access Token");
  if (Number(claims["exp"]) <= context.clock.seconds()) throw notAuthorized("Access Token has expired");
  const grant = grantOf(pool, claims);
  if (grant === undefined) throw notAuthorized("Invalid Access Token");
  if (grant.revoked) throw notAuthorized("Access Token has been revoked");
  if (!grant.scopes.includes(scope)) throw notAuthorized("Access Token does not have required scopes");
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
