// The one thread in which journal and pairing wait for the disk, so that no ring does: one for both, as each costs 10 MB. It is
// begun again some time after it has died, and each of them is ended within a deadline. Shell; `serve.ts` makes it,
// `journal/journal.ts` and `pairing/disk.ts` have their keeper in it, and pass again what a dead one had not written.
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { FromThread, ToThread } from './disk-thread-script.ts';

const SCRIPT = new URL('./disk-thread-script.ts', import.meta.url);
const STOP_DEADLINE_MS = 2_000;
const AGAIN_AFTER_MS = 5_000;

export type Kept<Asked> = {
  /** Nothing is heard by a thread that is dead. */
  readonly isAlive: boolean;
  post(asked: Asked): void;
  /** `last` tells the keeper to end. */
  stop(last: Asked): Promise<void>;
};

export type KeptOptions<Told> = {
  /** The file whose `createKeeper` is called in the thread, with `data`, the clock and whom to tell. */
  keeper: URL;
  data: object;
  onTold(told: Told): void;
  onFault(message: string): void;
  /** Again, after it had died. */
  onBegun(): void;
  onEnded?(): void;
};

export type DiskThread = {
  keep<Asked, Told>(options: KeptOptions<Told>): Kept<Asked>;
};

export function createDiskThread(againAfterMs = AGAIN_AFTER_MS): DiskThread {
  type Place = KeptOptions<unknown> & { onOver(): void };
  const places = new Map<number, Place>();
  let thread: Worker | null = null;
  let lastId = 0;

  const post = (message: ToThread): void => thread?.postMessage(message);
  const start = (): void => {
    // [Node 24: node:sqlite is a release candidate, and says so on standard error]
    const started = new Worker(SCRIPT, { execArgv: ['--disable-warning=ExperimentalWarning'] });
    thread = started;
    started.on('message', ({ from, told, isOver }: FromThread) => {
      if (isOver) places.get(from)?.onOver();
      else places.get(from)?.onTold(told);
    });
    started.on('error', (error: Error) => {
      for (const { onFault } of places.values()) onFault(error.message);
    });
    started.on('exit', () => {
      thread = null;
      for (const place of [...places.values()]) {
        place.onEnded?.();
        place.onOver();
      }
      if (places.size > 0) setTimeout(startAgain, againAfterMs).unref();
    });
  };
  const begin = (to: number, { keeper, data }: Place): void => post({ to, keeper: keeper.href, data });
  const startAgain = (): void => {
    if (places.size === 0) return;
    start();
    for (const [id, place] of places) {
      begin(id, place);
      place.onBegun();
    }
  };

  return {
    keep<Asked, Told>(options: KeptOptions<Told>): Kept<Asked> {
      const id = (lastId += 1);
      const place: Place = {
        ...options,
        onTold: (told) => options.onTold(told as Told),
        onOver: () => undefined,
      };
      places.set(id, place);
      if (!thread) start();
      begin(id, place);
      return {
        get isAlive() {
          return thread !== null;
        },
        post: (asked) => post({ to: id, asked, isLast: false }),
        stop: async (last) => {
          if (thread) {
            const over = new Promise<void>((resolve) => (place.onOver = resolve));
            post({ to: id, asked: last, isLast: true });
            await Promise.race([over, sleep(STOP_DEADLINE_MS, undefined, { ref: false })]);
          }
          places.delete(id);
          if (places.size === 0) await thread?.terminate();
        },
      };
    },
  };
}
