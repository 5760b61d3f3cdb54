// Reads a whole list beside the calls: a million rows keep a processor busy for seconds. Started by `snapshot.ts` for each
// reading and gone after it; what it made is handed over without a copy.
import { parentPort, workerData } from 'node:worker_threads';
import type { CountryCode } from 'libphonenumber-js/max';
import type { SourceConfig } from '../config-directory.ts';
import type { FaultCode } from './source.ts';
import { faultOf } from './fault.ts';
import { openPuller } from './open-puller.ts';
import type { Packed } from './packed-clients.ts';
import { pullAll } from './pull.ts';
import { readSnapshotFile, writeSnapshotFile } from './snapshot-file.ts';
import { numberReader } from './written-number.ts';

export type Task = {
  /** `load`: what was kept on disk. `pull`: what the source has now. */
  type: 'load' | 'pull';
  config: SourceConfig;
  country: CountryCode;
  fields: readonly string[];
  /** Where the last good one is kept; null: nowhere. */
  file: string | null;
  /** Fewer are not believed. */
  least: number;
  at: number;
};

export type Outcome =
  | {
      type: 'taken';
      packed: Packed;
      clients: number;
      refused: number;
      problem: string | null;
      at: number;
      keepFault: string | null;
    }
  /** There is nothing on disk. */
  | { type: 'none' }
  | { type: 'fault'; code: FaultCode; problem: string };

async function work({ type, config, country, fields, file, least, at }: Task): Promise<Outcome> {
  if (type === 'load') {
    const kept = file === null ? null : await readSnapshotFile(file);
    if (!kept) return { type: 'none' };
    return {
      type: 'taken',
      ...kept,
      clients: kept.packed.count,
      refused: 0,
      problem: null,
      keepFault: null,
    };
  }
  const pull = await openPuller(config);
  const rules = { fields, describe: numberReader(country) };
  const pulled = await pullAll(pull, rules, new AbortController().signal);
  if (pulled.clients < least) {
    const problem = `only ${pulled.clients} clients are left, less than half: if that is right, ${remedy(file)}`;
    return { type: 'fault', code: 'directory.bad-answer', problem };
  }
  const keepFault =
    file === null
      ? null
      : await writeSnapshotFile(file, pulled.packed, at).then(
          () => null,
          (error: unknown) => faultOf(error).message,
        );
  return { type: 'taken', ...pulled, at, keepFault };
}

const remedy = (file: string | null): string =>
  file === null ? 'restart the relay' : `delete ${file} and restart the relay`;

const outcome = await work(workerData as Task).catch((error: unknown): Outcome => {
  const { code, message } = faultOf(error);
  return { type: 'fault', code, problem: message };
});
const buffers = outcome.type === 'taken' ? [outcome.packed.texts.buffer, outcome.packed.table.buffer] : [];
parentPort?.postMessage(outcome, buffers);
