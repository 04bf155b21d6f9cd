/** InitiateAuth and AdminInitiateAuth: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html */
import { createHash } from "node:crypto";
import { z } from "zod";
import { invalidParameter, notAuthorized, userNotFound, wrongPassword } from "../errors.ts";
import type { AppClient, User, UserPool } from "../model.ts";
import { type Context, fields, type Operations, operation } from "../operation.ts";
import { findUser, getClient, getClientAndPool, getPool } from "../userPools/lookup.ts";
import type { authFlows } from "../userPools/schemas.ts";
import { hasPassword, identityOf } from "../users/password.ts";
import { type AuthAnswer, afterPassword, type Challenge, type Finish, strangerName, tokens } from "./challenges.ts";
import { countFailure, type Lock, openLock, refuseWhileLocked, release } from "./lockout.ts";
import { refreshByFlow } from "./refresh.ts";
import { checkSecretHash } from "./secretHash.ts";
import { beginExchange, createVerifier, type PasswordVerifier, parsePublicValue } from "./srpVerifier.ts";

const flows = [
  "USER_SRP_AUTH",
  "USER_PASSWORD_AUTH",
  "REFRESH_TOKEN_AUTH",
  "REFRESH_TOKEN",
  "ADMIN_USER_PASSWORD_AUTH",
  "ADMIN_NO_SRP_AUTH",
  "CUSTOM_AUTH",
  "USER_AUTH",
] as const;
type Flow = (typeof flows)[number];

const request = z.object({
  AuthFlow: z.enum(flows),
  ClientId: fields.clientId,
  AuthParameters: z.record(z.string(), z.string()).default({}),
});

export const initiateOperations: Operations = {
  InitiateAuth: operation("public", request, ({ AuthFlow, ClientId, AuthParameters }, context) => {
    if (AuthFlow.startsWith("ADMIN_")) throw invalidParameter("Initiate Auth method not supported.");
    return initiate(context, getClientAndPool(context.state, ClientId), AuthFlow, AuthParameters);
  }),

  AdminInitiateAuth: operation(
    "signed",
    request.extend({ UserPoolId: fields.userPoolId }),
    ({ UserPoolId, AuthFlow, ClientId, AuthParameters }, context) => {
      const pool = getPool(context.state, UserPoolId);
      return initiate(context, { pool, client: getClient(pool, ClientId) }, AuthFlow, AuthParameters);
    },
  ),
};

type Parameters = Readonly<Record<string, string>>;

export interface Target {
  readonly pool: UserPool;
  readonly client: AppClient;
}

function initiate(context: Context, target: Target, flow: Flow, parameters: Parameters): AuthAnswer {
  switch (flow) {
    case "USER_SRP_AUTH":
      requireFlow(target.client, "ALLOW_USER_SRP_AUTH", "USER_SRP_AUTH is not enabled for the client.");
      return startSrp(context, target, parameters);
    case "USER_PASSWORD_AUTH":
      requireFlow(target.client, "ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH flow not enabled for this client");
      return takePassword(context, target, parameters);
    case "ADMIN_USER_PASSWORD_AUTH":
    case "ADMIN_NO_SRP_AUTH":
      requireFlow(target.client, "ALLOW_ADMIN_USER_PASSWORD_AUTH", "Auth flow not enabled for this client");
      return takePassword(context, target, parameters);
    case "REFRESH_TOKEN_AUTH":
    case "REFRESH_TOKEN":
      requireFlow(target.client, "ALLOW_REFRESH_TOKEN_AUTH", "REFRESH_TOKEN_AUTH flow not enabled for this client");
      return refreshByFlow(context, target, required(parameters, "REFRESH_TOKEN"), parameters["SECRET_HASH"]);
    case "CUSTOM_AUTH":
      throw invalidParameter("Custom auth lambda trigger is not configured for the user pool.");
    case "USER_AUTH":
      throw invalidParameter("USER_AUTH flow not enabled for this client");
  }
}

