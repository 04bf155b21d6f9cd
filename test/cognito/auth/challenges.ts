/** What is asked after the password: a new one, then the second factor. */
import { randomUUID } from "node:crypto";
import { ServiceError } from "../errors.ts";
import type { AppClient, User, UserPool } from "../model.ts";
import type { Context } from "../operation.ts";
import type { Pending, Session } from "./sessions.ts";
import { type AuthenticationResult, signIn } from "./tokens.ts";

export interface Challenge {
  readonly ChallengeName: Pending["challenge"];
  readonly ChallengeParameters: Readonly<Record<string, string>>;
  readonly Session?: string;
}

export interface TokenAnswer {
  readonly AuthenticationResult: AuthenticationResult;
  readonly ChallengeParameters: Record<string, never>;
}

export type AuthAnswer = TokenAnswer | Challenge;

/** What a sign-in ends with once nothing more is asked: tokens at the API, a code at managed login. */
export type Finish<Result> = (context: Context, pool: UserPool, client: AppClient, user: User) => Result;

type Person = Pick<Session, "pool" | "client" | "typed"> & { readonly user: User };

/** The next challenge of somebody whose password is right, or what the sign-in ends with. */
export function afterPassword<Result>(context: Context, person: Person, finish: Finish<Result>): Result | Challenge {
  const { user } = person;
  if (user.status === "RESET_REQUIRED") {
    throw new ServiceError("PasswordResetRequiredException", "Password reset required for the user");
  }
  if (user.status === "UNCONFIRMED") throw new ServiceError("UserNotConfirmedException", "User is not confirmed.");
  if (user.status === "FORCE_CHANGE_PASSWORD") {
    if (context.clock.now() >= (user.temporaryUntil ?? Infinity)) {
      throw new ServiceError(
        "NotAuthorizedException",
        "Temporary password has expired and must be reset by an administrator.",
      );
    }
    return challenge(
      context,
      person,
      { challenge: "NEW_PASSWORD_REQUIRED" },
      {
        requiredAttributes: JSON.stringify(
          missingAttributes(person.pool, user).map((name) => `userAttributes.${name}`),
        ),
        userAttributes: JSON.stringify(Object.fromEntries([...user.attributes].filter(([name]) => name !== "sub"))),
      },
    );
  }
  return secondFactor(context, person, finish);
}

/** The second factor that the pool wants, or what the sign-in ends with. */
export function secondFactor<Result>(context: Context, person: Person, finish: Finish<Result>): Result | Challenge {
  const { pool, user } = person;
  const mode = pool.settings.MfaConfiguration;
  if (mode !== "OFF" && user.softwareToken !== undefined && (mode === "ON" || user.softwareTokenEnabled)) {
    return challenge(context, person, { challenge: "SOFTWARE_TOKEN_MFA" }, { FRIENDLY_DEVICE_NAME: "TOTP device" });
  }
  if (mode === "ON") {
    return challenge(context, person, { challenge: "MFA_SETUP" }, { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' });
  }
  return finish(context, pool, person.client, user);
}

export function tokens(context: Context, pool: UserPool, client: AppClient, user: User): TokenAnswer {
  return { AuthenticationResult: signIn(context, pool, client, user), ChallengeParameters: {} };
}

/** Required attributes that the user has no value for. */
export function missingAttributes(pool: UserPool, user: User): string[] {
  return pool.settings.Schema.filter(({ Name, Required }) => Required && !user.attributes.has(Name)).map(
    ({ Name }) => Name,
  );
}

function challenge(
  { sessions }: Context,
  { pool, client, typed, user }: Person,
  pending: Pending,
  parameters: Readonly<Record<string, string>>,
): Challenge {
  return {
    ChallengeName: pending.challenge,
    ChallengeParameters: { USER_ID_FOR_SRP: user.username, ...parameters },
    Session: sessions.open({ pool, client, username: user.username, typed, pending }),
  };
}

/** A user name for somebody who does not exist, always the same for the same name, as Cognito makes one up. */
export function strangerName(pool: UserPool, typed: string): string {
  if ((pool.settings.UsernameAttributes?.length ?? 0) === 0) return typed;
  const known = strangerNames.get(pool) ?? new Map<string, string>();
  strangerNames.set(pool, known);
  const name = known.get(typed) ?? randomUUID();
  known.set(typed, name);
  return name;
}

const strangerNames = new WeakMap<UserPool, Map<string, string>>();
