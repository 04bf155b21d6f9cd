/**
 * Cognito's time, measured from the Date header of its answers. A machine whose clock is wrong is refused by Cognito as if its
 * password were wrong (SRP's TIMESTAMP has to be "within a certain time interval of the server date":
 * https://github.com/amazon-archives/amazon-cognito-identity-js/issues/58; the interval is not documented, users speak of five
 * minutes), and would take good tokens for expired ones: with Cognito's own time both work, and the offset can be told.
 */
export interface CognitoClock {
  /** This machine's time, milliseconds since the epoch. */
  local(): number;
  /** Cognito's time, as far as it is known, milliseconds since the epoch. */
  cognito(): number;
  /** A moment of Cognito's time in this machine's. */
  toLocal(milliseconds: number): number;
  /** This machine minus Cognito, in seconds (positive: this machine is ahead); undefined before the first answer. */
  offsetSeconds(): number | undefined;
  /** `sent` and `received` are `local()` before and after the request. */
  observe(dateHeader: string | undefined, sent: number, received: number): void;
}

/** Date headers count whole seconds: below this an offset can't be told from none. */
const resolution = 2_000;

export function createClock(now: () => number = Date.now): CognitoClock {
  let offset: number | undefined;
  return {
    local: now,
    cognito: () => now() - (offset ?? 0),
    toLocal: (milliseconds) => milliseconds + (offset ?? 0),
    offsetSeconds: () => (offset === undefined ? undefined : Math.round(offset / 1000)),
    observe(dateHeader, sent, received) {
      const date = Date.parse(dateHeader ?? "");
      if (Number.isNaN(date)) return;
      // A header's second began up to a second ago: half a second on average.
      const measured = (sent + received) / 2 - (date + 500);
      offset = Math.abs(measured) < resolution ? 0 : measured;
    },
  };
}