function startSrp(context: Context, { pool, client }: Target, parameters: Parameters): AuthAnswer {
  const typed = required(parameters, "USERNAME");
  const A = parsePublicValue(required(parameters, "SRP_A"));
  if (A === undefined) throw invalidParameter("Invalid SRP_A value.");
  const user = findUser(pool, typed);
  checkSecretHash(client, parameters["SECRET_HASH"], names(typed, user));
  if (user === undefined && client.settings.PreventUserExistenceErrors === "LEGACY") throw userNotFound();
  if (user?.enabled === false) throw notAuthorized("User is disabled.");
  const username = user?.username ?? strangerName(pool, typed);
  // Without a password of their own (unknown, or reset by an administrator) a person gets one that nobody knows.
  const verifier = user?.password ?? unknowable(pool, username);
  const exchange = beginExchange(A, verifier);
  const secretBlock = context.sessions.open({
    pool,
    client,
    username,
    typed,
    pending: { challenge: "PASSWORD_VERIFIER", exchange, stranger: user === undefined },
  });
  return {
    ChallengeName: "PASSWORD_VERIFIER",
    ChallengeParameters: {
      USERNAME: username,
      USER_ID_FOR_SRP: username,
      SALT: verifier.salt.toString(16),
      SRP_B: exchange.B.toString(16),
      SECRET_BLOCK: secretBlock,
    },
  };
}

function takePassword(context: Context, target: Target, parameters: Parameters): AuthAnswer {
  const typed = required(parameters, "USERNAME");
  const password = required(parameters, "PASSWORD");
  checkSecretHash(target.client, parameters["SECRET_HASH"], names(typed, findUser(target.pool, typed)));
  return signInByPassword(context, target, typed, password, tokens);
}

/** The first step of everybody who sends a password as it is. @throws NotAuthorizedException, UserNotFoundException, … */
export function signInByPassword<Result>(
  context: Context,
  { pool, client }: Target,
  typed: string,
  password: string,
  finish: Finish<Result>,
): Result | Challenge {
  const user = findUser(pool, typed);
  if (user === undefined) {
    if (client.settings.PreventUserExistenceErrors === "LEGACY") throw userNotFound();
    guarded(context, lockOf(pool, strangerName(pool, typed)), () => false);
    throw wrongPassword();
  }
  if (!user.enabled) throw notAuthorized("User is disabled.");
  // After an administrator's reset there is no password that could be wrong.
  if (user.status !== "RESET_REQUIRED") guarded(context, user.lock, () => hasPassword(pool, user, password));
  return afterPassword(context, { pool, client, typed, user }, finish);
}

/** Counts wrong passwords. @throws NotAuthorizedException when wrong or locked */
export function guarded(context: Context, lock: Lock, isRight: () => boolean): void {
  const now = context.clock.now();
  refuseWhileLocked(lock, now);
  if (!isRight()) {
    countFailure(lock, now);
    throw wrongPassword();
  }
  release(lock);
}

/** The lock of a name, whoever has it: a stranger's behaves like a user's. */
export function lockOf(pool: UserPool, username: string): Lock {
  const lock = pool.users.get(username)?.lock ?? pool.strangers.get(username) ?? openLock();
  if (!pool.users.has(username)) pool.strangers.set(username, lock);
  return lock;
}

export function required(parameters: Parameters, name: string): string {
  const value = parameters[name];
  if (value === undefined || value === "") throw invalidParameter(`Missing required parameter ${name}`);
  return value;
}

/** What SECRET_HASH may be over: the name as typed, or the one that the pool knows. */
export function names(typed: string, user: User | undefined): string[] {
  return user === undefined ? [typed] : [typed, user.username];
}

function requireFlow(client: AppClient, flow: (typeof authFlows)[number], message: string): void {
  if (!client.settings.ExplicitAuthFlows.includes(flow)) throw invalidParameter(message);
}

/** The same salt each time, as a real user would have. */
function unknowable(pool: UserPool, username: string): PasswordVerifier {
  const salt = BigInt(`0x${createHash("sha256").update(`${pool.keys.id.kid}${username}`).digest("hex").slice(0, 32)}`);
  return createVerifier(identityOf(pool, { username }), pool.keys.access.kid, salt);
}
