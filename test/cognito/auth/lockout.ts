/**
 * Cognito's lock-out after wrong passwords: from the fifth on the user is locked for 2^(n-5) s, at most about 15 minutes. Attempts
 * during the lock do not count. A sign-in that succeeds, or 15 quiet minutes after a lock, start again from nothing.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html (Lockout behavior)
 */
import { notAuthorized } from "../errors.ts";

const longest = 15 * 60_000;

export interface Lock {
  failures: number;
  /** Milliseconds since 1970. */
  lockedUntil: number;
}

export const openLock = (): Lock => ({ failures: 0, lockedUntil: 0 });

/** @throws NotAuthorizedException while locked */
export function refuseWhileLocked(lock: Lock, now: number): void {
  if (now < lock.lockedUntil) throw notAuthorized("Password attempts exceeded");
  if (lock.lockedUntil > 0 && now > lock.lockedUntil + longest) release(lock);
}

export function countFailure(lock: Lock, now: number): void {
  lock.failures += 1;
  if (lock.failures >= 5) lock.lockedUntil = now + Math.min(1000 * 2 ** (lock.failures - 5), longest);
}

export function release(lock: Lock): void {
  lock.failures = 0;
  lock.lockedUntil = 0;
}
