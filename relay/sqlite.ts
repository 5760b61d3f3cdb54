// A file of ours in SQLite [node:sqlite]: opened for this account alone, and brought to the newest version of its tables. The
// only door to SQLite; used by the stores of `journal/` and `pairing/`, in threads where nobody waits for the disk. Throws
// SQLite's errors.
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Another process may be writing it, or somebody may copy it. */
const BUSY_MS = 2_000;
const WAL_BYTES = 4 * 1024 * 1024;

/** [sqlite3.h: result codes] What a batch cannot help: it is tried again. Any other fault is of the batch itself. */
export const OF_THE_DISK: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 10, 13, 14, 15, 22, 23]);
export const CORRUPT = 11;
export const NOT_A_DATABASE = 26;

export class NewerFile extends Error {
  constructor(version: number, what: string) {
    super(`it was written by a newer Ringcue (version ${version} of the ${what})`);
  }
}

/** `what`: as people call the file. */
export function openFile(path: string, migrations: readonly string[], what: string): DatabaseSync {
  closeSync(openSync(path, 'a', 0o600)); // who called whom is nobody else's business on this machine
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    database.exec(
      `pragma journal_mode = wal; pragma synchronous = normal; pragma journal_size_limit = ${WAL_BYTES}`,
    );
    migrate(database, migrations, what);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

export function migrate(database: DatabaseSync, migrations: readonly string[], what: string): void {
  const version = database.prepare('pragma user_version').get()?.['user_version'] as number;
  if (version > migrations.length) throw new NewerFile(version, what);
  for (const [n, sql] of migrations.entries())
    if (n >= version) inTransaction(database, () => database.exec(`${sql}; pragma user_version = ${n + 1}`));
}

/** All or nothing. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('begin immediate');
  try {
    const result = work();
    database.exec('commit');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}

/** SQLite's primary result code; null: a fault of the file system, or a file that we must not touch. */
export function resultCode(error: unknown): number | null {
  if (error instanceof NewerFile) return null;
  const { errcode } = error as { errcode?: number };
  return errcode === undefined ? null : errcode & 0xff;
}
