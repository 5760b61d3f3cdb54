// The add-on's core as its people meet it: several extensions over one connection, pairing, and browsers that are new.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSE, type Call, type Device, type Down } from '../../shared/protocol.ts';
import { call } from './addon-call.ts';
import { openWorld, RELAY_URL, settled, type World } from './addon-world.ts';

const token = (extension: string) => ({
  relayUrl: RELAY_URL,
  extension,
  token: `of ${extension}`,
  deviceId: `d${extension}`,
});
const line = (extension: string, seq: number, calls: Call[] = [], cause: string | null = null): Down => ({
  type: 'line',
  extension,
  epoch: 'e1',
  seq,
  cause,
  calls,
});
const missed = (extension: string, ...calls: Call[]): Down => ({ type: 'missed', extension, calls });
const devices = (extension: string, ...ids: string[]): Down => ({
  type: 'devices',
  extension,
  devices: ids.map((id): Device => ({
    id,
    name: `${id} on Linux`,
    pairedAt: 1,
    seenAt: 2,
    isOwn: id === 'own',
  })),
});
const ended = (id: string): Call => call({ id, state: 'ended', endedAt: 3_000, endReason: 'missed' });

/** A world whose link is open for these extensions. */
async function connected(extensions: string[], watched: string[] = [], disk: Partial<World['disk']> = {}) {
  const world = await openWorld({
    settings: { relayUrl: RELAY_URL, extensions },
    tokens: extensions.map(token),
    ...disk,
  });
  greet(world, extensions, watched);
  return world;
}

function greet(world: World, extensions: string[], watched: string[] = []): void {
  world.wire.opens();
  world.wire.says({
    type: 'welcome',
    protocol: 1,
    extensions,
    watched,
    serverTime: 0,
    pingEveryMs: 15_000,
    auth: 'pairing',
  });
}
const shown = (world: World): string[] => [...world.screen.keys()];
const heard = (world: World, type: string) => world.wire.heard.filter((message) => message.type === type);

test('calls of several own extensions are shown, each with its number, and end apart', async () => {
  const world = await connected(['101', '102']);
  world.wire.says(line('101', 1), line('102', 1));
  world.wire.says(line('101', 2, [call({ id: 'a' })], 'a'), line('102', 2, [call({ id: 'b' })], 'b'));
  assert.deepEqual(shown(world), ['call:101/a', 'call:102/b']);
  assert.match(world.screen.get('call:102/b')?.words.message ?? '', /onExtension 102$/);
  world.wire.says(line('101', 3, [], null));
  assert.deepEqual(shown(world), ['call:102/b']);
});

test('a single extension needs no number in its notifications', async () => {
  const world = await connected(['101', '102'], ['102']);
  world.wire.says(line('101', 1), line('101', 2, [call({ id: 'a' })], 'a'));
  assert.doesNotMatch(world.screen.get('call:101/a')?.words.message ?? '', /onExtension/);
});

test('a watched line is known to the popup and raises no notification, ringing or missed', async () => {
  const world = await connected(['101', '102'], ['102']);
  world.wire.says(
    line('102', 1),
    line('102', 2, [call({ id: 'b' })], 'b'),
    line('102', 3, [ended('b')], 'b'),
    missed('102', ended('c')),
    devices('102', 'own'),
    devices('102', 'own', 'new'),
  );
  world.wire.says(line('101', 1), line('101', 2, [call({ id: 'a' })], 'a')); // the sentinel
  assert.deepEqual(shown(world), ['call:101/a']);
  assert.deepEqual(
    world.state.extensions.map(({ line: told }) => told?.calls.map(({ id }) => id)),
    [['a'], ['b']],
  );
});

test('a line that is refused takes its ring off the screen and leaves the others alone', async () => {
  const world = await connected(['101', '102']);
  world.wire.says(line('101', 1, [call({ id: 'a' })]), line('102', 1, [call({ id: 'b' })]));
  world.wire.says({ type: 'refused', extension: '102', code: CLOSE.revoked, reason: '' });
  assert.deepEqual(shown(world), ['call:101/a']);
  assert.equal(world.state.link.state, 'open');
});

test('what was missed and seen is told to the relay for the extension that it was for, and places are held apart', async () => {
  const world = await connected(['101', '102']);
  world.wire.says(line('101', 4), line('102', 7), missed('101'), missed('102', ended('b')));
  assert.deepEqual(shown(world), ['call:102/b']);
  world.core.clicked('call:102/b');
  assert.deepEqual(heard(world, 'seen'), [{ type: 'seen', extension: '102', callIds: ['b'] }]);
  assert.deepEqual(
    world.disk.positions.map(({ extension, seq }) => [extension, seq]),
    [
      ['101', 4],
      ['102', 7],
    ],
  );
});

test('an extension that is taken out takes its rings with it, and the others keep what they know', async () => {
  const world = await connected(['101', '102']);
  world.wire.says(line('101', 1, [call({ id: 'a' })]), line('102', 1, [call({ id: 'b' })]));
  world.disk.settings = { relayUrl: RELAY_URL, extensions: ['101'] };
  await world.core.answer({ type: 'settings-saved' });
  assert.deepEqual(shown(world), ['call:101/a']);
  assert.deepEqual(
    world.state.extensions.map(({ extension }) => extension),
    ['101'],
  );
});

