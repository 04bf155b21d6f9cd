import type { Role } from "../session.ts";
import type { IdClaims } from "./tokens.ts";

/** A role as a person knows it. IAM role names hold no slash; paths come before the name. */
export function roleOf(arn: string): Role {
  return { arn, name: arn.slice(arn.lastIndexOf("/") + 1) };
}

/** The roles that the token offers, in its order, each once. */
export function rolesOf(claims: Pick<IdClaims, "roles">): readonly Role[] {
  return [...new Set(claims.roles)].map(roleOf);
}
