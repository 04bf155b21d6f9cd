/** The session's timer: it looks at the clock every few seconds, so that a machine that slept, or whose clock was set, is noticed. */
import { clockJump, jumpTolerance, longestTick } from "../core/credentials/schedule.ts";
import type { Log } from "../core/log.ts";
import type { Clock } from "./clock.ts";

export interface RenewalTimerDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** The time has come. `jumped`: the clock ran away, so what failed before says nothing about now. */
  readonly onDue: (jumped: boolean) => void;
  /** The clock jumped, but the time has not come. */
  readonly onJump: () => void;
  /** Whether any jump is reason enough. */
  readonly impatient: () => boolean;
}

export interface RenewalTimer {
  /** Runs until `dueAt`, milliseconds since the epoch. */
  set(dueAt: number): void;
  /** Whether the time that was set last is over. */
  isDue(): boolean;
  cancel(): void;
  /** Compares with the clock as it is now from here on: for a session that begins. */
  synchronize(): void;
  /** Runs never again. */
  end(): void;
}

export function createRenewalTimer(deps: RenewalTimerDependencies): RenewalTimer {
  const { clock } = deps;
  const read = () => ({ wall: clock.now(), monotonic: clock.monotonic() });
  let reading = read();
  let dueAt = 0;
  let cancel = (): void => {};
  let over = false;

  const wait = (): void => {
    cancel();
    if (over) return;
    cancel = clock.after(Math.min(longestTick, Math.max(0, dueAt - clock.now())), tick);
  };

  const tick = (): void => {
    const now = read();
    const jump = clockJump(reading, now);
    reading = now;
    const jumped = Math.abs(jump) > jumpTolerance;
    if (jumped) deps.log.info(`session: the clock jumped by ${Math.round(jump / 1000)} s`);
    // Set back, the clock makes everything look younger than it is; after a sleep the network may be there again.
    if (now.wall >= dueAt || (jumped && (deps.impatient() || jump < 0))) {
      deps.onDue(jumped);
      return;
    }
    if (jumped) deps.onJump();
    wait();
  };

  return {
    set(time) {
      dueAt = time;
      wait();
    },
    isDue: () => clock.now() >= dueAt,
    cancel: () => cancel(),
    synchronize() {
      reading = read();
    },
    end() {
      over = true;
      cancel();
    },
  };
}
