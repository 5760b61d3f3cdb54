// Writes a trace, moment by moment and bounded, so that whatever happens (a full disk, a killed process) what was written
// before stays readable. Called by the recorder command and by the lab, which keeps its scenarios as recordings.
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { lineOf, TraceError } from './trace.ts';
import type { Moment, Trace, TraceHeader } from './trace.ts';

export type TraceFile = {
  /** false: the file would pass its bound, and nothing was written. Throws a TraceError when the disk is full. */
  add(moment: Moment): boolean;
  bytes(): number;
  close(): void;
};

/** A new file; one that is there already is not overwritten. */
export function openTraceFile(path: string, header: TraceHeader, maxBytes: number): TraceFile {
  const file = attempt(path, () => openSync(path, 'wx'));
  let length = 0;
  /** After what was left out nothing may follow: a trace with a hole tells lies. */
  let isFull = false;
  const write = (text: string): boolean => {
    const bytes = Buffer.from(text);
    isFull ||= length + bytes.length > maxBytes;
    if (isFull) return false;
    attempt(path, () => {
      try {
        for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
      } catch (error) {
        isFull = true;
        ftruncateSync(file, length); // whole lines only
        throw error;
      }
    });
    length += bytes.length;
    return true;
  };
  write(lineOf(header));
  return { add: (moment) => write(lineOf(moment)), bytes: () => length, close: () => closeSync(file) };
}

/** A whole trace at once; packed when the name ends in `.gz`. */
export function writeTraceFile(path: string, { header, moments }: Trace): void {
  const text = [header, ...moments].map(lineOf).join('');
  // Level 9 has no clock in its header, so the same trace makes the same file.
  writeFileSync(path, path.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text);
}

function attempt<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new TraceError(`${path} is there already: name another file`);
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
      throw new TraceError(
        `${path}: the disk is full (${code}): what was recorded before is in the file and can be replayed`,
      );
    throw new TraceError(`${path} cannot be written: ${message}`);
  }
}
