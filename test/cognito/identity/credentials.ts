import { randomUUID } from "node:crypto";
import { z } from "zod";
import { notAuthorized, notFound } from "../errors.ts";
import type { Identity, IdentityPool } from "../model.ts";
import { type Context, type Operations, operation } from "../operation.ts";
import { timestamp } from "../userPools/lookup.ts";
import { type Login, verifyLogin } from "./loginToken.ts";
import { getIdentityPool } from "./pools.ts";
import { chooseRole } from "./roles.ts";

const logins = z.record(z.string(), z.string()).default({});

export const identityOperations: Operations = {
  GetId: operation("public", z.object({ IdentityPoolId: z.string().min(1), Logins: logins }), (request, context) => {
    const pool = getIdentityPool(context.state, request.IdentityPoolId);
    return { IdentityId: identityOf(context, pool, verifyLogins(context, pool, request.Logins)[0]).id };
  }),

  // https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html
  GetCredentialsForIdentity: operation(
    "public",
    z.object({ IdentityId: z.string().min(1), Logins: logins, CustomRoleArn: z.string().optional() }),
    async (request, context) => {
      const pool = [...context.state.identityPools.values()].find(({ identities }) =>
        identities.has(request.IdentityId),
      );
      const identity = pool?.identities.get(request.IdentityId);
      if (pool === undefined || identity === undefined) throw notFound(`Identity '${request.IdentityId}' not found.`);
      const given = verifyLogins(context, pool, request.Logins);
      const login = given.find((login) => loginKey(login) === identity.login);
      if (identity.login !== undefined && login === undefined) {
        throw notAuthorized(
          "Logins don't match. Please include at least one valid login for this identity or identity pool.",
        );
      }
      const role = chooseRole(pool.roles, login, request.CustomRoleArn);
      const keys = await context.roleKeys({
        role,
        identityPoolId: pool.id,
        authenticated: login !== undefined,
        lifetimeSeconds: 3600,
      });
      return {
        IdentityId: identity.id,
        Credentials: { ...keys, Expiration: timestamp(context.clock.now()) + 3600 },
      };
    },
  ),
};

function verifyLogins(context: Context, pool: IdentityPool, given: Readonly<Record<string, string>>): Login[] {
  const verified = Object.entries(given).map(([provider, token]) => verifyLogin(context, pool, provider, token));
  if (verified.length === 0 && !pool.settings.AllowUnauthenticatedIdentities) {
    throw notAuthorized("Unauthenticated access is not supported for this identity pool.");
  }
  return verified;
}

/** One identity for each person of a provider; a new one for each guest. */
function identityOf(context: Context, pool: IdentityPool, login: Login | undefined): Identity {
  const key = login && loginKey(login);
  const known = [...pool.identities.values()].find((identity) => key !== undefined && identity.login === key);
  if (known !== undefined) return known;
  const identity: Identity = {
    id: `${pool.region}:${randomUUID()}`,
    ...(key === undefined ? {} : { login: key }),
    createdAt: context.clock.now(),
  };
  pool.identities.set(identity.id, identity);
  return identity;
}

function loginKey({ provider, claims }: Login): string {
  return `${provider} ${claims["sub"]}`;
}
