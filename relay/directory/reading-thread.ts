// A thread for one reading: begun with its task, ended with its outcome, by its deadline at the latest. Shell; lists in memory
// are read so, as a million rows keep a processor busy for seconds.
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { SourceFault } from './fault.ts';

/** What the script posts first. Rejects with a SourceFault where it fails, is too slow, or `signal` ends it. */
export function readInThread<Outcome>(
  script: URL,
  task: unknown,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(script, {
      workerData: task,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const end = (): void => void thread.terminate(); // whatever a driver still holds open
    const timer = setTimeout(() => {
      reject(new SourceFault('directory.timeout', `it was not read within ${deadlineMs / 60_000} minutes`));
      end();
    }, deadlineMs).unref();
    signal?.addEventListener('abort', end, { once: true });
    thread.on('message', (outcome: Outcome) => {
      resolve(outcome);
      end();
    });
    thread.on('error', (error: Error) => reject(new SourceFault('directory.bad-answer', error.message)));
    thread.on('exit', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      reject(new SourceFault('directory.bad-answer', 'its thread ended'));
    });
  });
}

const START_WAITS_MS = 3_000;

/** Whoever starts has the names of a list from the first call on; but rings without names are better than none. */
export const beforeStart = (reading: Promise<unknown>): Promise<unknown> =>
  Promise.race([reading, sleep(START_WAITS_MS, undefined, { ref: false })]);
