/** Signing up oneself, and a forgotten password. Public calls: an unknown user is answered as the client's settings say. */
import { z } from "zod";
import { checkSecretHash } from "../auth/secretHash.ts";
import { invalidParameter, notAuthorized, ServiceError, userNotFound } from "../errors.ts";
import type { AppClient, User, UserPool } from "../model.ts";
import { fields, type Operations, operation } from "../operation.ts";
import { checkOwnAttributes } from "../userPools/attributes.ts";
import { findUser, getClientAndPool } from "../userPools/lookup.ts";
import { redeemCode, sendCode, simulatedDelivery } from "./codes.ts";
import { addUser } from "./creation.ts";
import { checkHistory, checkPolicy, setPassword } from "./password.ts";

const named = z.object({ ClientId: fields.clientId, Username: fields.username, SecretHash: fields.secretHash });

export const signUpOperations: Operations = {
  SignUp: operation(
    "public",
    named.extend({ Password: z.string().max(256), UserAttributes: fields.attributes }),
    (request, context) => {
      const { pool, client } = getClientAndPool(context.state, request.ClientId);
      checkSecretHash(client, request.SecretHash, [request.Username]);
      if (pool.settings.AdminCreateUserConfig.AllowAdminCreateUserOnly) {
        throw notAuthorized("SignUp is not permitted for this user pool");
      }
      checkPolicy(pool, request.Password);
      checkOwnAttributes(request.UserAttributes.map(({ Name }) => Name));
      const user = addUser(pool, request.Username, request.UserAttributes, "UNCONFIRMED", context.clock);
      setPassword(pool, user, request.Password, context.clock);
      user.status = "UNCONFIRMED";
      const mails = pool.settings.AutoVerifiedAttributes.includes("email") && user.attributes.has("email");
      return {
        UserConfirmed: false,
        UserSub: user.attributes.get("sub"),
        ...(mails ? { CodeDeliveryDetails: sendCode(context, pool, user, "confirmation") } : {}),
      };
    },
  ),

  ConfirmSignUp: operation("public", named.extend({ ConfirmationCode: z.string() }), (request, context) => {
    const { user } = known(getClientAndPool(context.state, request.ClientId), request);
    if (user === undefined)
      throw new ServiceError("CodeMismatchException", "Invalid verification code provided, please try again.");
    if (user.status !== "UNCONFIRMED")
      throw notAuthorized(`User cannot be confirmed. Current status is ${user.status}`);
    redeemCode(user, "confirmation", request.ConfirmationCode, context.clock.now());
    user.status = "CONFIRMED";
    user.attributes.set("email_verified", "true");
    user.modifiedAt = context.clock.now();
    return {};
  }),

  ResendConfirmationCode: operation("public", named, (request, context) => {
    const { pool, user } = known(getClientAndPool(context.state, request.ClientId), request);
    if (user === undefined) return { CodeDeliveryDetails: simulatedDelivery(request.Username) };
    if (user.status !== "UNCONFIRMED") throw invalidParameter("User is already confirmed.");
    return { CodeDeliveryDetails: sendCode(context, pool, user, "confirmation") };
  }),

  ForgotPassword: operation("public", named, (request, context) => {
    const { pool, user } = known(getClientAndPool(context.state, request.ClientId), request);
    if (user === undefined) return { CodeDeliveryDetails: simulatedDelivery(request.Username) };
    if (!user.enabled) throw notAuthorized("User is disabled.");
    if (user.status === "FORCE_CHANGE_PASSWORD") {
      throw notAuthorized("User password cannot be reset in the current state.");
    }
    if (user.attributes.get("email_verified") !== "true") {
      throw invalidParameter(
        "Cannot reset password for the user as there is no registered/verified email or phone_number",
      );
    }
    return { CodeDeliveryDetails: sendCode(context, pool, user, "passwordReset") };
  }),

  ConfirmForgotPassword: operation(
    "public",
    named.extend({ ConfirmationCode: z.string(), Password: z.string().max(256) }),
    (request, context) => {
      const { pool, user } = known(getClientAndPool(context.state, request.ClientId), request);
      if (user === undefined) {
        throw new ServiceError("ExpiredCodeException", "Invalid code provided, please request a code again.");
      }
      // A password that the policy refuses does not use up the code.
      checkPolicy(pool, request.Password);
      redeemCode(user, "passwordReset", request.ConfirmationCode, context.clock.now(), () =>
        checkHistory(pool, user, request.Password),
      );
      setPassword(pool, user, request.Password, context.clock);
      return {};
    },
  ),
};

/** The user of a public call, or undefined where the client hides who exists. @throws UserNotFoundException otherwise */
function known(
  { pool, client }: { readonly pool: UserPool; readonly client: AppClient },
  request: { readonly Username: string; readonly SecretHash?: string | undefined },
): { pool: UserPool; user: User | undefined } {
  const user = findUser(pool, request.Username);
  checkSecretHash(
    client,
    request.SecretHash,
    user === undefined ? [request.Username] : [request.Username, user.username],
  );
  if (user === undefined && client.settings.PreventUserExistenceErrors === "LEGACY") throw userNotFound();
  return { pool, user };
}
