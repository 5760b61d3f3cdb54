// SQLite answers where it is called and lets nothing else run meanwhile, and a thread in the midst of a query cannot be ended,
// so it is asked in a process of its own. Started by `sqlite.ts`; a question is an id and its values, an answer an id and rows,
// or an error.
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';

/** Of a text of 10 MB no more is carried over. */
const MAX_TEXT_LENGTH = 8_192;
const BUSY_MS = 1_000;

const [, , path = '', sql = ''] = process.argv;
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

process.on('message', ({ id, values }: { id: number; values: (string | null)[] }) => {
  try {
    process.send?.({
      id,
      rows: prepared()
        .all(...values)
        .map(bounded),
    });
  } catch (error) {
    [statement, file] = [null, ''];
    const { message, errcode, code } = error as Error & { errcode?: number; code?: string };
    process.send?.({ id, error: message, errcode, code });
  }
});
process.on('disconnect', () => process.exit()); // the relay has gone
