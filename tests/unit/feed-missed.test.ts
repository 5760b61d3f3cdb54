// Those who were away: what they are told after their first line, and how what one device has seen reaches the others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { createHub } from '../../relay/feed/hub.ts';
import type { PbxState } from '../../relay/feed/hub.ts';
import { serveFeed } from '../../relay/feed/server.ts';
import type { Kept } from '../../relay/feed/session.ts';
import { decodeDown, encode, MAX_DOWN_BYTES, MAX_MISSED } from '../../shared/protocol.ts';
import type { Down, Position, Up } from '../../shared/protocol.ts';
import { waitFor } from '../relay/wait.ts';
import { call, client, party } from './addon-call.ts';

const DEADLINE_MS = 3_000;
const AFTER = { epoch: 'e0', seq: 7 };
const missed = (id: string) => call({ id, state: 'ended', endedAt: 2_000, endReason: 'missed' });

type Found = Awaited<ReturnType<Kept['missedSince']>>;

async function serve(first: Found) {
  let found = first;
  const seen: string[] = [];
  const asked: (Position | null)[] = [];
  let pbx: PbxState = { state: 'up', since: 0, isKnown: true };
  const kept: Kept = {
    missedSince: (_extension, after) => {
      asked.push(after);
      return Promise.resolve(found);
    },
    seen: (extension, callIds) => void seen.push(`${extension} ${callIds.join(' ')}`),
  };
  const hub = createHub({ epoch: 'e1', line: () => [], pbx: () => pbx, onLineSent: () => undefined });
  const feed = await serveFeed({
    host: '127.0.0.1',
    port: 0,
    hub,
    kept,
    isExtension: (text) => /^\d{2,6}$/.test(text),
    pairing: null,
    now: () => 0,
    readiness: () => ({ isReady: true, missing: [] }),
    metricsText: () => Promise.resolve(''),
    pages: () => null,
    onSessions: () => undefined,
    onSessionClosed: () => undefined,
    onSessionRefused: () => undefined,
    maxSessions: 100,
  });
  const setKnown = (isKnown: boolean): void => {
    pbx = { ...pbx, isKnown };
    hub.pbxChanged();
  };
  const url = `ws://127.0.0.1:${feed.address.port}/feed`;
  const finds = (later: Found): void => void (found = later);
  return { hub, url, seen, asked, setKnown, finds, [Symbol.asyncDispose]: () => feed.stop() };
}

/** Says hello at once. */
function join(url: string, extension: string, after: Position | null = AFTER) {
  const socket = new WebSocket(url);
  const messages: Down[] = [];
  const sizes: number[] = [];
  const say = (message: Up): void => socket.send(encode(message));
  socket.on('open', () => say({ type: 'hello', protocol: 1, lines: [{ extension, token: null, after }] }));
  socket.on('message', (data) => {
    const message = decodeDown((data as Buffer).toString());
    assert.ok(message, 'what the relay sends is in the protocol');
    sizes.push((data as Buffer).length);
    messages.push(message);
  });
  const isTold = (type: Down['type'], count = 1) =>
    waitFor(
      () => messages.filter((message) => message.type === type).length >= count,
      DEADLINE_MS,
      () => `${type} was not told, but: ${JSON.stringify(messages)}`,
    );
  const types = (): string => messages.map(({ type }) => type).join(' ');
  return { messages, sizes, say, isTold, types, [Symbol.dispose]: () => socket.terminate() };
}

test('after his first line he is told what of before is dealt with, and what was missed since', async () => {
  await using served = await serve({ calls: [missed('b')], dealtWith: ['a'] });
  using anna = join(served.url, '101');
  await anna.isTold('missed');
  assert.equal(anna.types(), 'welcome pbx line seen missed');
  assert.deepEqual(anna.messages.slice(3), [
    { type: 'seen', extension: '101', callIds: ['a'] },
    { type: 'missed', extension: '101', calls: [missed('b')] },
  ]);
  assert.deepEqual(served.asked, [AFTER]);
});

test('that nothing was missed is told, too; that nobody knows is not', async () => {
  await using served = await serve({ calls: [], dealtWith: [] });
  using anna = join(served.url, '101', null);
  await anna.isTold('missed');
  assert.equal(anna.types(), 'welcome pbx line missed');

  await using faulty = await serve(null);
  using ivan = join(faulty.url, '101');
  await ivan.isTold('line');
  faulty.hub.publish('101', null, []);
  await ivan.isTold('line', 2);
  assert.equal(ivan.types(), 'welcome pbx line line');
});

test('a journal that does not know at first, for its disk is full, is asked again until it does', async () => {
  await using served = await serve(null);
  using anna = join(served.url, '101');
  await anna.isTold('line');
  served.finds({ calls: [missed('b')], dealtWith: ['a'] });
  await anna.isTold('missed');
  assert.equal(anna.types(), 'welcome pbx line seen missed');
  assert.deepEqual(served.asked, [AFTER, AFTER]);
});

test('while no line is known nothing is told as missed, as calls may still end before the first', async () => {
  await using served = await serve({ calls: [missed('b')], dealtWith: [] });
  served.setKnown(false);
  using anna = join(served.url, '101');
  await anna.isTold('pbx');
  assert.deepEqual(served.asked, []);
  served.setKnown(true);
  await anna.isTold('missed');
  assert.equal(anna.types(), 'welcome pbx line missed');
});

test('what one device has seen is kept, and told to all devices of the extension and to nobody else', async () => {
  await using served = await serve({ calls: [], dealtWith: [] });
  using office = join(served.url, '101');
  using home = join(served.url, '101');
  using other = join(served.url, '102');
  await Promise.all([office, home, other].map((one) => one.isTold('missed')));
  office.say({ type: 'seen', extension: '101', callIds: ['b'] });
  await Promise.all([office, home].map((one) => one.isTold('seen')));
  assert.deepEqual(home.messages.at(-1), { type: 'seen', extension: '101', callIds: ['b'] });
  assert.deepEqual(served.seen, ['101 b']);
  assert.equal(other.types(), 'welcome pbx line missed');
});

test('nobody marks the calls of an extension that he was not granted', async () => {
  await using served = await serve({ calls: [], dealtWith: [] });
  using anna = join(served.url, '101');
  using ivan = join(served.url, '102');
  await Promise.all([anna, ivan].map((one) => one.isTold('missed')));
  ivan.say({ type: 'seen', extension: '101', callIds: ['b'] });
  ivan.say({ type: 'seen', extension: '102', callIds: ['c'] });
  await ivan.isTold('seen');
  assert.deepEqual(served.seen, ['102 c']);
  assert.equal(anna.types(), 'welcome pbx line missed');
});

test('of more than fits into a frame the newest are told', async () => {
  const long = 'ж'.repeat(500);
  const fields = Array.from({ length: 8 }, () => ({ label: long, value: long }));
  const calls = Array.from({ length: MAX_MISSED }, (_, n) => ({
    ...missed(`c${n}`),
    party: party({ client: client({ name: long, fields }) }),
  }));
  await using served = await serve({ calls, dealtWith: [] });
  using anna = join(served.url, '101');
  await anna.isTold('missed');
  const last = anna.messages.at(-1);
  assert.ok(last?.type === 'missed');
  assert.ok(last.calls.length > 1 && last.calls.length < MAX_MISSED && last.calls[0]?.id === 'c0');
  assert.ok((anna.sizes.at(-1) ?? Infinity) <= MAX_DOWN_BYTES);
});
