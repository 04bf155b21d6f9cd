import { invalidParameter, notFound, userNotFound } from "../errors.ts";
import type { AppClient, Group, State, User, UserPool } from "../model.ts";

/** @throws ResourceNotFoundException */
export function getPool(state: State, id: string): UserPool {
  const pool = state.userPools.get(id);
  if (pool === undefined) throw notFound(`User pool ${id} does not exist.`);
  return pool;
}

export function getClient(pool: UserPool, id: string): AppClient {
  const client = pool.clients.get(id);
  if (client === undefined) throw notFound(`User pool client ${id} does not exist.`);
  return client;
}

/** The client that a public call names, and the pool that it belongs to. */
export function getClientAndPool(state: State, clientId: string): { pool: UserPool; client: AppClient } {
  for (const pool of state.userPools.values()) {
    const client = pool.clients.get(clientId);
    if (client !== undefined) return { pool, client };
  }
  throw notFound(`User pool client ${clientId} does not exist.`);
}

export function getGroup(pool: UserPool, name: string): Group {
  const group = pool.groups.get(name);
  if (group === undefined) throw notFound("Group not found.");
  return group;
}

/** By user name, or by an attribute that people of this pool sign in with. */
export function findUser(pool: UserPool, name: string): User | undefined {
  const same = sameName(pool);
  for (const user of pool.users.values()) {
    if (same(user.username, name)) return user;
    if (aliasesOf(pool, user).some((alias) => same(alias, name))) return user;
  }
  return undefined;
}

/** @throws UserNotFoundException */
export function getUser(pool: UserPool, name: string): User {
  const user = findUser(pool, name);
  if (user === undefined) throw userNotFound();
  return user;
}

function sameName(pool: UserPool): (a: string, b: string) => boolean {
  const fold = (name: string) => (pool.settings.UsernameConfiguration?.CaseSensitive ? name : name.toLowerCase());
  return (a, b) => fold(a) === fold(b);
}

/** An alias attribute counts only once it is verified; a user name attribute always does. */
function aliasesOf(pool: UserPool, user: User): readonly string[] {
  const direct = pool.settings.UsernameAttributes ?? [];
  const verified = (pool.settings.AliasAttributes ?? []).filter(
    (name) => name === "preferred_username" || user.attributes.get(`${name}_verified`) === "true",
  );
  return [...direct, ...verified].flatMap((name) => user.attributes.get(name) ?? []);
}

/** The part of a pool's id after the underscore: SRP calls it the pool's name. */
export function poolName(pool: UserPool): string {
  return pool.id.slice(pool.id.indexOf("_") + 1);
}

export function requireEmailName(pool: UserPool, name: string): void {
  const kinds = pool.settings.UsernameAttributes ?? [];
  if (kinds.length === 0) return;
  const isEmail = /^[^@\s]+@[^@\s]+$/.test(name);
  const isPhone = /^\+\d+$/.test(name);
  if ((kinds.includes("email") && isEmail) || (kinds.includes("phone_number") && isPhone)) return;
  throw invalidParameter(
    kinds.length > 1
      ? "Username should be either an email or a phone number."
      : `Username should be ${kinds[0] === "email" ? "an email" : "a phone number"}.`,
  );
}

/** The page of a list that a request asks for; the token is the position that the next one starts at. */
export function page<T>(
  items: readonly T[],
  limit: number | undefined,
  token: string | undefined,
): { items: T[]; next?: string } {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0) throw invalidParameter("Invalid pagination token");
  const end = start + (limit ?? 60);
  return { items: items.slice(start, end), ...(end < items.length ? { next: String(end) } : {}) };
}

/** Cognito writes times as seconds since 1970 with a fraction. */
export const timestamp = (milliseconds: number): number => milliseconds / 1000;
