// SQLite answers where it is called and lets nothing else run meanwhile, so it is asked in a thread of its own. Started by
// `sqlite.ts`; a question is an id and its values, an answer an id and rows, or an error.
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

/** Of a text of 10 MB no more is carried over. */
const MAX_TEXT_LENGTH = 8_192;
const BUSY_MS = 1_000;

const { path, sql } = workerData as { path: string; sql: string };
let statement: StatementSync | null = null;
let database: DatabaseSync | null = null;
let file = '';

/** An export is often renamed over the file: what we hold is another one then. */
function prepared(): StatementSync {
  const { ino, dev } = statSync(path);
  if (statement && file === `${dev} ${ino}`) return statement;
  database?.close();
  database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
  statement = database.prepare(sql);
  statement.setReadBigInts(true);
  file = `${dev} ${ino}`;
  return statement;
}

const bounded = (row: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? value.slice(0, MAX_TEXT_LENGTH)
        : value instanceof Uint8Array
          ? null
          : value,
    ]),
  );

parentPort?.on('message', ({ id, values }: { id: number; values: (string | null)[] }) => {
  try {
    parentPort?.postMessage({
      id,
      rows: prepared()
        .all(...values)
        .map(bounded),
    });
  } catch (error) {
    [statement, file] = [null, ''];
    const { message, errcode, code } = error as Error & { errcode?: number; code?: string };
    parentPort?.postMessage({ id, error: message, errcode, code });
  }
});
