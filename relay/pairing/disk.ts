// Writes down what `pairing/pairing.ts` has decided, in a thread (`disk-thread.ts`), as nobody may wait for the disk: not a ring, and
// not who is paired already. What is not written yet is bounded, survives a thread that dies, and is known here when the file
// is read again. Shell; opened by `serve.ts`.
import { join } from 'node:path';
import type { DiskThread } from '../disk-thread.ts';
import type { Asked, KeeperOptions, Numbered, Told } from './keeper.ts';
import type { Disk, DiskListener } from './pairing.ts';
import { replay } from './replay.ts';
import { FILE_NAME } from './store.ts';
import type { Work } from './store.ts';

const MAX_UNWRITTEN = 10_000;
/** Who is paired or revoked goes before what is only noted. */
const MAX_UNWRITTEN_NOTES = 5_000;

export type DiskOptions = {
  thread: DiskThread;
  folder: string;
  tokenDays: number;
  onWell(): void;
  onFault(message: string): void;
  onDropped(): void;
};

export function openDisk({ folder, tokenDays, ...options }: DiskOptions, { onKept }: DiskListener): Disk {
  const data: Omit<KeeperOptions, 'now' | 'tell'> = { path: join(folder, FILE_NAME), tokenDays };
  let unwritten: Numbered[] = [];
  let lastN = 0;

  const hear = (told: Told): void => {
    switch (told.type) {
      case 'well':
        return options.onWell();
      case 'fault':
        return options.onFault(told.message);
      case 'written':
        unwritten = unwritten.filter(({ n }) => n > told.n);
        return;
      case 'kept': {
        const later = unwritten.filter(({ n }) => n > told.n).map(({ work }) => work);
        onKept(replay(told.kept, later));
      }
    }
  };
  const thread = options.thread.keep<Asked, Told>({
    keeper: new URL('./keeper.ts', import.meta.url),
    data,
    onTold: hear,
    onFault: options.onFault,
    onBegun: () => {
      if (unwritten.length > 0) thread.post({ type: 'write', works: unwritten });
    },
  });

  return {
    write(work) {
      if (unwritten.length >= (isNote(work) ? MAX_UNWRITTEN_NOTES : MAX_UNWRITTEN)) {
        options.onDropped();
        return;
      }
      lastN += 1;
      unwritten.push({ n: lastN, work });
      thread.post({ type: 'write', works: [{ n: lastN, work }] });
    },
    stop: () => thread.stop({ type: 'stop' }),
  };
}

const isNote = ({ type }: Work): boolean => type === 'audited' || type === 'seen';