test('a phone that has dialled its code is watched at once, with the token that came, beside those there were', async () => {
  const world = await connected(['101']);
  await world.core.answer({ type: 'pair', relayUrl: RELAY_URL, extension: '102', invitation: null });
  const pairing = world.wire;
  pairing.opens();
  assert.deepEqual(pairing.heard, [
    { type: 'pair', protocol: 1, extension: '102', invitation: null, name: 'Chrome on Windows' },
  ]);
  pairing.says({ type: 'paired', extension: '102', token: 'of 102', deviceId: 'd102' });
  await settled();
  assert.deepEqual(world.disk.tokens.at(-1), token('102'));
  assert.deepEqual(world.disk.settings.extensions, ['101', '102']);
  assert.notEqual(world.wire, pairing);
  world.wire.opens();
  assert.deepEqual(heard(world, 'hello'), [
    {
      type: 'hello',
      protocol: 1,
      lines: ['101', '102'].map((extension) => ({ extension, token: `of ${extension}`, after: null })),
    },
  ]);
});

test('an invitation sets up an add-on that knows nothing yet', async () => {
  const world = await openWorld();
  await world.core.answer({ type: 'pair', relayUrl: RELAY_URL, extension: null, invitation: '7K3M-AAAA' });
  world.wire.opens();
  world.wire.says({ type: 'paired', extension: '101', token: 'of 101', deviceId: 'd101' });
  await settled();
  assert.deepEqual(world.disk.settings, { relayUrl: RELAY_URL, extensions: ['101'] });
  greet(world, ['101']);
  assert.equal(world.state.link.state, 'open');
});

test('a background that is ended while a code is dialled says so when it is begun again', async () => {
  const world = await openWorld();
  await world.core.answer({ type: 'pair', relayUrl: RELAY_URL, extension: '101', invitation: null });
  world.wire.opens();
  await world.restarts();
  assert.deepEqual([world.state.pairing.state, world.state.pairing.failure], ['failed', 'interrupted']);
});

test('a browser that is new is told once, also when it came while this one was closed', async () => {
  const world = await connected(['101']);
  world.wire.says(devices('101', 'own', 'old'));
  assert.deepEqual(shown(world), []);
  world.wire.says(devices('101', 'own', 'old', 'new'));
  assert.deepEqual(shown(world), ['device:101/new']);
  const notice = world.screen.get('device:101/new');
  assert.deepEqual(notice?.words, {
    title: 'newBrowserTitle 101',
    message: 'newBrowserMessage deviceOn new Linux',
  });
  world.screen.clear();
  await world.restarts();
  greet(world, ['101']);
  world.wire.says(devices('101', 'own', 'old', 'new', 'later'));
  assert.deepEqual(shown(world), ['device:101/later']);
});

test('the button revokes, a click leads to the list, and both take the notification away', async () => {
  const world = await connected(['101']);
  world.wire.says(devices('101', 'own'), devices('101', 'own', 'x', 'y'));
  world.core.clicked('device:101/x');
  assert.deepEqual([world.devicePages, shown(world)], [1, ['device:101/y']]);
  world.core.pressed('device:101/y');
  assert.deepEqual(shown(world), []);
  assert.deepEqual(heard(world, 'revoke'), [{ type: 'revoke', extension: '101', deviceId: 'y' }]);
});

test('what is revoked without a connection is said with the next one, until the relay says that it is gone', async () => {
  const world = await connected(['101']);
  world.wire.says(devices('101', 'own', 'x'));
  world.wire.closes(1006);
  await world.core.answer({ type: 'revoke', extension: '101', deviceId: 'x' });
  const reconnect = async () => {
    world.now += 5_000;
    world.core.tick();
    await settled();
    greet(world, ['101']);
  };
  await reconnect();
  assert.deepEqual(heard(world, 'revoke'), [{ type: 'revoke', extension: '101', deviceId: 'x' }]);
  world.wire.says(devices('101', 'own'));
  world.wire.closes(1006);
  await reconnect();
  assert.deepEqual(heard(world, 'revoke'), []);
});

test('an extension that is taken out is revoked for this browser, its token is forgotten, the others stay', async () => {
  const world = await connected(['101', '102']);
  const before = world.wire;
  before.says(devices('102', 'own', 'other'));
  await world.core.answer({ type: 'remove-extension', extension: '102' });
  assert.deepEqual(
    before.heard.filter(({ type }) => type === 'revoke'),
    [{ type: 'revoke', extension: '102', deviceId: 'own' }],
  );
  assert.deepEqual(world.disk.tokens, [token('101')]);
  assert.deepEqual(world.disk.settings.extensions, ['101']);
  assert.deepEqual(
    world.state.link.target?.lines.map(({ extension }) => extension),
    ['101'],
  );
});

test('a browser that is revoked by another one is not asked about any more', async () => {
  const world = await connected(['101']);
  world.wire.says(devices('101', 'own'), devices('101', 'own', 'x'));
  assert.deepEqual(shown(world), ['device:101/x']);
  world.wire.says(devices('101', 'own'));
  assert.deepEqual(shown(world), []);
});
