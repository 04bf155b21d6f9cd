/** Password policy, setting and generating of passwords. */
import { randomInt } from "node:crypto";
import { createVerifier, isPassword } from "../auth/srpVerifier.ts";
import type { Clock } from "../clock.ts";
import { ServiceError } from "../errors.ts";
import type { User, UserPool } from "../model.ts";
import { poolName } from "../userPools/lookup.ts";

// Cognito's set of symbols; a space counts when it neither leads nor trails.
const symbols = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-";
const kinds = [
  { required: "RequireLowercase", pattern: /[a-z]/, name: "lowercase" },
  { required: "RequireUppercase", pattern: /[A-Z]/, name: "uppercase" },
  { required: "RequireNumbers", pattern: /[0-9]/, name: "numeric" },
  { required: "RequireSymbols", pattern: /[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+-]|\S \S/, name: "symbol" },
] as const;

/** @throws InvalidPasswordException that names what is missing */
export function checkPolicy(pool: UserPool, password: string): void {
  const policy = pool.settings.Policies.PasswordPolicy;
  const refuse = (reason: string) =>
    new ServiceError("InvalidPasswordException", `Password did not conform with policy: ${reason}`);
  if (password.length < policy.MinimumLength || password.length > 256) throw refuse("Password not long enough");
  for (const { required, pattern, name } of kinds) {
    if (policy[required] && !pattern.test(password)) throw refuse(`Password must have ${name} characters`);
  }
}

const longestHistory = 24;

/**
 * The current password and those before it, as many as the policy's PasswordHistorySize, can't be set again
 * (https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html). That temporary ones count and the
 * wording are guesses. Where the pool remembers none, the user's past is kept all the same, for when it does.
 * @throws PasswordHistoryPolicyViolationException
 */
export function checkHistory(pool: UserPool, user: User, password: string): void {
  const size = pool.settings.Policies.PasswordPolicy.PasswordHistorySize ?? 0;
  const identity = identityOf(pool, user);
  if (user.passwords.slice(0, size).some((known) => isPassword(identity, password, known))) {
    throw new ServiceError("PasswordHistoryPolicyViolationException", "Password has previously been used.");
  }
}

/** Sets a password that the user keeps. */
export function setPassword(pool: UserPool, user: User, password: string, clock: Clock): void {
  checkPolicy(pool, password);
  user.password = createVerifier(identityOf(pool, user), password);
  user.passwords.unshift(user.password);
  user.passwords.splice(longestHistory);
  user.temporaryUntil = undefined;
  user.status = "CONFIRMED";
  user.modifiedAt = clock.now();
}

/** Sets a password that has to be changed at the first sign-in, within the policy's days (0 stands for 7). */
export function setTemporaryPassword(pool: UserPool, user: User, password: string, clock: Clock): void {
  setPassword(pool, user, password, clock);
  const days = pool.settings.Policies.PasswordPolicy.TemporaryPasswordValidityDays || 7;
  user.temporaryUntil = clock.now() + days * 86_400_000;
  user.status = "FORCE_CHANGE_PASSWORD";
}

export function hasPassword(pool: UserPool, user: User, password: string): boolean {
  return user.password !== undefined && isPassword(identityOf(pool, user), password, user.password);
}

/** What SRP hashes in front of the password. */
export function identityOf(pool: UserPool, user: { readonly username: string }): string {
  return `${poolName(pool)}${user.username}`;
}

/** A random password that every policy takes. */
export function generatePassword(pool: UserPool): string {
  const alphabets = ["abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", symbols];
  const length = Math.max(12, pool.settings.Policies.PasswordPolicy.MinimumLength);
  const pick = (alphabet: string) => alphabet.charAt(randomInt(alphabet.length));
  const rest = Array.from({ length: length - alphabets.length }, () => pick(alphabets.join("")));
  return [...alphabets.map(pick), ...rest].join("");
}
