// Ends a database session that sends more than an answer about one number may hold. Shell; used by the SQL sources.
import type { Duplex } from 'node:stream';
import { SourceFault } from './fault.ts';
import { MAX_ANSWER_BYTES } from './sql.ts';

const LOOK_EVERY_MS = 20;

/** `tooMuch` is called once, as soon as it is seen. `check` throws where it was too much in the end. */
export function watchBytes(stream: Duplex, tooMuch: () => void): { check(): void; stop(): void } {
  const bytesRead = (): number => (stream as { bytesRead?: number }).bytesRead ?? 0;
  const most = bytesRead() + MAX_ANSWER_BYTES;
  const timer = setInterval(() => {
    if (bytesRead() <= most) return;
    clearInterval(timer);
    tooMuch();
  }, LOOK_EVERY_MS);
  return {
    check: () => {
      if (bytesRead() > most)
        throw new SourceFault(
          'directory.too-large',
          `the answer has more than ${MAX_ANSWER_BYTES / 1024} KiB`,
        );
    },
    stop: () => clearInterval(timer),
  };
}
