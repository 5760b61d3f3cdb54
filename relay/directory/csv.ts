// A CSV as a list that is read from beginning to end, for the staff. The clients' own is watched: `client-list.ts`.
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import type { Puller } from './asker.ts';
import { guessDelimiter } from './client-file.ts';
import { headerName } from './client-rows.ts';
import { SourceFault } from './fault.ts';

const BATCH_ROWS = 1_000;
const MAX_RECORD_BYTES = 64 * 1024;

export const pullCsv = (path: string): Puller =>
  async function* (signal) {
    const parser = parse({
      bom: true,
      delimiter: await guessDelimiter(path),
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: MAX_RECORD_BYTES,
      columns: (cells: string[]) => cells.map(headerName),
    });
    const source = createReadStream(path, { signal }).on('error', (error) => parser.destroy(error));
    source.pipe(parser);
    try {
      let batch: unknown[] = [];
      for await (const row of parser) {
        batch.push(row);
        if (batch.length < BATCH_ROWS) continue;
        yield batch;
        batch = [];
      }
      yield batch;
    } catch (error) {
      const { lines, code } = error as { lines?: number; code?: string };
      if (lines === undefined) throw error;
      throw new SourceFault('directory.bad-answer', `line ${lines} is not CSV (${code ?? ''})`);
    } finally {
      source.destroy();
    }
  };
