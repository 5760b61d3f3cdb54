// Waiting for something to become true, with a deadline and a sentence that says what did not.
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 2;

/** Resolves when `isTrue` is; rejects after `deadlineMs` with what `complaint` says then. */
export async function waitFor(
  isTrue: () => boolean,
  deadlineMs: number,
  complaint: () => string,
): Promise<void> {
  const giveUpAt = performance.now() + deadlineMs;
  while (!isTrue()) {
    if (performance.now() > giveUpAt) throw new Error(complaint());
    await sleep(LOOK_EVERY_MS);
  }
}
