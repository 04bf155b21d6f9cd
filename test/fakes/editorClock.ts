import type { Clock } from "../../src/editor/platform/clock.ts";

/** Time that a test turns by hand. */
export class EditorClock implements Clock {
  time = 1_000_000;
  readonly #timers = new Set<{ every: number; next: number; call: () => void }>();

  now(): number {
    return this.time;
  }

  every(milliseconds: number, call: () => void): { dispose(): void } {
    const timer = { every: milliseconds, next: this.time + milliseconds, call };
    this.#timers.add(timer);
    return { dispose: () => void this.#timers.delete(timer) };
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass, one second after the other. */
  pass(milliseconds: number): void {
    for (const end = this.time + milliseconds; this.time < end; ) {
      this.time = Math.min(end, this.time + 1000);
      for (const timer of [...this.#timers]) {
        if (timer.next > this.time) continue;
        timer.next += timer.every;
        timer.call();
      }
    }
  }
}
