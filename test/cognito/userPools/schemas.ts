/** Requests of user pool and app client, with AWS's defaults (API reference of CreateUserPool and CreateUserPoolClient). */
import { z } from "zod";
import { schemaAttribute } from "./attributes.ts";

const passwordPolicy = z.object({
  MinimumLength: z.number().int().min(6).max(99).default(8),
  RequireUppercase: z.boolean().default(true),
  RequireLowercase: z.boolean().default(true),
  RequireNumbers: z.boolean().default(true),
  RequireSymbols: z.boolean().default(true),
  // Zero stands for none, and none is not shown (API reference, PasswordPolicyType).
  PasswordHistorySize: z
    .number()
    .int()
    .min(0)
    .max(24)
    .transform((size) => size || undefined)
    .optional(),
  TemporaryPasswordValidityDays: z.number().int().min(0).max(365).default(7),
});

/** What CreateUserPool and UpdateUserPool both take; the latter sets what is left out back to its default, as AWS does. */
const mutable = {
  Policies: z.object({ PasswordPolicy: passwordPolicy.prefault({}) }).prefault({}),
  MfaConfiguration: z.enum(["OFF", "ON", "OPTIONAL"]).default("OFF"),
  AutoVerifiedAttributes: z.array(z.enum(["email", "phone_number"])).default([]),
  AdminCreateUserConfig: z.object({ AllowAdminCreateUserOnly: z.boolean().default(false) }).prefault({}),
  DeletionProtection: z.enum(["ACTIVE", "INACTIVE"]).default("INACTIVE"),
  UserPoolTags: z.record(z.string(), z.string()).default({}),
  UserPoolTier: z.enum(["LITE", "ESSENTIALS", "PLUS"]).default("ESSENTIALS"),
  AccountRecoverySetting: z.looseObject({}).optional(),
  EmailConfiguration: z.looseObject({}).optional(),
  // Triggers would change what happens: better refused than ignored. Other settings are only shown again by DescribeUserPool.
  LambdaConfig: z.strictObject({}).optional(),
};

const fixed = {
  UsernameAttributes: z.array(z.enum(["email", "phone_number"])).optional(),
  AliasAttributes: z.array(z.enum(["email", "phone_number", "preferred_username"])).optional(),
  UsernameConfiguration: z.object({ CaseSensitive: z.boolean().default(false) }).optional(),
  Schema: z.array(schemaAttribute).max(50).default([]),
};

export const createPoolRequest = z.looseObject({ PoolName: z.string().min(1).max(128), ...mutable, ...fixed });
export const updatePoolRequest = z.looseObject({ UserPoolId: z.string(), PoolName: z.string().optional(), ...mutable });
export type PoolSettings = z.output<typeof createPoolRequest>;

export const authFlows = [
  "ALLOW_USER_SRP_AUTH",
  "ALLOW_USER_PASSWORD_AUTH",
  "ALLOW_ADMIN_USER_PASSWORD_AUTH",
  "ALLOW_REFRESH_TOKEN_AUTH",
  "ALLOW_CUSTOM_AUTH",
  "ALLOW_USER_AUTH",
] as const;

const unit = z.enum(["seconds", "minutes", "hours", "days"]);

export const clientRequest = z.object({
  UserPoolId: z.string(),
  ClientName: z.string().min(1).max(128),
  ExplicitAuthFlows: z
    .array(z.enum(authFlows))
    .default(["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"]),
  PreventUserExistenceErrors: z.enum(["LEGACY", "ENABLED"]).default("LEGACY"),
  EnableTokenRevocation: z.boolean().default(true),
  AuthSessionValidity: z.number().int().min(3).max(15).default(3),
  RefreshTokenValidity: z.number().int().min(0).default(30),
  AccessTokenValidity: z.number().int().min(1).optional(),
  IdTokenValidity: z.number().int().min(1).optional(),
  TokenValidityUnits: z
    .object({ AccessToken: unit.optional(), IdToken: unit.optional(), RefreshToken: unit.optional() })
    .optional(),
  RefreshTokenRotation: z
    .object({
      Feature: z.enum(["ENABLED", "DISABLED"]),
      RetryGracePeriodSeconds: z.number().int().min(0).max(60).default(0),
    })
    .optional(),
  ReadAttributes: z.array(z.string()).optional(),
  WriteAttributes: z.array(z.string()).optional(),
  SupportedIdentityProviders: z.array(z.string()).optional(),
  CallbackURLs: z.array(z.string()).optional(),
  LogoutURLs: z.array(z.string()).optional(),
  DefaultRedirectURI: z.string().optional(),
  AllowedOAuthFlows: z.array(z.string()).optional(),
  AllowedOAuthScopes: z.array(z.string()).optional(),
  AllowedOAuthFlowsUserPoolClient: z.boolean().default(false),
  EnablePropagateAdditionalUserContextData: z.boolean().default(false),
});
export const createClientRequest = clientRequest.extend({ GenerateSecret: z.boolean().default(false) });
export const updateClientRequest = clientRequest.extend({ ClientId: z.string(), ClientName: z.string().optional() });
export type ClientSettings = z.output<typeof clientRequest>;

const seconds = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };

/** How long a client's tokens are valid, in seconds. */
export function tokenValidity(
  client: Pick<
    ClientSettings,
    "AccessTokenValidity" | "IdTokenValidity" | "RefreshTokenValidity" | "TokenValidityUnits"
  >,
): { access: number; id: number; refresh: number } {
  const units = client.TokenValidityUnits ?? {};
  return {
    access:
      (client.AccessTokenValidity ?? 1) *
      seconds[client.AccessTokenValidity ? (units.AccessToken ?? "hours") : "hours"],
    id: (client.IdTokenValidity ?? 1) * seconds[client.IdTokenValidity ? (units.IdToken ?? "hours") : "hours"],
    // Zero stands for the default.
    refresh: client.RefreshTokenValidity
      ? client.RefreshTokenValidity * seconds[units.RefreshToken ?? "days"]
      : 30 * seconds.days,
  };
}
