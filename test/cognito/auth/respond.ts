/** RespondToAuthChallenge: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html */
import { z } from "zod";
import { invalidParameter, notAuthorized, ServiceError, userNotFound, wrongPassword } from "../errors.ts";
import type { User, UserPool } from "../model.ts";
import { type Context, fields, type Operations, operation } from "../operation.ts";
import { checkChangedAttributes } from "../userPools/attributes.ts";
import { findUser, getClient, getClientAndPool, getPool } from "../userPools/lookup.ts";
import { checkHistory, checkPolicy, identityOf, setPassword } from "../users/password.ts";
import {
  type AuthAnswer,
  afterPassword,
  type Challenge,
  type Finish,
  missingAttributes,
  secondFactor,
  tokens,
} from "./challenges.ts";
import { guarded, lockOf, names, required, type Target } from "./initiate.ts";
import { checkSecretHash } from "./secretHash.ts";
import type { Session } from "./sessions.ts";
import { acceptCode } from "./softwareToken.ts";
import { provesPassword } from "./srpVerifier.ts";

/** All that the API knows; those that the emulator never asks are answered like any other that is not pending. */
const challengeNames = [
  "SMS_MFA",
  "EMAIL_OTP",
  "SOFTWARE_TOKEN_MFA",
  "SELECT_MFA_TYPE",
  "MFA_SETUP",
  "PASSWORD_VERIFIER",
  "CUSTOM_CHALLENGE",
  "SELECT_CHALLENGE",
  "DEVICE_SRP_AUTH",
  "DEVICE_PASSWORD_VERIFIER",
  "ADMIN_NO_SRP_AUTH",
  "NEW_PASSWORD_REQUIRED",
  "SMS_OTP",
  "PASSWORD",
  "WEB_AUTHN",
  "PASSWORD_SRP",
] as const;

const request = z.object({
  ChallengeName: z.enum(challengeNames),
  ClientId: fields.clientId,
  Session: z.string().min(20).max(2048).optional(),
  ChallengeResponses: z.record(z.string(), z.string()).default({}),
});

export const respondOperations: Operations = {
  RespondToAuthChallenge: operation("public", request, (body, context) =>
    respond(context, getClientAndPool(context.state, body.ClientId), body),
  ),

  AdminRespondToAuthChallenge: operation(
    "signed",
    request.extend({ UserPoolId: fields.userPoolId }),
    (body, context) => {
      const pool = getPool(context.state, body.UserPoolId);
      return respond(context, { pool, client: getClient(pool, body.ClientId) }, body);
    },
  ),
};

type Responses = Readonly<Record<string, string>>;

function respond(
  context: Context,
  target: Target,
  { ChallengeName, Session: token, ChallengeResponses: responses }: z.output<typeof request>,
): AuthAnswer {
  const typed = required(responses, "USERNAME");
  checkSecretHash(target.client, responses["SECRET_HASH"], names(typed, findUser(target.pool, typed)));
  if (ChallengeName === "PASSWORD_VERIFIER") return verifyPassword(context, target, typed, responses);
  if (token === undefined) throw invalidParameter("Missing required parameter Session");
  return answerChallenge(context, target, { challenge: ChallengeName, session: token, typed, responses }, tokens);
}

export interface ChallengeAnswer {
  readonly challenge: string;
  /** The session string that the challenge came with. */
  readonly session: string;
  /** The name that was typed. */
  readonly typed: string;
  /** ChallengeResponses of RespondToAuthChallenge, by name. */
  readonly responses: Responses;
}

/** Takes the answer to every challenge but SRP's. @throws what RespondToAuthChallenge answers */
export function answerChallenge<Result>(
  context: Context,
  target: Target,
  { challenge, session: token, typed, responses }: ChallengeAnswer,
  finish: Finish<Result>,
): Result | Challenge {
  const session = context.sessions.peek(token);
  const user = session.pool.users.get(session.username);
  if (user === undefined) throw userNotFound();
  if (!belongs(session, target, typed) || session.pending.challenge !== challenge) {
    throw notAuthorized("Invalid session for the user.");
  }
  if (!user.enabled) throw notAuthorized("User is disabled.");
  const person = { pool: target.pool, client: target.client, typed: session.typed, user };
  switch (session.pending.challenge) {
    case "NEW_PASSWORD_REQUIRED":
      changePassword(context, target.pool, user, responses);
      context.sessions.close(session);
      return secondFactor(context, person, finish);
    case "SOFTWARE_TOKEN_MFA":
      acceptCode(user, required(responses, "SOFTWARE_TOKEN_MFA_CODE"), context.clock.now());
      context.sessions.close(session);
      return finish(context, target.pool, target.client, user);
    case "MFA_SETUP":
      if (!session.pending.verified) throw invalidParameter("User has not verified software token mfa");
      context.sessions.close(session);
      return finish(context, target.pool, target.client, user);
    case "PASSWORD_VERIFIER":
      throw notAuthorized("Invalid session for the user.");
  }
}

