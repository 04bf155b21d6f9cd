import type { Clock } from "./clock.ts";

/** Work that must not overlap, one after the other. */
export interface Turns {
  /** Begins when everything before has ended, however it ended. */
  take<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when everything that was begun so far has ended, or after `patience` milliseconds. */
  ended(patience: number, clock: Clock): Promise<void>;
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    take(work) {
      const result = last.then(work);
      last = result.catch(() => {});
      return result;
    },
    ended: (patience, clock) =>
      new Promise((resolve) => {
        const giveUp = clock.after(patience, resolve);
        last.then(() => {
          giveUp();
          resolve();
        });
      }),
  };
}
