// The journal: ended calls, kept for those who were away. Takes calls and questions and passes them to a thread of its
// own (`journal/thread.ts`), as neither may hold up a ring. Shell; opened by `serve.ts`. What is not written yet is bounded,
// and what is beyond that is dropped and counted.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { MAX_MISSED } from '../../shared/protocol.ts';
import type { Call, Position } from '../../shared/protocol.ts';
import type { Aside, Asked, Told } from './keeper.ts';
import type { Missed, Returned, Work } from './store.ts';
import type { ThreadData } from './thread.ts';

export const FILE_NAME = 'journal.sqlite';
const WRITE_AFTER_MS = 200;
const WRITE_AT = 200;
const MAX_UNWRITTEN = 10_000;
const MAX_QUESTIONS = 20_000;
const ANSWER_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 2_000;
const THREAD_AGAIN_AFTER_MS = 10_000;

export type JournalOptions = {
  folder: string;
  /** How long a call is kept, at least 1. */
  days: number;
  returnedBy: 'own' | 'any';
  /** The feed's: with its seq a place in the lines. */
  epoch: string;
  now(): number;
  /** It can be written, for the first time or again. */
  onWell(): void;
  onFault(message: string): void;
  /** The file was broken, or of a newer Ringcue: it is there now. */
  onAside(path: string, why: Aside): void;
  onWritten(count: number): void;
  onDropped(count: number): void;
  /** Missed calls of this extension were called back. */
  onReturned(extension: string, callIds: string[]): void;
};

export type Journal = {
  /** An ended call, or one whose end was corrected. `seq`: of the line that told it. */
  add(extension: string, call: Call, seq: number): void;
  seen(extension: string, callIds: readonly string[]): void;
  /** null: not known now, ask again later. */
  missedSince(extension: string, after: Position | null): Promise<Missed | null>;
  /** Writes what waits. */
  stop(): Promise<void>;
};

export function openJournal(options: JournalOptions): Journal {
  const { folder, days, returnedBy, epoch, now } = options;
  const path = join(folder, FILE_NAME);
  const data: ThreadData = { path, days, returnedBy, epoch, maxMissed: MAX_MISSED };
  let thread: Worker | null = null;
  let isStopping = false;
  let waiting: Work[] = [];
  /** Passed on and not yet written. */
  let passed = 0;
  let timer: NodeJS.Timeout | undefined;
  let lastKey = 0;
  const questions = new Map<number, (found: Missed | null) => void>();

  const start = (): void => {
    // [Node 24: node:sqlite is a release candidate, and says so on standard error]
    thread = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: data,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    thread.on('message', hear);
    thread.on('error', (error: Error) => options.onFault(error.message));
    thread.on('exit', () => {
      thread = null;
      if (passed > 0) options.onDropped(passed);
      passed = 0;
      for (const answer of questions.values()) answer(null);
      if (!isStopping) setTimeout(start, THREAD_AGAIN_AFTER_MS).unref();
    });
  };
  const hear = (told: Told): void => {
    switch (told.type) {
      case 'well':
        return options.onWell();
      case 'fault':
        return options.onFault(told.message);
      case 'aside':
        return options.onAside(told.path, told.why);
      case 'written':
        passed -= told.count;
        options.onWritten(told.count);
        return tellReturned(told.returned, options.onReturned);
      case 'dropped':
        passed -= told.count;
        return options.onDropped(told.count);
      case 'missed':
        questions.get(told.key)?.(told.found);
    }
  };
  const ask = (asked: Asked): void => thread?.postMessage(asked);
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0 || !thread) return;
    passed += waiting.length;
    ask({ type: 'work', works: waiting });
    waiting = [];
  };
  const add = (work: Work): void => {
    if (waiting.length + passed >= MAX_UNWRITTEN) return options.onDropped(1);
    waiting.push(work);
    if (waiting.length >= WRITE_AT && thread) return flush();
    timer ??= setTimeout(flush, WRITE_AFTER_MS).unref();
  };

  start();
  return {
    add: (extension, call, seq) => add({ type: 'ended', extension, seq, call }),
    seen: (extension, callIds) => add({ type: 'seen', extension, callIds, at: now() }),
    missedSince: (extension, after) => {
      if (!thread || questions.size >= MAX_QUESTIONS) return Promise.resolve(null);
      flush(); // so the answer knows of what ended a moment ago
      lastKey += 1;
      const key = lastKey;
      return new Promise((resolve) => {
        const deadline = setTimeout(() => answer(null), ANSWER_DEADLINE_MS).unref();
        const answer = (found: Missed | null): void => {
          clearTimeout(deadline);
          questions.delete(key);
          resolve(found);
        };
        questions.set(key, answer);
        ask({ type: 'missed', key, extension, after });
      });
    },
    stop: async () => {
      isStopping = true;
      flush();
      const ending = thread;
      if (!ending) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ask({ type: 'stop' });
      const deadline = setTimeout(() => void ending.terminate(), STOP_DEADLINE_MS);
      await ended;
      clearTimeout(deadline);
    },
  };
}

function tellReturned(returned: Returned[], tell: (extension: string, callIds: string[]) => void): void {
  for (const [extension, calls] of Map.groupBy(returned, (one) => one.extension))
    tell(
      extension,
      calls.map(({ id }) => id),
    );
}
