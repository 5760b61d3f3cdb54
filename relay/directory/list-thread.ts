// Reads the CSV of clients beside the calls. Started by `client-list.ts` for each reading and gone after it; what it made is
// handed over without a copy.
import { parentPort, workerData } from 'node:worker_threads';
import type { CountryCode } from 'libphonenumber-js/max';
import { readClientFile } from './client-file.ts';
import type { Problem } from './client-rows.ts';
import { createPacker } from './packed-clients.ts';
import type { Packed } from './packed-clients.ts';
import { numberReader } from './written-number.ts';

export type ListTask = { path: string; country: CountryCode; fields: readonly string[] };
export type ListOutcome = { packed: Packed; problems: Problem[] };

const { path, country, fields } = workerData as ListTask;
const packer = createPacker();
const problems = await readClientFile(path, { describe: numberReader(country), fields }, (row) => {
  if (!packer.add(row)) throw new Error('it has more text than can be held');
});
const packed = packer.finish();
const outcome: ListOutcome = { packed, problems };
parentPort?.postMessage(outcome, [packed.texts.buffer, packed.table.buffer]);
