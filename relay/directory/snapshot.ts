// A source whose whole list is held in memory: read every few minutes in a thread, swapped in one step, the last good one kept
// on disk. A list that cannot be read, or has shrunk by more than half, changes nothing. Shell; called by `open-source.ts`.
import { pauseMs } from '../../shared/back-off.ts';
import { faultOf } from './fault.ts';
import { finderIn } from './packed-clients.ts';
import { beforeStart, readInThread } from './reading-thread.ts';
import type { Outcome, Task } from './snapshot-thread.ts';
import type { FaultCode, Source } from './source.ts';

const SCRIPT = new URL('./snapshot-thread.ts', import.meta.url);
const READ_DEADLINE_MS = 10 * 60_000;
const FIRST_PAUSE_MS = 5_000;
/** A smaller list may well shrink by half in a day. */
const LEAST_SIZE_TO_DOUBT = 20;

export type SnapshotTold =
  | {
      type: 'read';
      clients: number;
      refused: number;
      problem: string | null;
      isFromDisk: boolean;
      tookMs: number;
    }
  | { type: 'fault'; code: FaultCode; problem: string };

export type SnapshotOptions = Pick<Task, 'config' | 'country' | 'fields' | 'file'> & {
  everyMs: number;
  /** Wall clock: milliseconds since 1970. */
  wallClock(): number;
  random(): number;
  onTold(told: SnapshotTold): void;
};

export type Snapshot = Source & {
  /** When its list was read from the source; null: never. */
  readAt(): number | null;
  /** The next reading that has come to an end, whether well or not. */
  nextReading(): Promise<void>;
};

/** Resolves when what is on disk is loaded; where there is nothing, after the first reading. */
export async function openSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  /** null: nothing was read yet. */
  let list: { find: ReturnType<typeof finderIn>; size: number } | null = null;
  let readAt: number | null = null;
  const stopping = new AbortController();
  let reading: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let faultsSince: number | null = null;
  let listeners: (() => void)[] = [];

  const run = async (type: Task['type']): Promise<Outcome> => {
    const { config, country, fields, file, wallClock } = options;
    const before = list?.size ?? 0;
    const least = before >= LEAST_SIZE_TO_DOUBT ? Math.ceil(before / 2) : Math.min(1, before);
    const task: Task = { type, config, country, fields, file, least, at: wallClock() };
    const outcome = readInThread<Outcome>(SCRIPT, task, READ_DEADLINE_MS, stopping.signal).catch(
      (error: unknown): Outcome => {
        const { code, message } = faultOf(error);
        return { type: 'fault', code, problem: message };
      },
    );
    reading = outcome;
    return outcome;
  };
  const read = async (type: Task['type']): Promise<boolean> => {
    const startedAt = performance.now();
    const outcome = await run(type);
    if (stopping.signal.aborted || outcome.type === 'none') return false;
    if (outcome.type === 'fault') {
      options.onTold(outcome);
      return false;
    }
    list = { find: finderIn(outcome.packed), size: outcome.packed.count };
    readAt = outcome.at;
    const { clients, refused, problem, keepFault } = outcome;
    const tookMs = performance.now() - startedAt;
    options.onTold({ type: 'read', clients, refused, problem, isFromDisk: type === 'load', tookMs });
    if (keepFault !== null)
      options.onTold({
        type: 'fault',
        code: 'directory.bad-answer',
        problem: `not kept on disk: ${keepFault}`,
      });
    return true;
  };
  const pull = async (): Promise<void> => {
    const isWell = await read('pull');
    if (stopping.signal.aborted) return;
    faultsSince = isWell ? null : (faultsSince ?? performance.now());
    const outageMs = faultsSince === null ? 0 : performance.now() - faultsSince;
    const pause =
      faultsSince === null
        ? options.everyMs * (0.9 + 0.2 * options.random())
        : Math.min(options.everyMs, FIRST_PAUSE_MS) / 2 +
          pauseMs({ outageMs, firstMs: FIRST_PAUSE_MS, lastMs: options.everyMs, random: options.random() });
    timer = setTimeout(() => void pull(), pause).unref();
    const waiting = listeners;
    listeners = [];
    for (const tell of waiting) tell();
  };

  const isLoaded = options.file !== null && (await read('load'));
  const first = pull();
  if (!isLoaded) await beforeStart(first);
  return {
    name: options.config.name,
    find: (query) => list?.find(query) ?? [],
    size: () => list?.size ?? 0,
    readAt: () => readAt,
    nextReading: () => new Promise((resolve) => void listeners.push(resolve)),
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await reading;
    },
  };
}
