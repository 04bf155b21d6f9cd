/** The administrator's calls on users. */
import { z } from "zod";
import { invalidParameter, notAuthorized, ServiceError, userNotFound } from "../errors.ts";
import { fields, type Operations, operation } from "../operation.ts";
import { checkChangedAttributes } from "../userPools/attributes.ts";
import { findUser, getPool, getUser, page } from "../userPools/lookup.ts";
import { sendCode } from "./codes.ts";
import { addUser, revokeGrants } from "./creation.ts";
import { describeAttributes, describeFactors, describeUser } from "./description.ts";
import { checkHistory, checkPolicy, generatePassword, setPassword, setTemporaryPassword } from "./password.ts";

const named = z.object({ UserPoolId: fields.userPoolId, Username: fields.username });
const mfaChoice = z
  .object({ Enabled: z.boolean().default(false), PreferredMfa: z.boolean().default(false) })
  .optional();

export const adminUserOperations: Operations = {
  AdminCreateUser: operation(
    "signed",
    named.extend({
      TemporaryPassword: z.string().max(256).optional(),
      UserAttributes: fields.attributes,
      MessageAction: z.enum(["RESEND", "SUPPRESS"]).optional(),
    }),
    (request, { state, clock, outbox }) => {
      const pool = getPool(state, request.UserPoolId);
      const password = request.TemporaryPassword ?? generatePassword(pool);
      checkPolicy(pool, password);
      const known = findUser(pool, request.Username);
      if (request.MessageAction === "RESEND") {
        if (known === undefined) throw userNotFound();
        if (known.status !== "FORCE_CHANGE_PASSWORD") {
          throw new ServiceError(
            "UnsupportedUserStateException",
            `Resend not possible. ${known.username} status is not FORCE_CHANGE_PASSWORD`,
          );
        }
      }
      const user =
        request.MessageAction === "RESEND" && known !== undefined
          ? known
          : addUser(pool, request.Username, request.UserAttributes, "FORCE_CHANGE_PASSWORD", clock);
      setTemporaryPassword(pool, user, password, clock);
      const destination = user.attributes.get("email");
      if (request.MessageAction !== "SUPPRESS" && destination !== undefined) {
        outbox.put({
          userPoolId: pool.id,
          username: user.username,
          destination,
          medium: "EMAIL",
          kind: "invitation",
          temporaryPassword: password,
          sentAt: clock.now(),
        });
      }
      return { User: describeUser(user) };
    },
  ),

  AdminSetUserPassword: operation(
    "signed",
    named.extend({ Password: z.string().max(256), Permanent: z.boolean().default(false) }),
    (request, { state, clock }) => {
      const pool = getPool(state, request.UserPoolId);
      const user = getUser(pool, request.Username);
      checkPolicy(pool, request.Password);
      checkHistory(pool, user, request.Password);
      const set = request.Permanent ? setPassword : setTemporaryPassword;
      set(pool, user, request.Password, clock);
      return {};
    },
  ),

  AdminGetUser: operation("signed", named, (request, { state }) => {
    const user = getUser(getPool(state, request.UserPoolId), request.Username);
    const { Attributes: _, ...rest } = describeUser(user) as { Attributes: unknown };
    return { ...rest, UserAttributes: describeAttributes(user), ...describeFactors(user) };
  }),

  AdminUpdateUserAttributes: operation(
    "signed",
    named.extend({ UserAttributes: fields.attributes }),
    (request, { state, clock }) => {
      const pool = getPool(state, request.UserPoolId);
      const user = getUser(pool, request.Username);
      checkChangedAttributes(
        pool,
        request.UserAttributes.map(({ Name }) => Name),
      );
      for (const { Name, Value } of request.UserAttributes) user.attributes.set(Name, Value);
      user.modifiedAt = clock.now();
      return {};
    },
  ),

  AdminDisableUser: operation("signed", named, (request, { state, clock }) => {
    const pool = getPool(state, request.UserPoolId);
    const user = getUser(pool, request.Username);
    user.enabled = false;
    user.modifiedAt = clock.now();
    revokeGrants(pool, user);
    return {};
  }),

  AdminEnableUser: operation("signed", named, (request, { state, clock }) => {
    const user = getUser(getPool(state, request.UserPoolId), request.Username);
    user.enabled = true;
    user.modifiedAt = clock.now();
    return {};
  }),

  AdminDeleteUser: operation("signed", named, (request, { state }) => {
    const pool = getPool(state, request.UserPoolId);
    const user = getUser(pool, request.Username);
    revokeGrants(pool, user);
    for (const group of pool.groups.values()) group.members.delete(user.username);
    pool.users.delete(user.username);
    return {};
  }),

  AdminConfirmSignUp: operation("signed", named, (request, { state, clock }) => {
    const user = getUser(getPool(state, request.UserPoolId), request.Username);
    if (user.status !== "UNCONFIRMED") {
      throw notAuthorized(`User cannot be confirmed. Current status is ${user.status}`);
    }
    user.status = "CONFIRMED";
    user.modifiedAt = clock.now();
    return {};
  }),

  AdminResetUserPassword: operation("signed", named, (request, context) => {
    const pool = getPool(context.state, request.UserPoolId);
    const user = getUser(pool, request.Username);
    if (user.status !== "CONFIRMED" && user.status !== "RESET_REQUIRED") {
      throw notAuthorized("User password cannot be reset in the current state.");
    }
    if (user.attributes.get("email_verified") !== "true") {
      throw invalidParameter(
        "Cannot reset password for the user as there is no registered/verified email or phone_number",
      );
    }
    user.password = undefined;
    user.status = "RESET_REQUIRED";
    sendCode(context, pool, user, "passwordReset");
    return {};
  }),

  AdminUserGlobalSignOut: operation("signed", named, (request, { state }) => {
    const pool = getPool(state, request.UserPoolId);
    revokeGrants(pool, getUser(pool, request.Username));
    return {};
  }),

  AdminSetUserMFAPreference: operation(
    "signed",
    named.extend({ SoftwareTokenMfaSettings: mfaChoice }),
    (request, { state }) => {
      const user = getUser(getPool(state, request.UserPoolId), request.Username);
      const enabled = request.SoftwareTokenMfaSettings?.Enabled;
      if (enabled && user.softwareToken === undefined)
        throw invalidParameter("User has not verified software token mfa");
      user.softwareTokenEnabled = enabled ?? user.softwareTokenEnabled;
      return {};
    },
  ),

  ListUsers: operation(
    "signed",
    z.object({
      UserPoolId: fields.userPoolId,
      Filter: z.string().optional(),
      Limit: z.number().int().min(0).max(60).optional(),
      PaginationToken: z.string().optional(),
    }),
    (request, { state }) => {
      const pool = getPool(state, request.UserPoolId);
      const matches = userFilter(request.Filter);
      const { items, next } = page(
        [...pool.users.values()].filter((user) =>
          matches((name) =>
            name === "username"
              ? user.username
              : name === "cognito:user_status"
                ? user.status
                : user.attributes.get(name),
          ),
        ),
        request.Limit,
        request.PaginationToken,
      );
      return { Users: items.map(describeUser), PaginationToken: next };
    },
  ),
};

/** `email = "a@b.c"` or `email ^= "a@"`. */
function userFilter(filter: string | undefined): (attribute: (name: string) => string | undefined) => boolean {
  if (!filter) return () => true;
  const [, name, comparison, value] = /^\s*"?([\w:]+)"?\s*(\^?=)\s*"([^"]*)"\s*$/.exec(filter) ?? [];
  if (name === undefined || value === undefined) throw invalidParameter("Error while parsing filter.");
  return (attribute) => {
    const own = attribute(name);
    return own !== undefined && (comparison === "=" ? own === value : own.startsWith(value));
  };
}
