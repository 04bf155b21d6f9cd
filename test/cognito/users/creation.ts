import { randomUUID } from "node:crypto";
import { openLock } from "../auth/lockout.ts";
import type { Clock } from "../clock.ts";
import { ServiceError } from "../errors.ts";
import type { User, UserPool, UserStatus } from "../model.ts";
import { checkNewAttributes } from "../userPools/attributes.ts";
import { findUser, requireEmailName } from "../userPools/lookup.ts";

/** Adds a user. Where people sign in by e-mail, `name` becomes that attribute and the sub is the user name. */
export function addUser(
  pool: UserPool,
  name: string,
  attributes: readonly { readonly Name: string; readonly Value: string }[],
  status: UserStatus,
  clock: Clock,
): User {
  requireEmailName(pool, name);
  checkNewAttributes(
    pool,
    attributes.map(({ Name }) => Name),
  );
  const direct = (pool.settings.UsernameAttributes?.length ?? 0) > 0;
  if (findUser(pool, name) !== undefined) {
    throw new ServiceError(
      "UsernameExistsException",
      direct
        ? `An account with the given ${name.includes("@") ? "email" : "phone_number"} already exists.`
        : "User account already exists",
    );
  }
  const sub = randomUUID();
  const own = attributes.filter(({ Name }) => Name !== "sub").map(({ Name, Value }) => [Name, Value] as const);
  const user: User = {
    username: direct ? sub : name,
    attributes: new Map([
      ...own,
      ...(direct ? ([[name.includes("@") ? "email" : "phone_number", name]] as const) : []),
      ["sub", sub],
    ]),
    passwords: [],
    enabled: true,
    status,
    createdAt: clock.now(),
    modifiedAt: clock.now(),
    softwareTokenEnabled: false,
    lock: openLock(),
    codes: new Map(),
  };
  pool.users.set(user.username, user);
  return user;
}

/** Ends every session of a user: its refresh tokens and access tokens are void. */
export function revokeGrants(pool: UserPool, user: User): void {
  for (const grant of pool.grants.values()) {
    if (grant.username === user.username) grant.revoked = true;
  }
}
