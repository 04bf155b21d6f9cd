/**
 * One direction of a slow link as data: a first-in-first-out bottleneck of a fixed rate, then a fixed delay, shared by every
 * connection over it. Nothing is lost and there is no slow start, so a real link of the same figures is slower.
 */
export interface Direction {
  /** Takes bytes to be handed over once they would have arrived; each call comes after those of earlier calls. */
  send(bytes: number, deliver: () => void): void;
  stop(): void;
}

export interface DirectionOptions {
  /** Of the link in this direction, milliseconds. */
  readonly delayMs: number;
  /** 10⁶ bit/s. */
  readonly megabits: number;
}

export function createDirection({ delayMs, megabits }: DirectionOptions): Direction {
  const bytesPerMs = (megabits * 1e6) / 8 / 1000;
  const queue: { readonly at: number; readonly deliver: () => void }[] = [];
  /** When the bottleneck has sent everything that it was given. */
  let sentAt = 0;
  let timer: NodeJS.Timeout | undefined;

  const deliverDue = (): void => {
    timer = undefined;
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const wait = next.at - performance.now();
      if (wait > 0) {
        timer = setTimeout(deliverDue, wait);
        return;
      }
      queue.shift();
      next.deliver();
    }
  };
  return {
    send(bytes, deliver) {
      sentAt = Math.max(sentAt, performance.now()) + bytes / bytesPerMs;
      queue.push({ at: sentAt + delayMs, deliver });
      timer ??= setTimeout(deliverDue, Math.max(0, sentAt + delayMs - performance.now()));
    },
    stop() {
      clearTimeout(timer);
      queue.length = 0;
    },
  };
}
