// The desktop in a thread of its own, as every real one is a process of its own: what keeps the hundred add-ons of this process busy
// must not make it answer late. Runs in the thread that `openDesktopApart` starts; called by browser-screen.ts.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { openDesktop } from '../browser/desktop.ts';

/** `at`: ms since 1970. */
export type Seen =
  | { what: 'shown'; id: number; title: string; text: string; at: number }
  | { what: 'cleared'; id: number; at: number };
type Told = { seen: Seen } | { busAddress: string };

const START_DEADLINE_MS = 15_000;
const CLOSE_DEADLINE_MS = 5_000;

export async function openDesktopApart(
  take: (seen: Seen) => void,
): Promise<{ busAddress: string; close(): Promise<void> }> {
  const thread = new Worker(new URL(import.meta.url));
  const opened = new Promise<string>((resolve) => {
    thread.on('message', (told: Told) => ('seen' in told ? take(told.seen) : resolve(told.busAddress)));
  });
  const failed = once(thread, 'error', { signal: AbortSignal.timeout(START_DEADLINE_MS) }).then(([error]) => {
    throw error as Error;
  });
  const busAddress = await Promise.race([opened, failed]);
  failed.catch(() => undefined);
  return {
    busAddress,
    close: async () => {
      const ended = once(thread, 'exit', { signal: AbortSignal.timeout(CLOSE_DEADLINE_MS) });
      thread.postMessage('close');
      await ended.catch(() => thread.terminate());
    },
  };
}

if (!isMainThread && parentPort) {
  const port = parentPort;
  const tell = (told: Told): void => port.postMessage(told);
  const desktop = await openDesktop((happening) => {
    if (happening.what === 'cleared') tell({ seen: { what: 'cleared', id: happening.id, at: happening.at } });
    else {
      const { id, title, text, arrivedAt: at } = happening.notification;
      tell({ seen: { what: 'shown', id, title, text, at } });
    }
  });
  port.once('message', () => void desktop.close().then(() => port.close()));
  tell({ busAddress: desktop.busAddress });
}
