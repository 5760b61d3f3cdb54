// A SQLite file: asked at the ring in a thread that is ended when it does not answer in time, or read from beginning to
// end. It is only ever read. Called by `open-source.ts`.
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { Asker, Puller } from './asker.ts';
import { SourceFault } from './fault.ts';
import type { Prepared } from './named-parameters.ts';
import { BATCH_ROWS, boundedQuery, valuesFor } from './sql.ts';

type Answer = { id: number; rows?: unknown[]; error?: string; errcode?: number; code?: string };
type Waiting = { resolve(rows: unknown[]): void; reject(error: unknown): void };

export function askSqlite(path: string, prepared: Prepared): Asker {
  const waiting = new Map<number, Waiting>();
  let thread: Worker | null = null;
  let asked = 0;

  const end = (error: SourceFault): void => {
    void thread?.terminate();
    thread = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const start = (): Worker => {
    const worker = new Worker(new URL('./sqlite-thread.ts', import.meta.url), {
      workerData: { path, sql: boundedQuery(prepared) },
    });
    worker.on('message', ({ id, rows, ...fault }: Answer) => {
      const one = waiting.get(id);
      waiting.delete(id);
      if (rows) one?.resolve(rows);
      else one?.reject(faultOfSqlite(fault));
    });
    worker.on('error', (error: Error) => {
      if (worker === thread) end(new SourceFault('directory.bad-answer', `SQLite: ${error.message}`));
    });
    worker.unref();
    return worker;
  };
  return {
    ask: (query, signal) =>
      new Promise((resolve, reject) => {
        thread ??= start();
        const id = ++asked;
        waiting.set(id, { resolve, reject });
        // It may be anywhere in a query that takes for ever, and with it all who wait behind.
        signal.addEventListener('abort', () => {
          if (waiting.has(id)) end(new SourceFault('directory.timeout', 'SQLite did not answer in time'));
        });
        thread.postMessage({ id, values: valuesFor(prepared, query) });
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
function faultOfSqlite(error: {
  error?: string;
  message?: string;
  errcode?: number;
  code?: string;
}): SourceFault {
  const text = `SQLite: ${error.error ?? error.message ?? ''}`;
  if (error.code === 'ENOENT' || error.errcode === 14) return new SourceFault('directory.unreachable', text);
  if (error.errcode === 5 || error.errcode === 6) return new SourceFault('directory.timeout', text);
  if (error.errcode === 26 || error.errcode === 11) return new SourceFault('directory.bad-answer', text);
  return new SourceFault('directory.bad-query', text);
}
