import { z } from "zod";
import { ServiceError } from "../errors.ts";
import type { Group, UserPool } from "../model.ts";
import { fields, type Operations, operation } from "../operation.ts";
import { describeUser } from "../users/description.ts";
import { getGroup, getPool, getUser, page, timestamp } from "./lookup.ts";

const named = z.object({ UserPoolId: fields.userPoolId, GroupName: z.string().min(1).max(128) });
const content = named.extend({
  Description: z.string().optional(),
  RoleArn: z.string().min(20).optional(),
  Precedence: z.number().int().min(0).optional(),
});
const membership = named.extend({ Username: fields.username });
const paged = { Limit: z.number().int().min(0).max(60).optional(), NextToken: z.string().optional() };

export const groupOperations: Operations = {
  CreateGroup: operation("signed", content, (request, { state, clock }) => {
    const pool = getPool(state, request.UserPoolId);
    if (pool.groups.has(request.GroupName)) {
      throw new ServiceError("GroupExistsException", "A group with the name already exists.");
    }
    const group: Group = {
      name: request.GroupName,
      description: request.Description,
      roleArn: request.RoleArn,
      precedence: request.Precedence,
      createdAt: clock.now(),
      modifiedAt: clock.now(),
      members: new Set(),
    };
    pool.groups.set(group.name, group);
    return { Group: describe(pool, group) };
  }),

  UpdateGroup: operation("signed", content, (request, { state, clock }) => {
    const pool = getPool(state, request.UserPoolId);
    const group = getGroup(pool, request.GroupName);
    group.description = request.Description ?? group.description;
    group.roleArn = request.RoleArn ?? group.roleArn;
    group.precedence = request.Precedence ?? group.precedence;
    group.modifiedAt = clock.now();
    return { Group: describe(pool, group) };
  }),

  GetGroup: operation("signed", named, (request, { state }) => {
    const pool = getPool(state, request.UserPoolId);
    return { Group: describe(pool, getGroup(pool, request.GroupName)) };
  }),

  DeleteGroup: operation("signed", named, (request, { state }) => {
    const pool = getPool(state, request.UserPoolId);
    pool.groups.delete(getGroup(pool, request.GroupName).name);
    return {};
  }),

  ListGroups: operation("signed", z.object({ UserPoolId: fields.userPoolId, ...paged }), (request, { state }) => {
    const pool = getPool(state, request.UserPoolId);
    const { items, next } = page([...pool.groups.values()], request.Limit, request.NextToken);
    return { Groups: items.map((group) => describe(pool, group)), NextToken: next };
  }),

  AdminAddUserToGroup: operation("signed", membership, (request, { state }) => {
    const pool = getPool(state, request.UserPoolId);
    getGroup(pool, request.GroupName).members.add(getUser(pool, request.Username).username);
    return {};
  }),

  AdminRemoveUserFromGroup: operation("signed", membership, (request, { state }) => {
    const pool = getPool(state, request.UserPoolId);
    getGroup(pool, request.GroupName).members.delete(getUser(pool, request.Username).username);
    return {};
  }),

  AdminListGroupsForUser: operation(
    "signed",
    z.object({ UserPoolId: fields.userPoolId, Username: fields.username, ...paged }),
    (request, { state }) => {
      const pool = getPool(state, request.UserPoolId);
      const mine = groupsOf(pool, getUser(pool, request.Username).username);
      const { items, next } = page(mine, request.Limit, request.NextToken);
      return { Groups: items.map((group) => describe(pool, group)), NextToken: next };
    },
  ),

  ListUsersInGroup: operation("signed", named.extend(paged), (request, { state }) => {
    const pool = getPool(state, request.UserPoolId);
    const group = getGroup(pool, request.GroupName);
    const members = [...pool.users.values()].filter(({ username }) => group.members.has(username));
    const { items, next } = page(members, request.Limit, request.NextToken);
    return { Users: items.map(describeUser), NextToken: next };
  }),
};

/** A user's groups, highest precedence (lowest number) first; those without a number last. */
export function groupsOf(pool: UserPool, username: string): Group[] {
  return [...pool.groups.values()]
    .filter(({ members }) => members.has(username))
    .sort((a, b) => (a.precedence ?? Infinity) - (b.precedence ?? Infinity) || (a.name < b.name ? -1 : 1));
}

function describe(pool: UserPool, group: Group): object {
  return {
    GroupName: group.name,
    UserPoolId: pool.id,
    Description: group.description,
    RoleArn: group.roleArn,
    Precedence: group.precedence,
    CreationDate: timestamp(group.createdAt),
    LastModifiedDate: timestamp(group.modifiedAt),
  };
}
