import type { Clock } from "../../src/agent/clock.ts";

/** Time that stands still until a test moves it. */
export class FakeClock implements Clock {
  wall = Date.UTC(2026, 0, 1, 9);
  elapsed = 0;
  readonly #timers = new Set<{ at: number; call: () => void }>();

  now = (): number => this.wall;
  monotonic = (): number => this.elapsed;

  after = (milliseconds: number, call: () => void): (() => void) => {
    const timer = { at: this.elapsed + milliseconds, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  /** Lets time pass, with every timer on the way, each with what it sets off (promises included). */
  async advance(milliseconds: number): Promise<void> {
    const end = this.elapsed + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#move(next.at);
      next.call();
      await settle();
    }
    this.#move(end);
    await settle();
  }

  /** The machine sleeps: timers and the monotonic clock stand still. Also for a clock that is set. */
  sleep(milliseconds: number): void {
    this.wall += milliseconds;
  }

  #move(elapsed: number): void {
    const by = Math.max(0, elapsed - this.elapsed);
    this.elapsed += by;
    this.wall += by;
  }
}

/** Lets everything that is already decided happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
