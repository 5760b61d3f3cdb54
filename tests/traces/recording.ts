// A recorded AMI session of either kind as one: `NAME.trace`, `NAME.trace.gz`, and `NAME.ami` with its `NAME.times`.
// Called by `replay.ts`, `practice-pbx.ts` and the replay command.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { readBytes } from './recorded-bytes.ts';
import { parseTrace, TraceError } from './trace.ts';
import type { Trace } from './trace.ts';

const KIND = /\.(?:trace|trace\.gz|ami)$/;
/** Far above what the recorder writes; a small file may unpack to more than there is memory. */
const MAX_LENGTH = 400 * 1024 * 1024;

/** The folder that the committed recordings lie in. */
export const RECORDINGS = fileURLToPath(new URL('.', import.meta.url));

/** What a recording is called, wherever it lies and of whatever kind it is. */
export const nameOf = (path: string): string => basename(path).replace(KIND, '');

/** Throws a TraceError: what is wrong, where, and what to do. */
export function readRecording(path: string): Trace {
  if (!KIND.test(path))
    throw new TraceError(`${path} is no recording: give a .trace, .trace.gz or .ami file, or their folder`);
  const bytes = attempt(path, () => readFileSync(path));
  if (path.endsWith('.ami')) {
    const times = path.replace(/ami$/, 'times');
    return {
      header: { trace: 1, country: 'RU' },
      moments: readBytes(
        bytes,
        attempt(times, () => readFileSync(times, 'utf8')),
      ),
    };
  }
  const isPacked = path.endsWith('.gz');
  const text = attempt(path, () =>
    (isPacked ? gunzipSync(bytes, { maxOutputLength: MAX_LENGTH }) : bytes).toString(),
  );
  return parseTrace(text, path);
}

/** Files and folders as given → recordings, each once; `.times` stands for its `.ami`. */
export function findRecordings(paths: readonly string[]): string[] {
  const found = paths.flatMap((path) =>
    attempt(path, () => statSync(path)).isDirectory()
      ? readdirSync(path, { encoding: 'utf8', recursive: true })
          .filter((name) => KIND.test(name))
          .sort()
          .map((name) => join(path, name))
      : [path.replace(/\.times$/, '.ami')],
  );
  return [...new Set(found)];
}

const attempt = <T>(path: string, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw new TraceError(`${path} cannot be read: ${(error as Error).message}`);
  }
};
