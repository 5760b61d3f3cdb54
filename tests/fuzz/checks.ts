// What must hold whatever came over AMI: what is told can be sent and read, and nothing grows beyond its bound. Called by
// `streams.ts` and `boards.ts`.
import assert from 'node:assert/strict';
import { MAX_CALLS_KEPT, MAX_CHANNELS, MAX_GONE_NAMES } from '../../relay/calls/switchboard.ts';
import type { Channel, Switchboard } from '../../relay/calls/switchboard.ts';
import { decodeDown, encode, MAX_DOWN_BYTES } from '../../shared/protocol.ts';
import type { Call } from '../../shared/protocol.ts';

/** [packet: MAX_VALUE_LENGTH] Nothing a stranger sent is kept longer than this. */
const LONGEST_TEXT = 1_024;
/** Channels that are gone may be held by those that they rang, which may be gone, too … */
const LONGEST_CHAIN = 100;

/** A line, as the hub would send it, is one that the add-on takes as it was meant. */
export function checkLine(extension: string, cause: string | null, calls: Call[]): void {
  const frame = encode({ type: 'line', extension, epoch: 'fuzz', seq: 1, cause, calls });
  assert.ok(Buffer.byteLength(frame) <= MAX_DOWN_BYTES, `a line of ${frame.length} characters`);
  const message = decodeDown(frame);
  assert.ok(message, `the add-on would not take ${frame}`);
  assert.equal(encode(message), frame);
}

export function checkBounds(board: Switchboard): void {
  for (const [name, collection] of Object.entries(board))
    if (collection instanceof Map || collection instanceof Set)
      assert.ok(collection.size <= MAX_CHANNELS, `${name} has ${collection.size} entries`);
  assert.ok(board.gone.size <= MAX_GONE_NAMES, `${board.gone.size} names of gone channels`);
  for (const [extension, calls] of board.lines) {
    assert.ok(calls.length > 0 && calls.length <= MAX_CALLS_KEPT, `${extension} keeps ${calls.length} calls`);
    for (const call of calls)
      for (const leg of call.legs)
        assert.ok(board.channels.get(leg.name) === leg, `${leg.name} is gone and is a leg of ${call.id}`);
  }
  for (const [extension, phones] of board.phones) {
    assert.ok(phones.size > 0, `${extension} has an empty set of phones`);
    for (const phone of phones) assert.ok(board.channels.get(phone.name) === phone, `${phone.name} is gone`);
  }
  for (const channel of board.channels.values()) {
    for (const [key, value] of Object.entries(channel))
      if (typeof value === 'string')
        assert.ok(value.length <= LONGEST_TEXT, `${key} has ${value.length} characters`);
    assert.ok(
      chainLength(channel) <= LONGEST_CHAIN,
      `${channel.name} holds a chain of channels that are gone`,
    );
  }
}

function chainLength(channel: Channel): number {
  const seen = new Set<Channel>();
  for (let next: Channel | null = channel; next !== null && !seen.has(next); next = next.source)
    seen.add(next);
  return seen.size;
}

const builtIn = (): number =>
  [Object, Array, Function, String].reduce(
    (sum, { prototype }) => sum + Reflect.ownKeys(prototype).length,
    0,
  );
const builtInAtStart = builtIn();

/** Keys that strangers chose have not got into what all objects have. */
export const checkBuiltIns = (): void =>
  assert.equal(builtIn(), builtInAtStart, 'a prototype was written to');
