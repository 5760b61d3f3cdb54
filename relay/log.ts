// The log: one JSON line when a state changes, none per packet. Numbers are masked here, and names, tokens and secrets
// are never handed to it.
import { pino } from 'pino';
import type { Logger } from 'pino';
import type { Call } from '../shared/protocol.ts';

export type Log = Logger;

const WRITE_AFTER_MS = 20;

/** `destination`: standard output unless a test reads along. */
export const createLog = (level: string, destination?: { write(line: string): void }): Log =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    // A line waits a moment for others: a write for each would stand in the way of the next ring.
    destination ?? pino.destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 50 }),
  );

/**
 * The log of calls. Writing a line costs as much as all the rest of a ring, so lines wait a moment and are written
 * together, when the frames are out of the door.
 */
export function createCallLog(log: Log): { add(extension: string, call: Call): void; flush(): void } {
  let waiting: [extension: string, call: Call][] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const [extension, { id, state, endReason, party }] of waiting)
      log.info({ extension, call: id, state, reason: endReason, party: maskNumber(party.number) }, 'call');
    waiting = [];
  };
  return {
    add: (extension, call) => {
      waiting.push([extension, call]);
      timer ??= setTimeout(flush, WRITE_AFTER_MS);
    },
    flush,
  };
}

/** `+79161234567` → `+79*******67`: enough to follow one call through the log, not to call anybody. */
export function maskNumber(number: string | null): string {
  if (number === null) return 'hidden';
  if (!/^[+*#\d]+$/.test(number)) return 'text'; // a caller may send a name in place of a number
  if (number.length <= 6) return number; // extensions and short numbers belong to nobody outside
  const shown = number.length < 10 ? 0 : 3; // of a local number hardly anything would be hidden
  return number.slice(0, shown) + '*'.repeat(number.length - shown - 2) + number.slice(-2);
}
