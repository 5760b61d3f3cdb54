// Waiting with a deadline: for a promise, and for something that can only be looked at again and again (a page, a
// folder). Both say what was waited for when the time is up. Called by the whole browser harness.
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 40;

/** `promise`, or an error after `ms` that tells what was waited for (a function: asked only when it is too late). */
export async function within<T>(ms: number, what: string | (() => string), promise: Promise<T>): Promise<T> {
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => {
    timer.reject(new Error(`waited ${ms} ms for ${typeof what === 'string' ? what : what()}`));
  }, ms);
  try {
    return await Promise.race([promise, timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

/**
 * The first value that `look` returns and that is not undefined. An error of `look` counts as "not yet" and is told if
 * the time runs out: pages come and go while they are looked at.
 */
export async function until<T>(
  ms: number,
  what: string | (() => string),
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = performance.now() + ms;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await within(Math.max(deadline - performance.now(), 1), what, Promise.resolve(look()));
      if (value !== undefined) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${ms} ms for ${typeof what === 'string' ? what : what()}`, {
        cause: lastError,
      });
    }
    await pause(LOOK_EVERY_MS);
  }
}
