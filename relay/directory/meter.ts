// Ends a database session that sends more than an answer about one number may hold. Shell; used by the SQL sources.
import type { Duplex } from 'node:stream';
import { SourceFault } from './fault.ts';
import { MAX_ANSWER_BYTES } from './sql.ts';

const LOOK_EVERY_MS = 20;

/** `tooMuch` is called once. `fault`: why; null: it was not. */
export function watchBytes(
  stream: Duplex,
  tooMuch: () => void,
): { fault(): SourceFault | null; stop(): void } {
  const bytesRead = (): number => (stream as { bytesRead?: number }).bytesRead ?? 0;
  const startedAt = bytesRead();
  let isTooMuch = false;
  const timer = setInterval(() => {
    if (bytesRead() - startedAt <= MAX_ANSWER_BYTES) return;
    isTooMuch = true;
    clearInterval(timer);
    tooMuch();
  }, LOOK_EVERY_MS);
  return {
    fault: () =>
      isTooMuch
        ? new SourceFault('directory.too-large', `the answer has more than ${MAX_ANSWER_BYTES / 1024} KiB`)
        : null,
    stop: () => clearInterval(timer),
  };
}
