// The CSV of clients: read in a thread, watched for changes, swapped in one step. A file with a bad row is told row by row and
// not taken: the last good list stays. Shell; `open-source.ts` starts it, the doctor reads a list once.
import { unwatchFile, watchFile } from 'node:fs';
import type { Stats } from 'node:fs';
import type { CountryCode } from 'libphonenumber-js/max';
import type { Problem } from './client-rows.ts';
import { faultOf } from './fault.ts';
import type { ListOutcome, ListTask } from './list-thread.ts';
import { finderIn } from './packed-clients.ts';
import { beforeStart, readInThread } from './reading-thread.ts';
import type { Client, Query } from './source.ts';

const LOOK_EVERY_MS = 1_000; // by stat, as change events do not pass through bind mounts and network drives
const READ_DEADLINE_MS = 2 * 60_000;
/** A smaller list may well shrink by half in a day. */
const LEAST_SIZE_TO_DOUBT = 20;

export type ClientList = {
  find(query: Query): readonly Client[];
  size(): number;
  stop(): void;
};

export type ClientListOptions = {
  path: string;
  /** Whose national numbers these are. */
  country: CountryCode;
  /** The labels of further columns that are fields of a client. */
  fields: readonly string[];
  /** A list was read. `isTaken` is false where the one before stays in use. */
  onRead(result: { clients: number; problems: Problem[]; isTaken: boolean }): void;
  lookEveryMs?: number;
};

type ReadList = { find: ClientList['find']; clients: number; problems: Problem[] };

/** Reads the list for the first time and then whenever the file changes. Never rejects: problems are told. */
export async function watchClientList(options: ClientListOptions): Promise<ClientList> {
  const { path, onRead, lookEveryMs = LOOK_EVERY_MS } = options;
  const stopping = new AbortController();
  let list: ReadList | null = null;
  let reading: Promise<void> | null = null;
  let isStale = false;

  const read = async (): Promise<void> => {
    const next = await readClientList(options, stopping.signal);
    if (stopping.signal.aborted) return;
    const { clients, problems } = next;
    // Most likely it is being written, or an export failed.
    const isCut =
      list !== null && clients < list.clients / 2 && (list.clients >= LEAST_SIZE_TO_DOUBT || clients === 0);
    if (isCut && problems.length === 0)
      problems.push({
        line: 0,
        message: `only ${clients} of ${list?.clients ?? 0} clients are left: restart the relay if that is right`,
      });
    // With no list at all, the good rows of a bad one are better than nobody.
    const isTaken = problems.length === 0 || (list === null && clients > 0);
    if (isTaken) list = next;
    onRead({ clients, problems, isTaken });
  };
  const readAgain = (): Promise<void> => {
    isStale = true;
    reading ??= (async () => {
      while (isStale && !stopping.signal.aborted) {
        isStale = false;
        await read();
      }
      reading = null;
    })();
    return reading;
  };

  const onChange = (now: Stats, before: Stats): void => {
    if (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino)
      void readAgain();
  };
  watchFile(path, { interval: lookEveryMs, persistent: false }, onChange);
  await beforeStart(readAgain());
  return {
    find: (query) => list?.find(query) ?? [],
    size: () => list?.clients ?? 0,
    stop: () => {
      unwatchFile(path, onChange);
      stopping.abort();
    },
  };
}

/** Once. Never rejects: problems are told. */
export async function readClientList(
  { path, country, fields }: Pick<ClientListOptions, 'path' | 'country' | 'fields'>,
  signal?: AbortSignal,
): Promise<ReadList> {
  const task: ListTask = { path, country, fields };
  const script = new URL('./list-thread.ts', import.meta.url);
  try {
    const { packed, problems } = await readInThread<ListOutcome>(script, task, READ_DEADLINE_MS, signal);
    return { find: finderIn(packed), clients: packed.count, problems };
  } catch (error) {
    return { find: () => [], clients: 0, problems: [{ line: 0, message: faultOf(error).message }] };
  }
}
