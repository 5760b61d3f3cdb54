// Waiting for something to have really happened, never for time to pass: a `Bell` is rung at every change and each waiter looks again.
// Used by all of the lab; a wait that does not come true in time fails with what was awaited and what was seen instead.

export class LateError extends Error {
  override name = 'LateError';
}

export interface Wait {
  /** finishes the sentence "… has not happened", e.g. `101 rings` */
  readonly what: string;
  readonly deadlineMs?: number;
  /** tells what was seen instead; put below the error's message */
  readonly story?: () => string;
}

export const DEFAULT_DEADLINE_MS = 5_000;

/** Wakes all who wait for a change of one thing. */
export class Bell {
  readonly #waiters = new Set<() => void>();

  ring(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /**
   * Waits until `look` gives something other than undefined, null or false, and gives that.
   * @throws LateError after the deadline
   */
  until<T>(look: () => T | undefined | null | false, wait: Wait): Promise<T> {
    const { what, deadlineMs = DEFAULT_DEADLINE_MS, story } = wait;
    // Made here, so that its stack names the line of the scenario that waited.
    const late = new LateError(`${what}: this did not happen within ${deadlineMs} ms`);
    return new Promise<T>((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        act();
      };
      const check = () => {
        try {
          const seen = look();
          if (seen !== undefined && seen !== null && seen !== false) settle(() => resolve(seen));
        } catch (error) {
          settle(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
      const timer = setTimeout(() => {
        if (story) late.message += `\n${story()}`;
        settle(() => reject(late));
      }, deadlineMs);
      this.#waiters.add(check);
      check();
    });
  }
}

/** Milliseconds since 1970 with a fraction, on the clock that never jumps: all times of the lab are comparable within one process. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
