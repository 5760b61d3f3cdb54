// Leaves a source alone that fails again and again, and tries it now and then with one question. Pure; `directory.ts` has one
// for each source.
//
//   state     asked?                  a fault                      a good answer
//   closed    yes                     the fifth in a row: open     closed
//   open      not before its time     –                            –
//   trial     one question only       open, for longer             closed
import { pauseMs } from '../../shared/back-off.ts';

const FAULTS_IN_A_ROW = 5;
const FIRST_PAUSE_MS = 4_000;
const LAST_PAUSE_MS = 60_000;

export type BreakerState = 'closed' | 'open' | 'trial';

/** `now` runs evenly, in milliseconds; `random` is in [0, 1). */
export function createBreaker(now: () => number, random: () => number) {
  let state: BreakerState = 'closed';
  let faults = 0;
  let outageBeganAt = 0;
  let openUntil = 0;
  return {
    state: (): BreakerState => state,
    /** Whether `allows` would say no now. */
    rests: (): boolean => state === 'trial' || (state === 'open' && now() < openUntil),
    /** Whether the source may be asked now; if so, `done` must follow. */
    allows(): boolean {
      if (state === 'open' && now() >= openUntil) {
        state = 'trial';
        return true;
      }
      return state === 'closed';
    },
    done(isWell: boolean): void {
      if (isWell) {
        [state, faults] = ['closed', 0];
        return;
      }
      if (faults === 0) outageBeganAt = now();
      faults += 1;
      if (state === 'closed' && faults < FAULTS_IN_A_ROW) return;
      state = 'open';
      const outageMs = now() - outageBeganAt;
      // Not at once, as nothing is gained by that; by chance, as several relays may ask the same database.
      openUntil =
        now() +
        FIRST_PAUSE_MS / 4 +
        pauseMs({ outageMs, firstMs: FIRST_PAUSE_MS, lastMs: LAST_PAUSE_MS, random: random() });
    },
  };
}
