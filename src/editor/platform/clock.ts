import type { Disposable } from "vscode";

/** Time as the views need it; tests pass one that they turn by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back every so many milliseconds until disposed of. */
  every(milliseconds: number, call: () => void): Disposable;
}

export const systemClock: Clock = {
  now: Date.now,
  every(milliseconds, call) {
    const timer = setInterval(call, milliseconds);
    return { dispose: () => clearInterval(timer) };
  },
};
