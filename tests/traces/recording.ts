// A recorded AMI session as moments: what arrived when, block by block, and what was asked or dialled then. Pure but for
// reading the file. Called by `replay.ts` and `practice-pbx.ts`.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type Moment = {
  /** Milliseconds of the recording's own clock. */
  ms: number;
  /** Whole blocks that were complete then, without the empty line that ends them. */
  blocks: string[];
  /** `AMI TX …` what was asked, `SIP …` what a phone did; '' for what arrived. */
  mark: string;
};

/** `asterisk-11/NAME` → its moments, in order. */
export function readRecording(name: string): Moment[] {
  const path = fileURLToPath(new URL(`./${name}`, import.meta.url));
  const bytes = readFileSync(`${path}.ami`);
  let unread = '';
  return readFileSync(`${path}.times`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [ms, offset, mark = ''] = line.split('\t');
      const length = Number(/^AMI RX (\d+)/.exec(mark)?.[1] ?? 0);
      const blocks = (unread + bytes.toString('utf8', Number(offset), Number(offset) + length)).split(/\r?\n\r?\n/);
      unread = blocks.pop() ?? '';
      return { ms: Number(ms), blocks, mark: length > 0 ? '' : mark };
    });
}

/** The ActionID of the recorder's poll that a block answers, or undefined: an event. */
export const pollOf = (block: string): string | undefined => /^ActionID: (poll\d+)\r?$/m.exec(block)?.[1];
