// Keeps the journal going whatever the disk does: what cannot be written waits and is tried again, a broken file, or one of a
// newer Ringcue after a rollback, is put aside, never deleted. Shell; runs in `disk-thread.ts`, and is bounded by `journal/journal.ts`, which
// counts what is not written yet.
import { mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Position } from '../../shared/protocol.ts';
import { CORRUPT, NewerFile, NOT_A_DATABASE, OF_THE_DISK, resultCode } from '../sqlite.ts';
import { openStore } from './store.ts';
import type { Missed, Returned, Store, StoreOptions, Work } from './store.ts';

const MAX_BATCH = 200;
const RETRY_AFTER_MS = 1_000;
const PURGE_EVERY_MS = 24 * 60 * 60 * 1000;
const PURGE_STEP = 500;
const PURGE_PAUSE_MS = 50;
const DAY_MS = 24 * 60 * 60 * 1000;

export type Asked =
  | { type: 'work'; works: Work[] }
  | { type: 'missed'; key: number; extension: string; after: Position | null }
  | { type: 'stop' };

export type Aside = 'broken' | 'newer';
export type Told =
  | { type: 'well' }
  /** `message` holds nothing of any call. */
  | { type: 'fault'; message: string }
  | { type: 'aside'; path: string; why: Aside }
  | { type: 'written'; count: number; returned: Returned[] }
  | { type: 'dropped'; count: number }
  /** null: not known now. */
  | { type: 'missed'; key: number; found: Missed | null };

export type KeeperOptions = StoreOptions & {
  days: number;
  tell(told: Told): void;
  retryAfterMs?: number;
};

export type Keeper = { take(asked: Asked): void };

export function createKeeper(options: KeeperOptions): Keeper {
  const { path, days, now, tell, retryAfterMs = RETRY_AFTER_MS } = options;
  let store: Store | null = null;
  let unwritten: Work[] = [];
  let retryTimer: NodeJS.Timeout | undefined;
  let purgeTimer: NodeJS.Timeout | undefined;

  /** What `work` gives; null after a fault, which is told. */
  const attempt = <T>(work: (store: Store) => T, mayRepair = true): T | null => {
    if (retryTimer) return null;
    try {
      if (!store) {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        store = openStore(options);
        tell({ type: 'well' });
        purgeSoon(PURGE_PAUSE_MS);
      }
      return work(store);
    } catch (error) {
      const code = resultCode(error);
      const why = reasonToPutAside(error, code);
      if (why !== null && mayRepair && putAside(why)) return attempt(work, false);
      tell({ type: 'fault', message: (error as Error).message });
      if (code !== null && !OF_THE_DISK.has(code) && code !== CORRUPT && code !== NOT_A_DATABASE) throw error;
      close();
      retryTimer = setTimeout(retry, retryAfterMs);
      return null;
    }
  };
  const retry = (): void => {
    retryTimer = undefined;
    attempt(() => undefined);
    writeAll();
  };
  const close = (): void => {
    clearTimeout(purgeTimer);
    try {
      store?.close();
    } catch {
      // what cannot be closed was told already
    }
    store = null;
  };
  /** With what SQLite keeps beside it, as that may hold its newest rows. */
  const putAside = (why: Aside): boolean => {
    close();
    const aside = `${path}.${why}-${new Date(now()).toISOString().replaceAll(':', '-')}`;
    try {
      renameSync(path, aside);
    } catch (error) {
      tell({ type: 'fault', message: (error as Error).message });
      return false;
    }
    for (const tail of ['-wal', '-shm'])
      try {
        renameSync(path + tail, aside + tail);
      } catch {
        // mostly there is none
      }
    tell({ type: 'aside', path: aside, why });
    return true;
  };

  const writeAll = (): void => {
    while (unwritten.length > 0) {
      const batch = unwritten.slice(0, MAX_BATCH);
      const returned = writeBatch(batch);
      if (!returned) return;
      unwritten = unwritten.slice(batch.length);
    }
  };
  /** null: to be tried again. */
  const writeBatch = (batch: Work[]): Returned[] | null => {
    try {
      const returned = attempt((open) => open.write(batch));
      if (returned) tell({ type: 'written', count: batch.length, returned });
      return returned;
    } catch {
      tell({ type: 'dropped', count: batch.length }); // the next ones shall not wait behind it for ever
      return [];
    }
  };

  const purgeSoon = (ms: number): void => {
    clearTimeout(purgeTimer);
    purgeTimer = setTimeout(purge, ms);
    purgeTimer.unref();
  };
  const purge = (): void => {
    const count = quietly(() => attempt((open) => open.purge(now() - days * DAY_MS, PURGE_STEP)));
    if (store) purgeSoon(count === PURGE_STEP ? PURGE_PAUSE_MS : PURGE_EVERY_MS);
  };

  attempt(() => undefined);
  return {
    take(asked) {
      switch (asked.type) {
        case 'work':
          unwritten.push(...asked.works);
          {
            writeAll();
            return;
          }
        case 'missed': {
          const { key, extension, after } = asked;
          // While anything waits for the disk it is null: whoever was told the rest would not be told that later.
          const found = quietly(() => attempt((open) => open.missedSince(extension, after)));
          tell({ type: 'missed', key, found });
          return;
        }
        case 'stop':
          clearTimeout(retryTimer);
          retryTimer = undefined;
          if (unwritten.length > 0) writeAll();
          if (unwritten.length > 0) tell({ type: 'dropped', count: unwritten.length });
          clearTimeout(retryTimer);
          close();
      }
    },
  };
}

/** `attempt` has told the fault. */
function quietly<T>(work: () => T | null): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

function reasonToPutAside(error: unknown, code: number | null): Aside | null {
  if (error instanceof NewerFile) return 'newer';
  return code === CORRUPT || code === NOT_A_DATABASE ? 'broken' : null;
}
