// Keeps the pairing file: writes what the relay has decided, again and again while the disk refuses, and looks whether another
// process (`ringcue revoke`) has written. Shell; runs in `disk-thread.ts`. A broken file is never touched: who
// is paired stands in it, and a person must decide.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { CORRUPT, NOT_A_DATABASE, OF_THE_DISK, resultCode } from '../sqlite.ts';
import { openPairingStore } from './store.ts';
import type { Kept, PairingStore, Work } from './store.ts';

const MAX_BATCH = 200;
const RETRY_AFTER_MS = 1_000;
/** A revocation on the command line must end the session within a second. */
const LOOK_EVERY_MS = 250;
const PURGE_EVERY_MS = 24 * 60 * 60 * 1000;

/** `n`: grows by one with each work. */
export type Numbered = { n: number; work: Work };
export type Asked = { type: 'write'; works: Numbered[] } | { type: 'stop' };
export type Told =
  /** `n`: the last work that is in it. */
  | { type: 'kept'; kept: Kept; n: number }
  | { type: 'well' }
  /** `message` holds nothing of anybody. */
  | { type: 'fault'; message: string }
  | { type: 'written'; n: number };

export type KeeperOptions = {
  path: string;
  tokenDays: number;
  now(): number;
  tell(told: Told): void;
};

export type Keeper = { take(asked: Asked): void };

export function createKeeper({ path, tokenDays, now, tell }: KeeperOptions): Keeper {
  let store: PairingStore | null = null;
  let unwritten: Numbered[] = [];
  let writtenN = 0;
  let version = -1;
  let retryAt = 0;
  let purgeAt = 0;

  const close = (): void => {
    try {
      store?.close();
    } catch {
      // what cannot be closed was told already
    }
    store = null;
  };
  /** Throws SQLite's and the file system's errors. */
  const opened = (): PairingStore => {
    if (store) return store;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    store = openPairingStore(path);
    version = -1;
    tell({ type: 'well' });
    return store;
  };
  const writeAll = (open: PairingStore): void => {
    while (unwritten.length > 0) {
      const batch = unwritten.slice(0, MAX_BATCH);
      try {
        open.write(batch.map(({ work }) => work));
      } catch (error) {
        if (isOfTheDisk(error)) throw error;
        tell({ type: 'fault', message: (error as Error).message }); // a fault of ours, which would come again
      }
      writtenN = batch.at(-1)?.n ?? writtenN;
      unwritten = unwritten.slice(batch.length);
      tell({ type: 'written', n: writtenN });
    }
  };
  const look = (open: PairingStore): void => {
    const before = version;
    version = open.version();
    if (version !== before) tell({ type: 'kept', kept: open.kept(), n: writtenN });
  };
  const purge = (open: PairingStore): void => {
    if (now() < purgeAt) return;
    purgeAt = now() + PURGE_EVERY_MS;
    open.purge(now(), tokenDays);
  };
  const work = (): void => {
    if (performance.now() < retryAt) return;
    try {
      const open = opened();
      look(open); // first: what cannot be written must not hide who is paired
      writeAll(open);
      purge(open);
    } catch (error) {
      tell({ type: 'fault', message: (error as Error).message });
      close();
      retryAt = performance.now() + RETRY_AFTER_MS;
    }
  };

  const timer = setInterval(work, LOOK_EVERY_MS);
  work();
  return {
    take(asked) {
      if (asked.type === 'write') {
        unwritten.push(...asked.works);
        work();
        return;
      }
      clearInterval(timer);
      retryAt = 0;
      if (unwritten.length > 0) work();
      close();
    },
  };
}

function isOfTheDisk(error: unknown): boolean {
  const code = resultCode(error);
  return code === null || OF_THE_DISK.has(code) || code === CORRUPT || code === NOT_A_DATABASE;
}
