// A SQLite file: asked at the ring in a process that is ended when it does not answer in time, or read from beginning to
// end. It is only ever read. Called by `open-source.ts`.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { Asker, Puller } from './asker.ts';
import { SourceFault } from './fault.ts';
import type { Prepared } from './named-parameters.ts';
import { BATCH_ROWS, boundedQuery, valuesFor } from './sql.ts';

const PROCESS = fileURLToPath(new URL('./sqlite-process.ts', import.meta.url));

type Answer = { id: number; rows?: unknown[]; error?: string; errcode?: number; code?: string };
type Waiting = { resolve(rows: unknown[]): void; reject(error: unknown): void };

export function askSqlite(path: string, prepared: Prepared): Asker {
  const waiting = new Map<number, Waiting>();
  let child: ChildProcess | null = null;
  let asked = 0;

  const end = (error: SourceFault): void => {
    child?.kill('SIGKILL');
    child = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const start = (): ChildProcess => {
    const started = fork(PROCESS, [path, boundedQuery(prepared)], {
      serialization: 'advanced', // numbers of 64 bits
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    started.on('message', (answer) => {
      const { id, rows, ...fault } = answer as Answer;
      const one = waiting.get(id);
      waiting.delete(id);
      if (rows) one?.resolve(rows);
      else one?.reject(faultOfSqlite(fault));
    });
    const isOver = (reason: string): void => {
      if (started === child) end(new SourceFault('directory.unreachable', `SQLite: its process ${reason}`));
    };
    started.on('error', (error) => isOver(error.message));
    started.on('exit', () => isOver('has ended'));
    return started;
  };
  return {
    ask: (query, signal) =>
      new Promise((resolve, reject) => {
        child ??= start();
        const id = ++asked;
        waiting.set(id, { resolve, reject });
        // It may be anywhere in a query that takes for ever, and with it all who wait behind.
        signal.addEventListener('abort', () => {
          if (waiting.has(id)) end(new SourceFault('directory.timeout', 'SQLite did not answer in time'));
        });
        child.send({ id, values: valuesFor(prepared, query) }, (error) => {
          if (error && waiting.delete(id)) reject(error);
        });
      }),
    stop: () => end(new SourceFault('directory.unreachable', 'the relay is stopping')),
  };
}

export const pullSqlite = (path: string, { sql }: Prepared): Puller =>
  async function* (signal) {
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
      const statement = database.prepare(sql);
      statement.setReadBigInts(true);
      let batch: unknown[] = [];
      for (const row of statement.iterate()) {
        batch.push(row);
        if (batch.length < BATCH_ROWS) continue;
        if (signal.aborted) return;
        yield await Promise.resolve(batch);
        batch = [];
      }
      yield batch;
    } catch (error) {
      throw error instanceof SourceFault ? error : faultOfSqlite(error as Error);
    } finally {
      database?.close();
    }
  };

/** [SQLite: result codes] */
const SQLITE = { busy: 5, locked: 6, ioError: 10, corrupt: 11, cannotOpen: 14, notADatabase: 26 } as const;

function faultOfSqlite(error: {
  error?: string;
  message?: string;
  errcode?: number;
  code?: string;
}): SourceFault {
  const text = `SQLite: ${error.error ?? error.message ?? ''}`;
  const kind = (error.errcode ?? 0) & 0xff; // above it stand details
  if (error.code === 'ENOENT' || kind === SQLITE.ioError || kind === SQLITE.cannotOpen)
    return new SourceFault('directory.unreachable', text);
  if (kind === SQLITE.busy || kind === SQLITE.locked) return new SourceFault('directory.timeout', text);
  if (kind === SQLITE.corrupt || kind === SQLITE.notADatabase)
    return new SourceFault('directory.bad-answer', text);
  return new SourceFault('directory.bad-query', text);
}
