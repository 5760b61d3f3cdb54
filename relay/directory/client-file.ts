// The CSV of clients, read from its first line to its last: what its rows say, and what is wrong with each. Shell; runs in the
// thread of `client-list.ts`, as a list of 100,000 takes seconds and no ring may wait for it.
import { createReadStream } from 'node:fs';
import type { ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse';
import { readHeader, readRow } from './client-rows.ts';
import type { ClientRow, Columns, Problem } from './client-rows.ts';

const MAX_PROBLEMS = 100;
const MAX_CLIENTS = 1_000_000;
const MAX_RECORD_BYTES = 64 * 1024; // a quote that does not close takes the rest of the file in

export type ReadingRules = {
  /** A number as people write it → its normal form; null: hidden or nothing. */
  describe(raw: string): string | null;
  /** The labels of further columns that are fields of a client. */
  fields: readonly string[];
};

/** Every good row, to `take`; everything that is wrong with the others. Does not reject for anything in or about the file. */
export async function readClientFile(
  path: string,
  { describe, fields }: ReadingRules,
  take: (row: ClientRow) => void,
): Promise<Problem[]> {
  let taken = 0;
  const problems: Problem[] = [];
  let columns: Columns | null = null;
  let columnCount = 0;
  let countedTwice = 0;
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
    source = createReadStream(path).on('error', (error) => parser.destroy(error));
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
        if (typeof header === 'string') return [{ line, message: header }];
        [columns, columnCount] = [header, record.length];
        continue;
      }
      const row = readRow(record, columns, columnCount, describe);
      if (taken >= MAX_CLIENTS) {
        problems.push({ line, message: `more than ${MAX_CLIENTS} clients` });
        break;
      }
      if (typeof row === 'string') {
        if (problems.push({ line, message: row }) >= MAX_PROBLEMS) break;
        continue;
      }
      take(row);
      taken += 1;
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
  return problems;
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
