/** What a signed-in user does with an access token. */
import { z } from "zod";
import { guarded } from "../auth/initiate.ts";
import { authorise } from "../auth/tokens.ts";
import { invalidParameter } from "../errors.ts";
import { fields, type Operations, operation } from "../operation.ts";
import { checkChangedAttributes, checkOwnAttributes } from "../userPools/attributes.ts";
import { revokeGrants } from "./creation.ts";
import { describeAttributes, describeFactors } from "./description.ts";
import { checkHistory, checkPolicy, hasPassword, setPassword } from "./password.ts";

const byToken = z.object({ AccessToken: fields.accessToken });

export const selfOperations: Operations = {
  GetUser: operation("public", byToken, (request, context) => {
    const { user } = authorise(context, request.AccessToken);
    return { Username: user.username, UserAttributes: describeAttributes(user), ...describeFactors(user) };
  }),

  ChangePassword: operation(
    "public",
    byToken.extend({ PreviousPassword: z.string(), ProposedPassword: z.string().max(256) }),
    (request, context) => {
      const { pool, user } = authorise(context, request.AccessToken);
      checkPolicy(pool, request.ProposedPassword);
      guarded(context, user.lock, () => hasPassword(pool, user, request.PreviousPassword));
      checkHistory(pool, user, request.ProposedPassword);
      setPassword(pool, user, request.ProposedPassword, context.clock);
      return {};
    },
  ),

  UpdateUserAttributes: operation(
    "public",
    byToken.extend({ UserAttributes: fields.attributes }),
    (request, context) => {
      const { pool, user } = authorise(context, request.AccessToken);
      const names = request.UserAttributes.map(({ Name }) => Name);
      checkOwnAttributes(names);
      checkChangedAttributes(pool, names);
      if (request.UserAttributes.some(({ Name }) => Name.endsWith("_verified"))) {
        throw invalidParameter("Attribute cannot be updated.");
      }
      for (const { Name, Value } of request.UserAttributes) {
        user.attributes.set(Name, Value);
        if (Name === "email") user.attributes.set("email_verified", "false");
      }
      user.modifiedAt = context.clock.now();
      return { CodeDeliveryDetailsList: [] };
    },
  ),

  DeleteUser: operation("public", byToken, (request, context) => {
    const { pool, user } = authorise(context, request.AccessToken);
    revokeGrants(pool, user);
    pool.users.delete(user.username);
    return {};
  }),

  GlobalSignOut: operation("public", byToken, (request, context) => {
    const { pool, user } = authorise(context, request.AccessToken);
    revokeGrants(pool, user);
    return {};
  }),
};
