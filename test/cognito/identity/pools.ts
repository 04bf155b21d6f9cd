import { randomUUID } from "node:crypto";
import { z } from "zod";
import { invalidParameter, notFound } from "../errors.ts";
import type { IdentityPool, State } from "../model.ts";
import { type Operations, operation } from "../operation.ts";
import { page } from "../userPools/lookup.ts";
import { identityPoolRequest, poolRoles } from "./schemas.ts";

const named = z.object({ IdentityPoolId: z.string().min(1) });

export const identityPoolOperations: Operations = {
  CreateIdentityPool: operation("signed", identityPoolRequest, (settings, { state, region }) => {
    const pool: IdentityPool = {
      id: `${region}:${randomUUID()}`,
      region,
      settings,
      roles: { Roles: {}, RoleMappings: {} },
      identities: new Map(),
    };
    state.identityPools.set(pool.id, pool);
    return describe(pool);
  }),

  DescribeIdentityPool: operation("signed", named, (request, { state }) =>
    describe(getIdentityPool(state, request.IdentityPoolId)),
  ),

  UpdateIdentityPool: operation(
    "signed",
    identityPoolRequest.extend(named.shape),
    ({ IdentityPoolId, ...settings }, { state }) => {
      const pool = getIdentityPool(state, IdentityPoolId);
      pool.settings = settings;
      return describe(pool);
    },
  ),

  DeleteIdentityPool: operation("signed", named, (request, { state }) => {
    state.identityPools.delete(getIdentityPool(state, request.IdentityPoolId).id);
    return {};
  }),

  ListIdentityPools: operation(
    "signed",
    z.object({ MaxResults: z.number().int().min(1).max(60), NextToken: z.string().optional() }),
    (request, { state, region }) => {
      const here = [...state.identityPools.values()].filter((pool) => pool.region === region);
      const { items, next } = page(here, request.MaxResults, request.NextToken);
      return {
        IdentityPools: items.map(({ id, settings }) => ({
          IdentityPoolId: id,
          IdentityPoolName: settings.IdentityPoolName,
        })),
        NextToken: next,
      };
    },
  ),

  SetIdentityPoolRoles: operation(
    "signed",
    poolRoles.extend(named.shape),
    ({ IdentityPoolId, ...roles }, { state }) => {
      const pool = getIdentityPool(state, IdentityPoolId);
      for (const [provider, mapping] of Object.entries(roles.RoleMappings)) {
        // Both types need to know what to do when the token does not decide (API reference, RoleMapping).
        if (mapping.AmbiguousRoleResolution === undefined) {
          throw invalidParameter(`AmbiguousRoleResolution is required for role mapping ${provider}.`);
        }
        if (mapping.Type === "Rules" && mapping.RulesConfiguration === undefined) {
          throw invalidParameter(`RulesConfiguration is required for role mapping ${provider}.`);
        }
      }
      pool.roles = roles;
      return {};
    },
  ),

  GetIdentityPoolRoles: operation("signed", named, (request, { state }) => {
    const pool = getIdentityPool(state, request.IdentityPoolId);
    return { IdentityPoolId: pool.id, ...pool.roles };
  }),
};

/** @throws ResourceNotFoundException */
export function getIdentityPool(state: State, id: string): IdentityPool {
  const pool = state.identityPools.get(id);
  if (pool === undefined) throw notFound(`IdentityPool '${id}' not found.`);
  return pool;
}

function describe(pool: IdentityPool): object {
  return { IdentityPoolId: pool.id, ...pool.settings };
}
