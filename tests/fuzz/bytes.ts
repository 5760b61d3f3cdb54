// Damage done to a stream of AMI bytes, and ways to cut it into chunks. Deterministic by its `random`. Called by `fuzz.ts`.
import type { Random } from '../simulation/random.ts';

/** What strangers put into texts, and what no Asterisk sends. */
const FORGERIES = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ': ',
  '\0',
  '\r\nEvent: Hangup\r\nChannel: SIP/101-00000001\r\nUniqueid: 1.1\r\nCause: 16\r\n\r\n',
  '\r\n\r\nEvent: Newchannel\r\nChannel: PJSIP/101-0000dead\r\nChannelState: 5\r\nUniqueid: 6.6\r\n\r\n',
  '\r\nEvent: CoreShowChannelsComplete\r\nEventList: Complete\r\nListItems: 0\r\n\r\n',
  '\r\nActionID: fed-1\r\n',
  '\r\nResponse: x follow\r\n',
  'Response: Follows\r\nPrivilege: Command\r\n',
  '--END COMMAND--\r\n',
  'Asterisk Call Manager/9\r\n',
  '\r\n__proto__: x\r\n__proto__: y\r\n',
  '\r\nconstructor: x\r\nconstructor: y\r\n',
  '\r\nVariable: __proto__=x\r\nVariable: constructor=y\r\n',
  '\r\nChanVariable(SIP/101-00000001): toString=\r\n',
  '\r\n0: x\r\nlength: 4000000000\r\n',
  '\u2028',
  '\u0085',
  '\u202e👋é',
].map((text) => Buffer.from(text));
/** Half characters, and surrogates as three bytes each [CESU-8]. */
const NO_UTF8 = [[0xd0], [0xf0, 0x9f], [0xed, 0xa0, 0x80], [0xff, 0xfe], [0xc0, 0x80]].map((bytes) =>
  Buffer.from(bytes),
);
const LONGEST_FILLING = 20_000;

type Damage = (random: Random, bytes: Buffer) => Buffer;
const insert = (bytes: Buffer, at: number, what: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
const someOf = (random: Random, bytes: Buffer): Buffer => {
  const from = random.below(bytes.length + 1);
  return bytes.subarray(from, from + random.below(200));
};

const DAMAGES: readonly Damage[] = [
  (random, bytes) => {
    const flipped = Buffer.from(bytes);
    if (bytes.length === 0) return flipped;
    const at = random.below(bytes.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
    return flipped;
  },
  (random, bytes) => bytes.subarray(0, random.below(bytes.length + 1)),
  (random, bytes) => {
    const from = random.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random.below(100))]);
  },
  (random, bytes) => insert(bytes, random.below(bytes.length + 1), someOf(random, bytes)),
  (random, bytes) => insert(bytes, random.below(bytes.length + 1), random.pick(FORGERIES)),
  (random, bytes) => insert(bytes, afterColon(random, bytes), random.pick(FORGERIES)),
  (random, bytes) => insert(bytes, random.below(bytes.length + 1), random.pick(NO_UTF8)),
  (random, bytes) =>
    insert(
      bytes,
      afterColon(random, bytes),
      Buffer.alloc(random.below(random.chance(0.1) ? LONGEST_FILLING : 100), random.pick(['7', 'x', ': '])),
    ),
];

/** Where a value begins: there strangers write. */
function afterColon(random: Random, bytes: Buffer): number {
  const at = bytes.indexOf(': ', random.below(bytes.length + 1));
  return at < 0 ? bytes.length : at + 2;
}

/** The bytes with one to four damages. */
export function damage(random: Random, bytes: Buffer): Buffer {
  let damaged = bytes;
  for (let left = 1 + random.below(4); left > 0; left -= 1) damaged = random.pick(DAMAGES)(random, damaged);
  return damaged;
}

/** Some blocks that stand together in the stream, whole ones. */
export function cutOut(random: Random, stream: Buffer): Buffer {
  const from = stream.indexOf('\r\n\r\n', random.below(stream.length));
  if (from < 0) return stream.subarray(0, 500);
  const to = stream.indexOf('\r\n\r\n', from + 4 + random.below(1_500));
  return stream.subarray(from + 4, to < 0 ? stream.length : to + 4);
}

/** The same bytes in up to nine pieces; now and then each byte alone. */
export function split(random: Random, bytes: Buffer): Buffer[] {
  const cuts = random.chance(0.01)
    ? Array.from(bytes, (_, at) => at)
    : Array.from({ length: 1 + random.below(8) }, () => random.below(bytes.length + 1));
  const ends = [...cuts.sort((a, b) => a - b), bytes.length];
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}
