// The journal: ended calls, kept for those who were away. Takes calls and questions and passes them to a thread of its
// own (`disk-thread.ts`), as neither may hold up a ring. Shell; opened by `serve.ts`. What comes while the thread writes is
// passed as one batch after it. What is not written yet is bounded, and what is beyond that is dropped and counted.
import { join } from 'node:path';
import { MAX_MISSED } from '../../shared/protocol.ts';
import type { Call, Position } from '../../shared/protocol.ts';
import type { DiskThread } from '../disk-thread.ts';
import type { Aside, Asked, KeeperOptions, Told } from './keeper.ts';
import type { Missed, Returned, Work } from './store.ts';

export const FILE_NAME = 'journal.sqlite';
const MAX_UNWRITTEN = 10_000;
const MAX_QUESTIONS = 20_000;
const ANSWER_DEADLINE_MS = 10_000;

export type JournalOptions = {
  disk: DiskThread;
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

type Question = { asked: Extract<Asked, { type: 'missed' }>; answer(found: Missed | null): void };

export type Journal = {
  /** An ended call, or one whose end was corrected. `seq`: of the line that told it. */
  add(extension: string, call: Call, seq: number): void;
  /** `onWritten`: whatever happens to the relay now, it stays known; not called where it could not be written. */
  seen(extension: string, callIds: readonly string[], onWritten: () => void): void;
  /** null: not known now, ask again later. Waits a while for a disk that does not answer. */
  missedSince(extension: string, after: Position | null): Promise<Missed | null>;
  /** Writes what waits. */
  stop(): Promise<void>;
};

export function openJournal(options: JournalOptions): Journal {
  const { folder, days, returnedBy, epoch, now } = options;
  const path = join(folder, FILE_NAME);
  const data: Omit<KeeperOptions, 'now' | 'tell'> = { path, days, returnedBy, epoch, maxMissed: MAX_MISSED };
  /** In the order of coming; the thread has the first `passed` of them. */
  const unwritten: { work: Work; onWritten: (() => void) | null }[] = [];
  let passed = 0;
  let isWell = false;
  let lastKey = 0;
  const questions = new Map<number, Question>();

  const hear = (told: Told): void => {
    switch (told.type) {
      case 'well':
        isWell = true;
        options.onWell();
        return questions.forEach(ask);
      case 'fault':
        isWell = false;
        return options.onFault(told.message);
      case 'aside':
        return options.onAside(told.path, told.why);
      case 'written':
        for (const { onWritten } of take(told.count)) onWritten?.();
        options.onWritten(told.count);
        return tellReturned(told.returned, options.onReturned);
      case 'dropped':
        take(told.count);
        return options.onDropped(told.count);
      case 'missed':
        // Where it is not known, the question waits for `well`.
        if (told.found) questions.get(told.key)?.answer(told.found);
    }
  };
  const thread = options.disk.keep<Asked, Told>({
    keeper: new URL('./keeper.ts', import.meta.url),
    data,
    onTold: hear,
    onFault: options.onFault,
    onBegun: () => pass(),
    onEnded: () => {
      isWell = false;
      passed = 0;
    },
  });
  const pass = (): void => {
    if (passed === unwritten.length || !thread.isAlive) return;
    thread.post({ type: 'work', works: unwritten.slice(passed).map(({ work }) => work) });
    passed = unwritten.length;
  };
  /** What the thread is done with, after which it may have more. */
  const take = (count: number) => {
    const done = unwritten.splice(0, count);
    passed -= done.length;
    if (passed === 0) pass();
    return done;
  };
  const add = (work: Work, onWritten: (() => void) | null): void => {
    if (unwritten.length >= MAX_UNWRITTEN) return options.onDropped(1);
    unwritten.push({ work, onWritten });
    if (passed === 0) pass();
  };
  const ask = ({ asked }: Question): void => {
    pass(); // so the answer knows of what ended a moment ago
    thread.post(asked);
  };

  return {
    add: (extension, call, seq) => add({ type: 'ended', extension, seq, call }, null),
    seen: (extension, callIds, onWritten) => add({ type: 'seen', extension, callIds, at: now() }, onWritten),
    missedSince: (extension, after) => {
      if (questions.size >= MAX_QUESTIONS) return Promise.resolve(null);
      lastKey += 1;
      const key = lastKey;
      return new Promise((resolve) => {
        const deadline = setTimeout(() => answer(null), ANSWER_DEADLINE_MS).unref();
        const answer = (found: Missed | null): void => {
          clearTimeout(deadline);
          questions.delete(key);
          resolve(found);
        };
        const question: Question = { asked: { type: 'missed', key, extension, after }, answer };
        questions.set(key, question);
        if (isWell) ask(question);
      });
    },
    stop: async () => {
      pass();
      await thread.stop({ type: 'stop' });
      if (unwritten.length > 0) options.onDropped(unwritten.length); // its thread was dead, or did not answer
      for (const { answer } of questions.values()) answer(null);
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
