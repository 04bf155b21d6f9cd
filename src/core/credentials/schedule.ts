/** When to renew: pure functions of the time. All times are milliseconds; `random` answers 0 to 1. */

const minute = 60_000;

/** The SDKs ask again from 15 minutes before the end (botocore, Java): renewed at 20, they never see that. */
export const renewBefore = 20 * minute;

/**
 * When credentials that end at `expiresAt` are to be renewed: 20 minutes before, up to one minute earlier so that a fleet that was
 * started together doesn't ask together. Credentials that live shorter than 40 minutes are renewed at half their time.
 */
export function renewalTime(obtainedAt: number, expiresAt: number, random: () => number): number {
  const lifetime = Math.max(0, expiresAt - obtainedAt);
  const before = Math.min(renewBefore, lifetime / 2);
  const jitter = random() * Math.min(minute, lifetime / 60);
  return expiresAt - before - jitter;
}

/**
 * How long to wait after a failure: 2, 4, 8 … seconds up to 5 minutes, each shortened by up to a half at random. `attempt` counts from
 * 0. While keys are running out it is a tenth of the time left at most (but 5 s), so that there are tries until the end.
 */
export function retryDelay(attempt: number, timeLeft: number, random: () => number): number {
  const full = Math.min(5 * minute, 2000 * 2 ** Math.min(attempt, 20));
  const delay = full * (1 - random() / 2);
  return timeLeft > 0 ? Math.min(delay, Math.max(5000, timeLeft / 10)) : delay;
}

export interface ClockReading {
  /** Date.now(). */
  readonly wall: number;
  /** performance.now(): stands still while the machine sleeps (CLOCK_MONOTONIC), and nobody sets it. */
  readonly monotonic: number;
}

/** By how much the wall clock ran away from the monotonic one between two readings: the time slept, or by how much it was set. */
export function clockJump(before: ClockReading, after: ClockReading): number {
  return after.wall - before.wall - (after.monotonic - before.monotonic);
}

/** Smaller differences are a clock that is being slewed, or a busy machine. */
export const jumpTolerance = 10_000;

/** Longest sleep of the timer: after waking up, the machine's clock is looked at within this time. */
export const longestTick = 15_000;
