// The log: one JSON line when a state changes, none per packet. Numbers are masked here, and names, tokens and secrets
// are never handed to it.
import { pino } from 'pino';
import type { Logger } from 'pino';

export type Log = Logger;

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

/** `+79161234567` → `+79*******67`: enough to follow one call through the log, not to call anybody. */
export function maskNumber(number: string | null): string {
  if (number === null) return 'hidden';
  if (!/^[+*#\d]+$/.test(number)) return 'text'; // a caller may send a name in place of a number
  if (number.length <= 6) return number; // extensions and short numbers belong to nobody outside
  const shown = number.length < 10 ? 0 : 3; // of a local number hardly anything would be hidden
  return number.slice(0, shown) + '*'.repeat(number.length - shown - 2) + number.slice(-2);
}
