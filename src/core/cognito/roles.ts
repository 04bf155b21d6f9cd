/** Which role of the identity pool somebody gets; pure. */
import { GatehouseError } from "../errors.ts";
import type { Role } from "../session.ts";
import type { IdClaims } from "./verification.ts";

type RoleClaims = Pick<IdClaims, "roles" | "preferredRole">;

/** A role as a person knows it. IAM role names hold no slash; a path comes before the name. */
export function roleOf(arn: string): Role {
  return { arn, name: arn.slice(arn.lastIndexOf("/") + 1) };
}

/** The roles that the token offers, in its order, each once. */
export function rolesOf({ roles }: Pick<IdClaims, "roles">): readonly Role[] {
  return [...new Set(roles)].map(roleOf);
}

/**
 * The role that the identity pool will give where it goes by the token: the chosen one, else `cognito:preferred_role`, else the
 * only one. Undefined where the pool decides (no roles in the token) or refuses to (several).
 */
export function expectedRole({ roles, preferredRole }: RoleClaims, chosen?: string): Role | undefined {
  const [first, ...others] = [...new Set(roles)];
  const arn = chosen ?? preferredRole ?? (others.length === 0 ? first : undefined);
  return arn === undefined ? undefined : roleOf(arn);
}

/** Whether `role` may be asked for as CustomRoleArn. */
export function mayChoose({ roles }: Pick<IdClaims, "roles">, role: string): boolean {
  return roles.includes(role);
}

/** Why the identity pool gave no role, from what was asked: its own answer says little (the same message for several causes). */
export function roleProblem(claims: RoleClaims, chosen: string | undefined, cause?: unknown): GatehouseError {
  const role = expectedRole(claims, chosen);
  if (role !== undefined) return new GatehouseError("roleNotAllowed", { role: role.arn }, { cause });
  return new GatehouseError(claims.roles.length > 1 ? "ambiguousRole" : "noRole", {}, { cause });
}
