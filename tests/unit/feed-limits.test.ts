// How many may be connected, and what waits for one who reads slowly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLimits, MAX_SESSIONS_OF_EXTENSION } from '../../relay/feed/limits.ts';
import type { Limits, Place } from '../../relay/feed/limits.ts';
import { Outbox } from '../../relay/feed/outbox.ts';

/** As many as get a place, up to `count`. */
function enter(limits: Limits, address: string, count: number): Place[] {
  return Array.from({ length: count }, () => limits.enter(address)).filter((place) => place !== null);
}
const greeted = (limits: Limits, address: string, count: number): Place[] =>
  Array.from({ length: count }).flatMap((_, n) => {
    const place = limits.enter(address);
    place?.greet([`${address}-${n}`]);
    return place ?? [];
  });

test('one address has at most half of all places, and all of them at most all', () => {
  const limits = createLimits(100);
  assert.equal(greeted(limits, 'a', 100).length, 50);
  assert.equal(greeted(limits, 'b', 100).length, 50);
  assert.equal(greeted(limits, 'c', 100).length, 0);
  assert.equal(limits.count(), 100);
});

test('who has not said hello takes a quarter from one address, half from all, and the rest stays free', () => {
  const limits = createLimits(100);
  assert.equal(enter(limits, 'a', 100).length, 25);
  assert.equal(enter(limits, 'b', 100).length, 25);
  assert.equal(enter(limits, 'c', 100).length, 0);
  const other = createLimits(100);
  const crowd = enter(other, 'a', 100);
  assert.equal(greeted(other, 'c', 100).length, 50, 'a crowd without a hello keeps nobody out elsewhere');
  for (const place of crowd) place.leave();
  assert.equal(greeted(other, 'a', 100).length, 50);
});

test('one who leaves, at whatever stage and however often, gives back exactly his place', () => {
  const limits = createLimits(4);
  for (let round = 0; round < 10; round += 1) {
    const [first] = greeted(limits, 'a', 1);
    const [second] = enter(limits, 'a', 1);
    assert.ok(first && second && limits.enter('a') === null);
    for (const place of [first, second, first, second]) place.leave();
    assert.equal(limits.count(), 0);
  }
});

test('all addresses of one IPv6 network are one, as one host has them all', () => {
  const limits = createLimits(100);
  const own = Array.from({ length: 100 }, (_, n) => greeted(limits, `2001:db8::${n.toString(16)}`, 1)).flat();
  assert.equal(own.length, 50);
  assert.equal(own[7]?.address, '2001:db8::7');
  assert.equal(greeted(limits, '2001:db8:0:1::1', 100).length, 50, 'the next network is somebody else');
});

test('one place is enough for one', () => {
  assert.equal(greeted(createLimits(1), 'a', 3).length, 1);
});

test('an extension takes so many sessions, others are not touched, and a place that is left is free again', () => {
  const limits = createLimits(1_000);
  const places = enter(limits, 'a', MAX_SESSIONS_OF_EXTENSION);
  for (const place of places) assert.deepEqual(place.greet(['101']), ['101']);
  assert.deepEqual(limits.enter('a')?.greet(['101', '102']), ['102']);
  places[0]?.leave();
  assert.deepEqual(limits.enter('a')?.greet(['101']), ['101']);
});

/** A socket whose far side reads when told. */
function socketOf() {
  const sent: string[] = [];
  let unread = 0;
  let drained: (() => void)[] = [];
  return {
    sent,
    get bufferedAmount() {
      return unread * 40_000;
    },
    stream: { writableNeedDrain: true, once: (_event: 'drain', read: () => void) => drained.push(read) },
    send: (text: string): void => {
      sent.push(text);
      unread += 1;
    },
    isRead: () => {
      unread = 0;
      const told = drained;
      drained = [];
      for (const read of told) read();
    },
  };
}

test('while one is behind the newest of each kind waits, in the order it came, and goes when he reads on', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const socket = socketOf();
  const outbox = new Outbox(socket, 1_000, { tooSlow: () => assert.fail('he read in time') });
  for (const text of ['a1', 'a2']) outbox.send(text, 'a');
  for (const text of ['a3', 'b1', 'c1', 'b2', 'a4']) outbox.send(text, text.slice(0, 1));
  assert.deepEqual(socket.sent, ['a1', 'a2']);
  t.mock.timers.tick(999);
  socket.isRead();
  assert.deepEqual(socket.sent, ['a1', 'a2', 'c1', 'b2', 'a4']);
  t.mock.timers.tick(5_000);
  socket.isRead();
  outbox.send('a5', 'a');
  assert.equal(socket.sent.at(-1), 'a5');
});

test('one who is behind for too long is told of once, and nothing goes to him any more', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const socket = socketOf();
  let complaints = 0;
  const tooSlow = (): void => {
    complaints += 1;
    outbox.stop();
  };
  const outbox = new Outbox(socket, 1_000, { tooSlow });
  for (const text of ['a1', 'a2', 'a3']) outbox.send(text, 'a');
  t.mock.timers.tick(1_000);
  assert.equal(complaints, 1);
  socket.isRead();
  t.mock.timers.tick(5_000);
  assert.equal(complaints, 1);
  assert.deepEqual(socket.sent, ['a1', 'a2']);
});
