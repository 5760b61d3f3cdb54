// The trace format: one recorded AMI session (or several after one another) as JSON lines that explain themselves; a
// header, then one moment a line. Pure. Written by `trace-file.ts`, read by `recording.ts`; described in README.md here.
import { z } from 'zod';

/** As `relay/ami/connection.ts` gives it: keys in lower case, a repeated key as a list. */
const packet = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
export const MAX_PATTERN_LENGTH = 200;
const ms = z.number().nonnegative();
const pollNumber = z.number().int().nonnegative();

const header = z.looseObject({
  trace: z.literal(1),
  /** What Asterisk says it is. */
  asterisk: z.string().optional(),
  recordedAt: z.string().optional(),
  /** The relay's settings of the place, so that a replay there and here is the same. */
  extensions: z.string().max(MAX_PATTERN_LENGTH).refine(isPattern).optional(),
  /** Endpoints that are phones of another name than their extension. */
  phones: z.record(z.string(), z.string()).optional(),
  country: z.string().optional(),
  /** Of a scenario: what happens, and what each extension must be told of it (a story; of several, any). */
  title: z.string().optional(),
  told: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  /** What was done to people's numbers and names, in words. */
  replaced: z.string().optional(),
});

const moment = z.union([
  /** A packet that answers nothing. */
  z.strictObject({ ms, event: packet }),
  /** The recorder asked for all channels. */
  z.strictObject({ ms, asked: pollNumber }),
  /** The rows of that poll, its closing packet last. */
  z.strictObject({ ms, answered: pollNumber, packets: z.array(packet) }),
  /** The link was lost, with the relay's own code; what is asked later belongs to a new session. */
  z.strictObject({ ms, lost: z.string() }),
  /** What happened outside, for people: `SIP 101 -> 180`. */
  z.strictObject({ ms, mark: z.string() }),
]);

export type TracePacket = z.infer<typeof packet>;
export type TraceHeader = z.infer<typeof header>;
export type Moment = z.infer<typeof moment>;
export type Trace = { header: TraceHeader; moments: Moment[] };

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

/** What is wrong with a file, where, and what to do; for people. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
}

export const lineOf = (value: TraceHeader | Moment): string => `${JSON.stringify(value)}\n`;

/** `place` names the text in errors. A last line that was cut off (a full disk, a killed recorder) is left out. */
export function parseTrace(text: string, place: string): Trace {
  const [first = '', ...rest] = text.split('\n');
  const head = header.safeParse(parsed(first));
  if (!head.success)
    throw new TraceError(
      `${place}, line 1: this is no trace, as a trace begins {"trace":1…}: give a file that "npm run record" wrote`,
    );
  const cut = rest.pop() ?? '';
  const moments = rest.map((line, index) => readMoment(line, `${place}, line ${index + 2}`));
  const last = moment.safeParse(parsed(cut));
  return { header: head.data, moments: last.success ? [...moments, last.data] : moments };
}

function readMoment(line: string, place: string): Moment {
  const result = moment.safeParse(parsed(line));
  if (result.success) return result.data;
  throw new TraceError(
    `${place}: this is no moment of a trace (${JSON.stringify(line.slice(0, 60))}): ` +
      'delete the line, or record once more with "npm run record"',
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
