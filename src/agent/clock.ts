/** Time as the session sees it: replaced in tests. */
export interface Clock {
  /** Milliseconds since the epoch: jumps when it is set, or when the machine slept. */
  now(): number;
  /** Milliseconds that never jump. */
  monotonic(): number;
  /** Calls once after that many milliseconds; answers how to cancel. Does not keep the process alive. */
  after(milliseconds: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
