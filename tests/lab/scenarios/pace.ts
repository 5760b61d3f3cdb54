// At what pace people act in a scenario: as fast as Asterisk can, so that tests are quick, and yet like people. Called by
// `stage.ts`.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '../person.ts';

interface Pace {
  /** after each thing done; 0: none */
  readonly pauseMs: number;
  /** waited for between the ring and the lifting of the receiver */
  readonly beforeAnswer?: () => Promise<void>;
}

/** A person who does not lift the receiver within the same millisecond, and may stop to think after each thing done. */
export function humanly<T extends Person>(person: T, { pauseMs, beforeAnswer }: Pace): T {
  return new Proxy(person, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const act = (parameters: unknown[]): unknown => Reflect.apply(value, target, parameters);
      const answers = async (given: unknown): Promise<unknown> => {
        const call = given ?? (await target.rings());
        await beforeAnswer?.();
        return act([call]);
      };
      return (...parameters: unknown[]): unknown => {
        const done = name === 'answers' && beforeAnswer ? answers(parameters[0]) : act(parameters);
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
