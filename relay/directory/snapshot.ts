// A source whose whole list is held in memory: read every few minutes in a thread, swapped in one step, the last good one kept
// on disk. A list that cannot be read, or has shrunk by more than half, changes nothing. Shell; called by `open-source.ts`.
import { Worker } from 'node:worker_threads';
import { pauseMs } from '../../shared/back-off.ts';
import { finderIn } from './packed-clients.ts';
import type { Outcome, Task } from './snapshot-thread.ts';
import type { FaultCode, Source } from './source.ts';

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
  let thread: Worker | null = null;
  let timer: NodeJS.Timeout | undefined;
  let faultsSince: number | null = null;
  let isStopped = false;
  let listeners: (() => void)[] = [];

  const run = async (type: Task['type']): Promise<Outcome> => {
    const { config, country, fields, file, wallClock } = options;
    const before = list?.size ?? 0;
    const least = before >= LEAST_SIZE_TO_DOUBT ? Math.ceil(before / 2) : Math.min(1, before);
    const task: Task = { type, config, country, fields, file, least, at: wallClock() };
    return runThread(task, (started) => (thread = started));
  };
  const read = async (type: Task['type']): Promise<boolean> => {
    const startedAt = performance.now();
    const outcome = await run(type);
    thread = null;
    if (isStopped || outcome.type === 'none') return false;
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
    if (isStopped) return;
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
  if (!isLoaded) await Promise.race([first, deadline(START_WAITS_MS)]);
  return {
    name: options.config.name,
    find: (query) => list?.find(query) ?? [],
    size: () => list?.size ?? 0,
    readAt: () => readAt,
    nextReading: () => new Promise((resolve) => void listeners.push(resolve)),
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await thread?.terminate();
    },
  };
}

/** A start waits no longer for a database. */
const START_WAITS_MS = 2_000;
const deadline = (ms: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, ms).unref());

function runThread(task: Task, onStart: (thread: Worker) => void): Promise<Outcome> {
  return new Promise((resolve) => {
    const thread = new Worker(new URL('./snapshot-thread.ts', import.meta.url), {
      workerData: task,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    onStart(thread);
    const fault = (code: FaultCode, problem: string): void => resolve({ type: 'fault', code, problem });
    const timer = setTimeout(() => {
      fault('directory.timeout', `it was not read within ${READ_DEADLINE_MS / 60_000} minutes`);
      void thread.terminate();
    }, READ_DEADLINE_MS).unref();
    thread.on('message', (outcome: Outcome) => {
      clearTimeout(timer);
      resolve(outcome);
      void thread.terminate(); // whatever a driver still holds open
    });
    thread.on('error', (error: Error) => fault('directory.bad-answer', error.message));
    thread.on('exit', () => {
      clearTimeout(timer);
      fault('directory.bad-answer', 'its thread ended');
    });
  });
}
