import { randomBytes } from "node:crypto";
import { z } from "zod";
import { createPoolKeys } from "../auth/signingKeys.ts";
import { invalidParameter } from "../errors.ts";
import type { UserPool } from "../model.ts";
import { fields, type Operations, operation } from "../operation.ts";
import { checkSchema, schemaOf } from "./attributes.ts";
import { getPool, page, timestamp } from "./lookup.ts";
import { createPoolRequest, updatePoolRequest } from "./schemas.ts";

export const account = "123456789012";

export const poolOperations: Operations = {
  CreateUserPool: operation("signed", createPoolRequest, async (settings, { state, region, clock }) => {
    if (settings.UsernameAttributes?.length && settings.AliasAttributes?.length) {
      throw invalidParameter("Only one of the aliasAttributes or usernameAttributes can be set in a user pool.");
    }
    // Authenticators can be turned on only afterwards, by SetUserPoolMfaConfig: no new pool has a factor but SMS.
    if (settings.MfaConfiguration !== "OFF") {
      throw invalidParameter(
        "SMS configuration and Auto verification for phone_number are required when MFA is required/optional",
      );
    }
    checkSchema(settings.Schema);
    const pool: UserPool = {
      id: `${region}_${randomBytes(24).toString("base64").replaceAll(/[+/]/g, "").slice(0, 9)}`,
      region,
      settings,
      softwareTokenMfa: false,
      createdAt: clock.now(),
      modifiedAt: clock.now(),
      keys: await createPoolKeys(),
      clients: new Map(),
      users: new Map(),
      groups: new Map(),
      grants: new Map(),
      refreshTokens: new Map(),
      domains: [],
      brandings: new Map(),
      strangers: new Map(),
    };
    state.userPools.set(pool.id, pool);
    return { UserPool: describe(pool) };
  }),

  DescribeUserPool: operation("signed", z.object({ UserPoolId: fields.userPoolId }), (request, { state }) => ({
    UserPool: describe(getPool(state, request.UserPoolId)),
  })),

  ListUserPools: operation(
    "signed",
    z.object({ MaxResults: z.number().int().min(1).max(60), NextToken: z.string().optional() }),
    (request, { state, region }) => {
      const here = [...state.userPools.values()].filter((pool) => pool.region === region);
      const { items, next } = page(here, request.MaxResults, request.NextToken);
      return {
        UserPools: items.map((pool) => ({
          Id: pool.id,
          Name: pool.settings.PoolName,
          CreationDate: timestamp(pool.createdAt),
          LastModifiedDate: timestamp(pool.modifiedAt),
        })),
        NextToken: next,
      };
    },
  ),

  UpdateUserPool: operation("signed", updatePoolRequest, (request, { state, clock }) => {
    const pool = getPool(state, request.UserPoolId);
    const { UserPoolId: _, PoolName, ...settings } = request;
    if (settings.MfaConfiguration !== "OFF" && !pool.softwareTokenMfa) {
      throw invalidParameter(
        "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.",
      );
    }
    const { UsernameAttributes, AliasAttributes, UsernameConfiguration, Schema } = pool.settings;
    pool.settings = {
      ...settings,
      ...{ UsernameAttributes, AliasAttributes, UsernameConfiguration, Schema },
      PoolName: PoolName ?? pool.settings.PoolName,
    };
    pool.modifiedAt = clock.now();
    return {};
  }),

  DeleteUserPool: operation("signed", z.object({ UserPoolId: fields.userPoolId }), (request, { state }) => {
    const pool = getPool(state, request.UserPoolId);
    if (pool.settings.DeletionProtection === "ACTIVE") {
      throw invalidParameter(
        "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.",
      );
    }
    if (pool.domains.length > 0) {
      throw invalidParameter("User pool cannot be deleted. It has a domain configured that should be deleted first.");
    }
    state.userPools.delete(pool.id);
    return {};
  }),

  SetUserPoolMfaConfig: operation(
    "signed",
    z.object({
      UserPoolId: fields.userPoolId,
      SoftwareTokenMfaConfiguration: z.object({ Enabled: z.boolean().default(false) }).optional(),
      SmsMfaConfiguration: z.looseObject({}).optional(),
      EmailMfaConfiguration: z.looseObject({}).optional(),
      MfaConfiguration: z.enum(["OFF", "ON", "OPTIONAL"]).optional(),
    }),
    (request, { state, clock }) => {
      const pool = getPool(state, request.UserPoolId);
      if (request.SmsMfaConfiguration !== undefined || request.EmailMfaConfiguration !== undefined) {
        throw invalidParameter("This emulator has no SMS or e-mail factor.");
      }
      const mode = request.MfaConfiguration ?? pool.settings.MfaConfiguration;
      const softwareToken = request.SoftwareTokenMfaConfiguration?.Enabled ?? pool.softwareTokenMfa;
      if (mode !== "OFF" && !softwareToken) {
        throw invalidParameter("Invalid MFA configuration given, can't turn on MFA without an MFA factor enabled.");
      }
      pool.settings = { ...pool.settings, MfaConfiguration: mode };
      pool.softwareTokenMfa = softwareToken;
      pool.modifiedAt = clock.now();
      return mfaConfiguration(pool);
    },
  ),

  GetUserPoolMfaConfig: operation("signed", z.object({ UserPoolId: fields.userPoolId }), (request, { state }) =>
    mfaConfiguration(getPool(state, request.UserPoolId)),
  ),
};

function mfaConfiguration(pool: UserPool): object {
  return {
    MfaConfiguration: pool.settings.MfaConfiguration,
    ...(pool.softwareTokenMfa ? { SoftwareTokenMfaConfiguration: { Enabled: true } } : {}),
  };
}

function describe(pool: UserPool): object {
  const { PoolName, Schema: _, ...settings } = pool.settings;
  return {
    ...settings,
    Id: pool.id,
    Name: PoolName,
    Arn: `arn:aws:cognito-idp:${pool.region}:${account}:userpool/${pool.id}`,
    CreationDate: timestamp(pool.createdAt),
    LastModifiedDate: timestamp(pool.modifiedAt),
    Domain: pool.domains.find(({ certificateArn }) => certificateArn === undefined)?.name,
    CustomDomain: pool.domains.find(({ certificateArn }) => certificateArn !== undefined)?.name,
    EstimatedNumberOfUsers: pool.users.size,
    SchemaAttributes: schemaOf(pool),
  };
}
