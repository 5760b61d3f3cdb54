// Streams of bytes through the relay's own reader and on to the lines: cut anywhere, a stream gives the same packets, and
// whatever it was, what comes after it is read. Called by `fuzz.ts`.
import assert from 'node:assert/strict';
import { readEvent } from '../../relay/ami/events.ts';
import type { Packet } from '../../relay/ami/packet.ts';
import { readReply } from '../../relay/ami/poll.ts';
import { createExchange } from '../../relay/exchange.ts';
import { FED_ID, openFedConnection } from '../relay/fed-connection.ts';
import type { Random } from '../simulation/random.ts';
import { SETTINGS } from './boards.ts';
import { cutOut, damage, split } from './bytes.ts';
import { checkBuiltIns, checkLine } from './checks.ts';
import { recordings, sessionOf12 } from './corpus.ts';

const RANDOM_SPLITS = 20;
/** The empty lines end whatever block was begun. */
const CLOSING = Buffer.from('\r\n\r\nEvent: FuzzIsOver\r\n\r\n');
const streams: ReadonlyMap<string, Buffer> = new Map([...recordings, ['12+', sessionOf12()]]);

export type StreamFuzzer = AsyncDisposable & {
  /** The packets of a stream that came in these chunks. */
  read(chunks: readonly Uint8Array[]): Packet[];
  /** One damaged piece of a stream, in one chunk and in several, and on to the lines. */
  fuzzOne(random: Random): Promise<void>;
};

export async function openStreamFuzzer(): Promise<StreamFuzzer> {
  let packets: Packet[] = [];
  let fault: unknown = null;
  const fed = await openFedConnection({
    onPacket: (packet) => void packets.push(packet),
    onListenerError: (error) => (fault = error),
    onClose: (error) => (fault = error),
  });
  const exchange = fuzzedExchange();
  let asked = 0;

  const read = (chunks: readonly Uint8Array[]): Packet[] => {
    packets = [];
    for (const chunk of chunks) fed.feed(chunk);
    fed.feed(CLOSING);
    assert.equal(fault, null, `the connection ended: ${String(fault)}`);
    assert.equal(packets.pop()?.['event'], 'FuzzIsOver', 'what came after it was not read');
    return packets;
  };

  const take = (packet: Packet): void => {
    const event = readEvent(packet);
    if (event) exchange.take(event === 'malformed' ? { type: 'doubt' } : event);
  };

  const fuzzList = async (random: Random, bytes: Buffer): Promise<void> => {
    const askedAt = exchange.inputsTaken();
    const list = fed.ami.askList('CoreShowChannels', (packet) => packet);
    const id = `${FED_ID}-${++asked}`;
    const own = Buffer.from(bytes.toString('latin1').replace(/\bpoll\d+/g, id), 'latin1');
    const events = read([
      ...split(random, own),
      Buffer.from(
        `\r\n\r\nEvent: CoreShowChannelsComplete\r\nActionID: ${id}\r\nEventList: Complete\r\nListItems: 0\r\n\r\n`,
      ),
    ]);
    // A recording holds a refusal, too. Whatever else ends it, ends the connection, and is a fault.
    const channels = readReply(await list.catch(() => []));
    if (channels) exchange.take({ type: 'poll', askedAt, isFirst: random.chance(0.1), channels });
    events.forEach(take);
  };

  return {
    read,
    fuzzOne: async (random) => {
      const bytes = damage(random, cutOut(random, random.pick([...streams.values()])));
      if (random.chance(0.1)) return fuzzList(random, bytes);
      const whole = read([bytes]);
      const inPieces = read(split(random, bytes));
      assert.deepEqual(inPieces.map(textOf), whole.map(textOf), 'other packets when cut');
      whole.forEach(take);
      exchange.take({ type: 'tick' });
      checkBuiltIns();
    },
    [Symbol.asyncDispose]: () => fed[Symbol.asyncDispose](),
  };
}

const textOf = (packet: Packet): string => JSON.stringify(packet);

/** The relay's pure path to the lines; each is checked. */
function fuzzedExchange() {
  let now = Date.UTC(2026, 0, 1);
  const unknown = { client: null, url: 'https://crm.example/new' };
  return createExchange({
    ...SETTINGS,
    now: () => (now += 100),
    find: (number) => (number.endsWith('7') ? Promise.resolve(unknown) : unknown),
    publish: checkLine,
    pollSoon: () => undefined,
    tickIn: () => undefined,
  });
}

/** Undamaged streams: the shortest one cut at each place there is, the others at random ones; how many were read. */
export async function cutEverywhere(random: Random): Promise<number> {
  await using fuzzer = await openStreamFuzzer();
  const shortest = [...streams.values()].reduce((a, b) => (b.length < a.length ? b : a));
  let count = 0;
  for (const [name, bytes] of streams) {
    const whole = fuzzer.read([bytes]).map(textOf).join('\n');
    const isSame = (chunks: readonly Uint8Array[]): void => {
      count += 1;
      if (fuzzer.read(chunks).map(textOf).join('\n') === whole) return;
      assert.fail(
        `${name} gives other packets when cut into ${chunks.map(({ length }) => length).join(' ')}`,
      );
    };
    if (bytes === shortest)
      for (let at = 0; at <= bytes.length; at += 1) isSame([bytes.subarray(0, at), bytes.subarray(at)]);
    for (let n = 0; n < RANDOM_SPLITS; n += 1) isSame(split(random, bytes));
  }
  return count;
}

/** What Asterisk 11 said, as the reader leaves it: events, rows and replies. */
export async function recordedPackets(): Promise<Packet[]> {
  await using fuzzer = await openStreamFuzzer();
  return [...recordings.values()].flatMap((bytes) => fuzzer.read([bytes]));
}
