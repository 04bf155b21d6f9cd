/** The emulator's clock: every expiry, every TOTP step and the Date header follow it. It only moves forward. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Seconds since 1970, whole. */
  seconds(): number;
  advance(seconds: number): void;
}

export function createClock(base: () => number = Date.now): Clock {
  let offset = 0;
  const now = () => base() + offset;
  return {
    now,
    seconds: () => Math.floor(now() / 1000),
    advance(seconds) {
      offset += seconds * 1000;
    },
  };
}
