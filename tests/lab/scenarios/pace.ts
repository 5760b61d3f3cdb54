// At what pace people act in a scenario: as fast as Asterisk can, so that tests are quick, and yet like people. Called by
// `stage.ts`.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '../person.ts';

interface Pace {
  /** after each thing done; 0: none */
  readonly pauseMs: number;
  /** waited for before the receiver is lifted */
  readonly beforeAnswer?: () => Promise<void>;
}

/** A person who does not lift the receiver within the same millisecond, and may stop to think after each thing done. */
export function humanly<T extends Person>(person: T, { pauseMs, beforeAnswer }: Pace): T {
  return new Proxy(person, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const act = (parameters: unknown[]): unknown => Reflect.apply(value, target, parameters);
      return (...parameters: unknown[]): unknown => {
        const done =
          name === 'answers' && beforeAnswer ? beforeAnswer().then(() => act(parameters)) : act(parameters);
        if (!(done instanceof Promise) || pauseMs === 0) return done;
        return done.then(async (result: unknown) => {
          await sleep(pauseMs);
          return result;
        });
      };
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}
