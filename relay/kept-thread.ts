// A thread for work that waits for the disk: started again some time after it has died, and ended within a deadline. Shell;
// `journal/journal.ts` and `pairing/disk.ts` have one each, and pass again what a dead one had not written.
import { Worker } from 'node:worker_threads';

const STOP_DEADLINE_MS = 2_000;
const AGAIN_AFTER_MS = 5_000;

export type KeptThread<Asked> = {
  /** Nothing is heard by a thread that is dead. */
  readonly isAlive: boolean;
  post(asked: Asked): void;
  /** `last` tells it to end. */
  stop(last: Asked): Promise<void>;
};

export type KeptThreadOptions<Told> = {
  script: URL;
  /** What the script reads as its `workerData`. */
  data: unknown;
  onTold(told: Told): void;
  onFault(message: string): void;
  /** Again, after it had died. */
  onBegun(): void;
  onEnded?(): void;
  againAfterMs?: number;
};

export function keepThread<Asked, Told>(options: KeptThreadOptions<Told>): KeptThread<Asked> {
  let thread: Worker | null = null;
  let isStopping = false;
  const start = (): void => {
    // [Node 24: node:sqlite is a release candidate, and says so on standard error]
    const started = new Worker(options.script, {
      workerData: options.data,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    thread = started;
    started.on('message', (told: Told) => options.onTold(told));
    started.on('error', (error: Error) => options.onFault(error.message));
    started.on('exit', () => {
      thread = null;
      options.onEnded?.();
      if (!isStopping) setTimeout(begin, options.againAfterMs ?? AGAIN_AFTER_MS).unref();
    });
  };
  const begin = (): void => {
    start();
    options.onBegun();
  };
  start();
  return {
    get isAlive() {
      return thread !== null;
    },
    post: (asked) => thread?.postMessage(asked),
    stop: async (last) => {
      isStopping = true;
      const ending = thread;
      if (!ending) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ending.postMessage(last);
      const deadline = setTimeout(() => void ending.terminate(), STOP_DEADLINE_MS);
      await ended;
      clearTimeout(deadline);
    },
  };
}