function verifyPassword(context: Context, target: Target, typed: string, responses: Responses): AuthAnswer {
  const secretBlock = required(responses, "PASSWORD_CLAIM_SECRET_BLOCK");
  const signature = required(responses, "PASSWORD_CLAIM_SIGNATURE");
  const { timestamp, time } = readTimestamp(required(responses, "TIMESTAMP"));
  const session = context.sessions.peek(secretBlock);
  const { pending, pool, client } = session;
  if (pending.challenge !== "PASSWORD_VERIFIER" || !belongs(session, target, typed)) throw wrongPassword();
  // One guess for each exchange.
  context.sessions.close(session);
  const user = pool.users.get(session.username);
  const identity = identityOf(pool, { username: session.username });
  if (user?.status !== "RESET_REQUIRED") {
    guarded(context, lockOf(pool, session.username), () => {
      const verifier = pending.stranger ? undefined : user?.password;
      return (
        verifier !== undefined &&
        Math.abs(time - context.clock.now()) <= timestampTolerance &&
        provesPassword(pending.exchange, verifier, { identity, secretBlock, timestamp, signature })
      );
    });
  }
  if (user === undefined) throw wrongPassword();
  if (!user.enabled) throw notAuthorized("User is disabled.");
  return afterPassword(context, { pool, client, typed: session.typed, user }, tokens);
}

/**
 * Cognito takes a proof only when its time is near Cognito's own ("the date needs to be within a certain time interval of the
 * server date to be able to authenticate", a maintainer in https://github.com/amazon-archives/amazon-cognito-identity-js/issues/58,
 * where the answer to a wrong date is that of a wrong password). How near is not documented: five minutes, in milliseconds, is what a
 * user saw (https://github.com/amazon-archives/amazon-cognito-auth-js/issues/199). That it counts for the lock-out is a guess.
 */
const timestampTolerance = 5 * 60_000;

/**
 * Cognito reads the time and signs it as it would write it itself: a leading zero in the day, or another day's name, makes the
 * proof a wrong one.
 */
function readTimestamp(text: string): { readonly timestamp: string; readonly time: number } {
  const [, month, day, time, year] =
    /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d\d:\d\d:\d\d) UTC (\d{4})$/.exec(text) ?? [];
  const read = new Date(`${day} ${month} ${year} ${time} UTC`);
  if (Number.isNaN(read.getTime())) {
    throw invalidParameter("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.");
  }
  const [weekday, dayOfMonth, ...rest] = read.toUTCString().replace(",", "").split(" ");
  return { timestamp: `${weekday} ${rest[0]} ${Number(dayOfMonth)} ${rest[2]} UTC ${rest[1]}`, time: read.getTime() };
}

function changePassword(context: Context, pool: UserPool, user: User, responses: Responses): void {
  const given = Object.entries(responses)
    .filter(([name]) => name.startsWith("userAttributes."))
    .map(([name, value]) => [name.slice("userAttributes.".length), value] as const);
  const missing = missingAttributes(pool, user).filter((name) => !given.some(([own]) => own === name));
  if (missing.length > 0) {
    throw invalidParameter(`Invalid attributes given, ${missing[0]} is missing`);
  }
  if (given.some(([name]) => name === "email" && user.attributes.has("email"))) {
    throw new ServiceError("NotAuthorizedException", "Cannot modify an already provided email");
  }
  checkChangedAttributes(
    pool,
    given.map(([name]) => name),
  );
  const password = required(responses, "NEW_PASSWORD");
  checkPolicy(pool, password);
  checkHistory(pool, user, password);
  setPassword(pool, user, password, context.clock);
  for (const [name, value] of given) user.attributes.set(name, value);
}

function belongs(session: Session, target: Target, typed: string): boolean {
  const same = (name: string) => name.toLowerCase() === typed.toLowerCase();
  return (
    session.client === target.client &&
    (same(session.username) || same(session.typed) || findUser(target.pool, typed)?.username === session.username)
  );
}
