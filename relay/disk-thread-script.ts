// Runs in the thread of `disk-thread.ts`: keepers of files, each told what it is asked, in order.
import { parentPort } from 'node:worker_threads';

export type ToThread =
  { to: number; keeper: string; data: object } | { to: number; asked: unknown; isLast: boolean };
export type FromThread = { from: number; told: unknown; isOver: boolean };

type Keeper = { take(asked: unknown): void };
type KeeperFile = { createKeeper(options: object): Keeper };

const keepers = new Map<number, Promise<Keeper>>();
const tell = (message: FromThread): void => parentPort?.postMessage(message);

async function begin(to: number, file: string, data: object): Promise<Keeper> {
  const { createKeeper } = (await import(file)) as KeeperFile;
  return createKeeper({
    ...data,
    now: Date.now,
    tell: (told: unknown) => tell({ from: to, told, isOver: false }),
  });
}

async function hear(message: ToThread): Promise<void> {
  const { to } = message;
  if ('keeper' in message) {
    keepers.set(to, begin(to, message.keeper, message.data));
    return;
  }
  const keeper = await keepers.get(to);
  keeper?.take(message.asked);
  if (message.isLast) tell({ from: to, told: null, isOver: true });
}

// Whatever fails here ends the thread, which is begun again.
parentPort?.on('message', (message: ToThread) => void hear(message));
