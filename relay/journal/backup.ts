// A copy of what a relay keeps [SQLite: VACUUM INTO]: whole and of one moment, also while the relay writes. Shell; called by
// `ringcue backup`. Throws Node's and SQLite's errors.
import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const BUSY_MS = 5_000;

/** Copies every SQLite file of a folder into a new one; their names. */
export function backUp(folder: string, into: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sqlite'));
  mkdirSync(into, { recursive: true, mode: 0o700 });
  for (const name of names) copy(join(folder, name), join(into, name));
  return names;
}

function copy(from: string, to: string): void {
  closeSync(openSync(to, 'wx', 0o600)); // never over another backup, and for nobody else to read
  try {
    using database = new DatabaseSync(from, { readOnly: true, timeout: BUSY_MS });
    database.prepare('vacuum into ?').run(to);
  } catch (error) {
    rmSync(to); // half a backup would pass for one
    throw error;
  }
}
