// A built add-on as a zip, the same bytes each time: names in order, and one date for all. Shell: reads the folder; called by
// package.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { zipSync } from 'fflate';

/** The first day that a zip can name, by the clock of wherever this runs: a zip knows no time zones. */
const DATE = new Date(1980, 0, 1);

export function archive(folder: string): Uint8Array {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => !name.startsWith('.')) // what the build keeps for itself
    .sort();
  return zipSync(Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))])), {
    level: 9,
    mtime: DATE,
  });
}
