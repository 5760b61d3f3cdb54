// The thread in which the journal waits for the disk, so that no ring does. Shell; started by `journal/journal.ts`.
import { parentPort, workerData } from 'node:worker_threads';
import { createKeeper } from './keeper.ts';
import type { Asked, KeeperOptions, Told } from './keeper.ts';

export type ThreadData = Omit<KeeperOptions, 'now' | 'tell'>;

const keeper = createKeeper({
  ...(workerData as ThreadData),
  now: Date.now,
  tell: (told: Told) => parentPort?.postMessage(told),
});
parentPort?.on('message', (asked: Asked) => {
  keeper.take(asked);
  if (asked.type === 'stop') parentPort?.close();
});
