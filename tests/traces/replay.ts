// Plays a recorded AMI session through the relay's pure path (events, polls, switchboard, view) and tells what each
// extension would have been told. Called by unit tests.
import { readEvent } from '../../relay/ami/events.ts';
import { readReply } from '../../relay/ami/poll.ts';
import { read } from '../../relay/ami/packet.ts';
import type { Packet } from '../../relay/ami/packet.ts';
import type { Input } from '../../relay/calls/facts.ts';
import { createPhones } from '../../relay/calls/phones.ts';
import { createExchange } from '../../relay/exchange.ts';
import { numberDescriber } from '../../relay/numbers.ts';
import type { Call } from '../../shared/protocol.ts';
import { tellStory } from '../relay/story.ts';
import { readRecording } from './recording.ts';

/** Which of the two sources the relay is given. */
export type Sources = 'events and polls' | 'events only' | 'polls only';

/** `NAME` in tests/traces → story by extension; an extension that was told nothing has none. */
export function replay(name: string, sources: Sources): Record<string, string> {
  const told = new Map<string, Call[]>();
  let now = 0;
  const exchange = createExchange({
    ...createPhones({ pattern: /^\d{2,6}$/, endpoints: new Map(), prefix: '' }),
    describeNumber: numberDescriber('RU'),
    now: () => 1_700_000_000_000 + now,
    find: () => ({ client: null, url: null }),
    pollSoon: () => undefined,
    publish: (extension, cause) => {
      const calls = told.get(extension) ?? [];
      told.set(extension, calls);
      calls.push(...exchange.line(extension).filter((call) => call.id === cause));
    },
  });

  const askedAt = new Map<string, number>();
  const replies = new Map<string, Packet[]>();
  let isFirst = true;
  const takePacket = (packet: Packet): void => {
    const id = read(packet, 'actionid');
    if (askedAt.has(id)) {
      if (read(packet, 'event') === '') return;
      const reply = replies.get(id) ?? [];
      replies.set(id, reply);
      reply.push(packet);
      if (read(packet, 'eventlist').toLowerCase() !== 'complete') return;
      const channels = readReply(reply);
      if (!channels || (sources === 'events only' && !isFirst)) return;
      exchange.take({ type: 'poll', askedAt: askedAt.get(id) ?? 0, isFirst, channels });
      isFirst = false;
      return;
    }
    if (sources === 'polls only') return;
    const event = readEvent(packet);
    const input: Input | null = event === 'malformed' ? { type: 'doubt' } : event;
    if (input) exchange.take(input);
  };

  for (const { ms, blocks, mark } of readRecording(name)) {
    now = ms;
    const asked = /^AMI TX .*ActionID=(\S+)/.exec(mark)?.[1];
    if (asked !== undefined) askedAt.set(asked, exchange.inputsTaken());
    for (const block of blocks) takePacket(readBlock(block));
  }
  return Object.fromEntries([...told].sort().map(([extension, calls]) => [extension, tellStory(calls)]));
}

/** A block as the package's reader gives it: keys in lower case, repeated ones as lists. */
function readBlock(block: string): Packet {
  const packet: Record<string, string | string[]> = {};
  for (const line of block.split(/\r?\n/)) {
    if (line === '' || line.startsWith('Asterisk Call Manager')) continue;
    const [key = '', ...rest] = line.split(': ');
    const name = key.trim().toLowerCase();
    const before = packet[name];
    packet[name] = before === undefined ? rest.join(': ') : [before, rest.join(': ')].flat();
  }
  return packet;
}
