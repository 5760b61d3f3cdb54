// The CSV of clients: read in slices beside the calls, watched for changes, swapped in one step. A file with a bad row
// is told row by row and not taken: the last good list stays. Shell; `serve.ts` starts it.
import { createReadStream, unwatchFile, watchFile } from 'node:fs';
import type { ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CsvError, parse } from 'csv-parse';
import { readHeader, readRow } from './client-rows.ts';
import type { ClientRow, Columns, Problem } from './client-rows.ts';
import { alikeKey } from './query.ts';

const LOOK_EVERY_MS = 1_000; // by stat, as change events do not pass through bind mounts and network drives
const SLICE_MS = 2; // a list of 100,000 takes seconds, and no ring may wait for it
const MAX_PROBLEMS = 100;
const MAX_CLIENTS = 1_000_000; // about 170 MB
const MAX_RECORD_BYTES = 64 * 1024; // a quote that does not close takes the rest of the file in
/** A smaller list may well shrink by half in a day. */
const LEAST_SIZE_TO_DOUBT = 20;

export type ClientList = {
  /** The clients that have this number, in its normal form. */
  find(number: string): readonly ClientRow[];
  /** Those who have a number with these last ten digits that is written in no way we know. */
  findAlike(last10: string): readonly ClientRow[];
  size(): number;
  stop(): void;
};

export type ClientListOptions = {
  path: string;
  /** A number as people write it → its normal form; null: hidden or nothing. */
  describe(raw: string): string | null;
  /** The labels of further columns that are fields of a client. */
  fields?: readonly string[];
  /** A list was read. `isTaken` is false where the one before stays in use. */
  onRead(result: { clients: number; problems: Problem[]; isTaken: boolean }): void;
  lookEveryMs?: number;
};

/** Reads the list for the first time and then whenever the file changes. Never rejects: problems are told. */
export async function watchClientList({
  path,
  describe,
  fields = [],
  onRead,
  lookEveryMs = LOOK_EVERY_MS,
}: ClientListOptions): Promise<ClientList> {
  let byNumber = new Map<string, ClientRow[]>();
  let size: number | null = null;
  let reading: Promise<void> | null = null;
  let isStale = false;

  const read = async (): Promise<void> => {
    const { rows, problems } = await readClientFile(path, describe, fields);
    // Most likely it is being written, or an export failed.
    const isCut =
      size !== null && rows.length < size / 2 && (size >= LEAST_SIZE_TO_DOUBT || rows.length === 0);
    if (isCut && problems.length === 0)
      problems.push({
        line: 0,
        message: `only ${rows.length} of ${size ?? 0} clients are left: restart the relay if that is right`,
      });
    // With no list at all, the good rows of a bad one are better than nobody.
    const isTaken = problems.length === 0 || (size === null && rows.length > 0);
    if (isTaken) {
      byNumber = await indexByNumber(rows);
      size = rows.length;
    }
    onRead({ clients: rows.length, problems, isTaken });
  };
  const readAgain = (): Promise<void> => {
    isStale = true;
    reading ??= (async () => {
      while (isStale) {
        isStale = false;
        await read();
      }
      reading = null;
    })();
    return reading;
  };

  watchFile(path, { interval: lookEveryMs, persistent: false }, (now, before) => {
    if (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino)
      void readAgain();
  });
  await readAgain();
  return {
    find: (number) => byNumber.get(number) ?? [],
    findAlike: (last10) => byNumber.get(LAST_TEN + last10) ?? [],
    size: () => size ?? 0,
    stop: () => unwatchFile(path),
  };
}

/** Every row of the file and everything that is wrong with it. Does not reject for anything in or about the file. */
export async function readClientFile(
  path: string,
  describe: ClientListOptions['describe'],
  fields: readonly string[] = [],
): Promise<{ rows: ClientRow[]; problems: Problem[] }> {
  const rows: ClientRow[] = [];
  const problems: Problem[] = [];
  let columns: Columns | null = null;
  let columnCount = 0;
  let countedTwice = 0;
  let sliceStartedAt = performance.now();
  let source: ReadStream | null = null;
  try {
    const delimiter = await guessDelimiter(path);
    const parser = parse({
      bom: true,
      delimiter,
      relax_quotes: true, // ООО "Ромашка", as people write it
      max_record_size: MAX_RECORD_BYTES,
      relax_column_count: true,
      skip_empty_lines: true,
      info: true,
      trim: true,
    });
    // A piece is parsed in one go.
    source = createReadStream(path, { highWaterMark: 4 * 1024 }).on('error', (error) =>
      parser.destroy(error),
    );
    source.pipe(parser);
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      // `lines` is that of the row's end; a quoted field may hold line breaks, and csv-parse counts \r\n there twice.
      const text = record.join('');
      countedTwice += text.split('\r\n').length - 1;
      const line = info.lines - countedTwice - text.split('\n').length + 1;
      if (columns === null) {
        const header = readHeader(record, fields);
        if (typeof header === 'string') return { rows: [], problems: [{ line, message: header }] };
        [columns, columnCount] = [header, record.length];
        continue;
      }
      const row = readRow(record, columns, columnCount, describe);
      if (rows.length >= MAX_CLIENTS) {
        problems.push({ line, message: `more than ${MAX_CLIENTS} clients` });
        break;
      }
      if (typeof row !== 'string') rows.push(row);
      else if (problems.push({ line, message: row }) >= MAX_PROBLEMS) break;
      if (performance.now() - sliceStartedAt > SLICE_MS) {
        await nextTurn();
        sliceStartedAt = performance.now();
      }
    }
    if (columns === null) problems.push({ line: 1, message: 'the file is empty' });
  } catch (error) {
    // Not readable, or quotes that do not close; csv-parse's own message quotes the row.
    const { lines, message } = error as Error & { lines?: number };
    problems.push(
      error instanceof CsvError
        ? { line: lines ?? 0, message: `a quote does not close, or text follows it (${error.code})` }
        : { line: 0, message },
    );
  } finally {
    source?.destroy(); // a list that is given up before its end would stay open
  }
  return { rows, problems };
}

/** `;` is what Excel writes where the comma is the decimal sign. The header decides. */
export async function guessDelimiter(path: string): Promise<',' | ';'> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    const header = buffer.toString('utf8', 0, bytesRead).split('\n')[0] ?? '';
    return header.split(';').length > header.split(',').length ? ';' : ',';
  } finally {
    await file.close();
  }
}

/** Before the last ten digits, so that they are no number. */
const LAST_TEN = '~';
function keysOf(number: string): string[] {
  const last = alikeKey(number);
  return last === null ? [number] : [number, LAST_TEN + last];
}

async function indexByNumber(rows: readonly ClientRow[]): Promise<Map<string, ClientRow[]>> {
  const index = new Map<string, ClientRow[]>();
  let sliceStartedAt = performance.now();
  for (const row of rows) {
    for (const number of row.numbers.flatMap(keysOf)) {
      const sharers = index.get(number);
      // Some exports have a row for each number of a client.
      if (sharers?.some(({ id }) => id === row.id)) continue;
      if (sharers) sharers.push(row);
      else index.set(number, [row]);
    }
    if (performance.now() - sliceStartedAt > SLICE_MS) {
      await nextTurn();
      sliceStartedAt = performance.now();
    }
  }
  return index;
}
