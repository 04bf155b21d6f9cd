/** Requests of identity pools (API reference of Amazon Cognito Federated Identities). */
import { z } from "zod";

const provider = z.object({
  ProviderName: z.string().min(1),
  ClientId: z.string().min(1),
  ServerSideTokenCheck: z.boolean().default(false),
});

export const identityPoolRequest = z.object({
  IdentityPoolName: z.string().min(1).max(128),
  AllowUnauthenticatedIdentities: z.boolean(),
  AllowClassicFlow: z.boolean().default(false),
  CognitoIdentityProviders: z.array(provider).default([]),
  IdentityPoolTags: z.record(z.string(), z.string()).default({}),
});
export type IdentityPoolSettings = z.output<typeof identityPoolRequest>;

const rule = z.object({
  Claim: z.string().min(1),
  MatchType: z.enum(["Equals", "Contains", "StartsWith", "NotEqual"]),
  Value: z.string().min(1),
  RoleARN: z.string().min(20),
});

export type Rule = z.output<typeof rule>;

const roleMapping = z.object({
  Type: z.enum(["Token", "Rules"]),
  AmbiguousRoleResolution: z.enum(["AuthenticatedRole", "Deny"]).optional(),
  RulesConfiguration: z.object({ Rules: z.array(rule).min(1) }).optional(),
});
export type RoleMapping = z.output<typeof roleMapping>;

export const poolRoles = z.object({
  Roles: z.object({ authenticated: z.string().optional(), unauthenticated: z.string().optional() }),
  RoleMappings: z.record(z.string(), roleMapping).default({}),
});
export type PoolRoles = z.output<typeof poolRoles>;
