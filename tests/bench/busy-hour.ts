// A busy hour of a PBX, made of the recorded calls: the same blocks in the same order, with other phones, callers, channels
// and ids for each call, and many calls at once. Deterministic. Called by `ami.ts`.
import { readFileSync, globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TRACES = fileURLToPath(new URL('../traces/asterisk-11/', import.meta.url));
const CALLS_AT_ONCE = 30;
const CALLERS = 2_000;
/** Groups of phones, each with its own 101, 102 and 103. */
const OFFICES = 300;

/**
 * What the relay's account gets [EventMask: call] of each recorded call, block by block. Not of the one with a forged
 * caller: after it events are not believed until a poll has answered, and this stream has no polls.
 */
const recordedCalls = globSync('*.ami', { cwd: TRACES })
  .filter((name) => !name.includes('crlf'))
  .sort()
  .map((name) =>
    readFileSync(TRACES + name, 'utf8')
      .split('\r\n\r\n')
      .filter((block) => block.startsWith('Event: ') && block.includes('\nPrivilege: call,')),
  );

/** At least `count` events, whole calls, as one text. */
export function busyHour(count: number): { text: string; events: number } {
  const blocks: string[] = [];
  const lanes: string[][] = [];
  for (let begun = 0; blocks.length < count || lanes.length > 0;) {
    while (lanes.length < CALLS_AT_ONCE && blocks.length < count) lanes.push(renamedCall(begun++));
    for (let lane = lanes.length - 1; lane >= 0; lane -= 1) {
      const block = lanes[lane]?.shift();
      if (block === undefined) lanes.splice(lane, 1);
      else blocks.push(`${block}\r\n\r\n`);
    }
  }
  return { text: blocks.join(''), events: blocks.length };
}

function renamedCall(call: number): string[] {
  const office = String(1_000 + (call % OFFICES));
  const caller = `+7916${String(1_000_000 + ((call * 7) % CALLERS))}`;
  const epoch = String(1_800_000_000 + call);
  return (recordedCalls[call % recordedCalls.length] ?? []).map((block) =>
    block
      .replace(/\b1[0-9]{9}(\.\d+)\b/g, `${epoch}$1`)
      .replace(/-([0-9a-f]{8})\b/g, (_, count: string) => `-${hex(call * 256 + parseInt(count, 16))}`)
      .replace(/\b10([123])\b/g, `${office}$1`)
      .replaceAll('+79161234567', caller),
  );
}

const hex = (count: number): string => count.toString(16).padStart(8, '0');
