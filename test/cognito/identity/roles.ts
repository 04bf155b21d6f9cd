/**
 * Which role an identity gets.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
 */
import { notAuthorized, ServiceError } from "../errors.ts";
import type { Login } from "./loginToken.ts";
import type { PoolRoles, RoleMapping, Rule } from "./schemas.ts";

/** @throws NotAuthorizedException, or InvalidIdentityPoolConfigurationException where no role is set */
export function chooseRole(roles: PoolRoles, login: Login | undefined, customRole: string | undefined): string {
  if (login === undefined) return configured(roles.Roles.unauthenticated);
  const mapping = roles.RoleMappings[`${login.provider}:${login.clientId}`] ?? roles.RoleMappings[login.provider];
  if (mapping === undefined) {
    if (customRole !== undefined) throw roleNotGranted();
    return configured(roles.Roles.authenticated);
  }
  return (
    (mapping.Type === "Token" ? roleOfToken(login, customRole) : roleOfRules(mapping, login, customRole)) ??
    unresolved(roles, mapping, login)
  );
}

function roleOfToken({ claims }: Login, customRole: string | undefined): string | undefined {
  const granted = claims["cognito:roles"];
  const all = Array.isArray(granted) ? granted.map(String) : [];
  if (customRole !== undefined) {
    if (!all.includes(customRole)) throw roleNotGranted();
    return customRole;
  }
  const preferred = claims["cognito:preferred_role"];
  if (preferred !== undefined) return String(preferred);
  return all.length === 1 ? all[0] : undefined;
}

function roleOfRules(mapping: RoleMapping, { claims }: Login, customRole: string | undefined): string | undefined {
  if (customRole !== undefined) throw roleNotGranted();
  return mapping.RulesConfiguration?.Rules.find(({ Claim, MatchType, Value }) => {
    const claim = claims[Claim];
    const text = Array.isArray(claim) ? claim.join(",") : String(claim);
    return claim !== undefined && matchers[MatchType](text, Value);
  })?.RoleARN;
}

const matchers: Readonly<Record<Rule["MatchType"], (claim: string, value: string) => boolean>> = {
  Equals: (claim, value) => claim === value,
  NotEqual: (claim, value) => claim !== value,
  Contains: (claim, value) => claim.includes(value),
  StartsWith: (claim, value) => claim.startsWith(value),
};

function unresolved(roles: PoolRoles, mapping: RoleMapping, { provider }: Login): string {
  if (mapping.AmbiguousRoleResolution === "AuthenticatedRole") return configured(roles.Roles.authenticated);
  throw notAuthorized(`The ambiguous role mapping rules for: ${provider} denied this request.`);
}

function roleNotGranted(): ServiceError {
  return notAuthorized("Access to the requested role is not granted by the login token.");
}

function configured(role: string | undefined): string {
  if (role === undefined) throw invalidConfiguration();
  return role;
}

export function invalidConfiguration(): ServiceError {
  return new ServiceError(
    "InvalidIdentityPoolConfigurationException",
    "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
  );
}
