// The pairing file's thread: only wires the keeper to the messages of `pairing/disk.ts`. Shell.
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
