// What IT sets by policy: read leniently, laid over the browser's own settings, and its invitation used once.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  dueInvitation,
  NO_POLICY,
  ownOf,
  readPolicy,
  withPolicy,
  withUsed,
  type Policy,
  type PolicyKey,
} from '../../extension/managed.ts';
import { NO_SETTINGS, type Settings } from '../../extension/settings.ts';
import { CLOSE, type Down } from '../../shared/protocol.ts';
import { call } from './addon-call.ts';
import { openWorld, RELAY_URL, settled, type World } from './addon-world.ts';

const SECRET = '7K3M-AAAA-BBBB';

const readings: [string, Record<string, unknown>, Partial<Policy>][] = [
  ['nothing', {}, {}],
  ['empty values, as templates leave them', { relay: '', extension: '', helpLink: null }, {}],
  ['a relay, which is then fixed', { relay: 'pbx.local' }, { relayUrl: RELAY_URL, isRelayLocked: true }],
  ['a proposed relay', { relay: 'pbx.local', lockRelay: false }, { relayUrl: RELAY_URL }],
  ['a relay as registries say no', { relay: 'pbx.local', lockRelay: 0 }, { relayUrl: RELAY_URL }],
  ['one extension', { extension: '101' }, { extensions: ['101'], isExtensionLocked: true }],
  ['one extension as a number', { extension: 101 }, { extensions: ['101'], isExtensionLocked: true }],
  [
    'several, proposed',
    { extension: '101, 102;102', lockExtension: 'false' },
    { extensions: ['101', '102'] },
  ],
  ['a lock without a value', { lockRelay: true, lockExtension: true }, {}],
  ['an invitation’s code', { invitation: SECRET }, { invitation: { relayUrl: null, secret: SECRET } }],
  [
    'an invitation’s link',
    { invitation: `http://pbx.local/pair#${SECRET}` },
    { invitation: { relayUrl: RELAY_URL, secret: SECRET } },
  ],
  [
    'help',
    { helpText: ' Ask Igor ', helpLink: 'https://help.example' },
    { helpText: 'Ask Igor', helpLink: 'https://help.example/' },
  ],
  ['help by telephone', { helpLink: 'tel:112' }, { helpLink: 'tel:112' }],
  ['what a later version knows', { color: 'red' }, {}],
];
for (const [what, stored, expected] of readings)
  test(`a policy may say: ${what}`, () =>
    assert.deepEqual(readPolicy(stored), { ...NO_POLICY, ...expected }));

const wrong: [PolicyKey, unknown][] = [
  ['relay', 'ftp://pbx.local'],
  ['relay', ['pbx.local']],
  ['lockRelay', 'perhaps'],
  ['extension', '101/2'],
  ['extension', '1,2,3,4,5,6,7,8,9'],
  ['lockExtension', {}],
  ['invitation', 'two words?'],
  ['helpText', { en: 'Ask' }],
  ['helpLink', 'javascript:alert(1)'],
  ['helpLink', 'room 12'],
];
for (const [key, value] of wrong)
  test(`a policy whose ${key} is ${JSON.stringify(value)} says so, and the rest of it counts`, () => {
    const { faults, ...policy } = readPolicy({
      ...(key !== 'helpText' && { helpText: 'Ask Igor' }),
      [key]: value,
    });
    assert.deepEqual(faults, [key]);
    assert.deepEqual(
      { ...policy, faults: [] },
      { ...NO_POLICY, helpText: key === 'helpText' ? '' : 'Ask Igor' },
    );
  });

test('the schema that Chromium asks for knows the same names, and a text or a yes or no for each', () => {
  const schema = JSON.parse(
    readFileSync(new URL('../../extension/public/managed-schema.json', import.meta.url), 'utf8'),
  ) as { properties: Record<string, { type: string }> };
  const stored = Object.fromEntries(Object.keys(schema.properties).map((name) => [name, { is: 'wrong' }]));
  assert.deepEqual(new Set(readPolicy(stored).faults), new Set(Object.keys(schema.properties)));
  assert.deepEqual(
    new Set(Object.values(schema.properties).map(({ type }) => type)),
    new Set(['string', 'boolean']),
  );
});

const own: Settings = { relayUrl: 'ws://own/feed', extensions: ['7'] };
const layers: [string, Settings, Record<string, unknown>, Settings][] = [
  ['without a policy', own, {}, own],
  [
    'what is fixed stands above',
    own,
    { relay: 'pbx.local', extension: '101' },
    { relayUrl: RELAY_URL, extensions: ['101'] },
  ],
  [
    'what is proposed stands below',
    own,
    { relay: 'pbx.local', extension: '101', lockRelay: false, lockExtension: false },
    own,
  ],
  [
    'what is proposed helps who has none',
    NO_SETTINGS,
    { relay: 'pbx.local', extension: '101', lockRelay: false, lockExtension: false },
    { relayUrl: RELAY_URL, extensions: ['101'] },
  ],
  ['a fixed relay leaves the extension', own, { relay: 'pbx.local' }, { ...own, relayUrl: RELAY_URL }],
  ['a wrong relay changes nothing', own, { relay: 'ftp://x' }, own],
];
for (const [what, mine, stored, expected] of layers)
  test(`settings: ${what}`, () => assert.deepEqual(withPolicy(mine, readPolicy(stored)), expected));

test('what IT has fixed is not written among the own settings, so it goes with the policy', () => {
  const policy = readPolicy({ relay: 'pbx.local', extension: '101', lockExtension: false });
  const saved = ownOf({ relayUrl: RELAY_URL, extensions: ['102'] }, own, policy);
  assert.deepEqual(saved, { relayUrl: own.relayUrl, extensions: ['102'] });
});

test('an invitation is due once, for the relay and extension that the policy names, and not where all is paired', () => {
  const token = { relayUrl: RELAY_URL, extension: '101', token: 't', deviceId: 'd' };
  const due = (stored: Record<string, unknown>, tokens = [] as (typeof token)[], used: string[] = []) =>
    dueInvitation(readPolicy({ invitation: SECRET, ...stored }), NO_SETTINGS, tokens, used);
  assert.equal(due({}), null, 'no relay is known');
  assert.deepEqual(due({ relay: 'pbx.local' }), { relayUrl: RELAY_URL, extension: null, secret: SECRET });
  const both = { relay: 'pbx.local', extension: '101' };
  assert.deepEqual(due(both), { relayUrl: RELAY_URL, extension: '101', secret: SECRET });
  assert.equal(due(both, [token]), null);
  assert.equal(due(both, [], [SECRET]), null);
  assert.notEqual(due({ relay: 'pbx.local', extension: '101,102' }, [token]), null);
  const many = Array.from({ length: 40 }, (_, n) => `used-${n}`).reduce<string[]>(withUsed, []);
  assert.equal(many.at(-1), 'used-39');
  assert.ok(many.length < 40, 'it is bounded');
});

// ── as it happens ─────────────────────────────────────────────────────────────────────────────────────────────────────

const PERSONAL = { relay: 'pbx.local', extension: '101', invitation: SECRET };
const paired: Down = { type: 'paired', extension: '101', token: 'new', deviceId: 'd1' };
const line = (seq: number, ...calls: ReturnType<typeof call>[]): Down => ({
  type: 'line',
  extension: '101',
  epoch: 'e',
  seq,
  cause: calls[0]?.id ?? null,
  calls,
});
const invitationWires = (world: World) =>
  world.wires.filter(({ heard }) => heard.some(({ type }) => type === 'pair'));

async function setByIt(world: World, policy: Record<string, unknown>): Promise<void> {
  world.disk.policy = policy;
  world.core.settingsChanged();
  await settled();
}

/** Every connection that waits for the relay's answer gets through to it. */
const opensAll = (world: World): void =>
  world.wires.filter(({ isDropped }) => !isDropped).forEach((wire) => wire.opens());

test('a policy that comes late sets the browser up and pairs it, without anybody', async () => {
  const world = await openWorld();
  assert.equal(world.core.needsPerson(), true);
  await setByIt(world, PERSONAL);
  opensAll(world);
  const [wire] = invitationWires(world);
  assert.deepEqual(wire?.heard, [
    { type: 'pair', protocol: 1, extension: '101', invitation: SECRET, name: 'Chrome on Windows' },
  ]);
  wire?.says(paired);
  await settled();
  assert.equal(world.disk.tokens[0]?.token, 'new');
  assert.deepEqual(world.disk.usedInvitations, [SECRET]);
  assert.deepEqual(world.disk.settings, NO_SETTINGS, 'nothing of the policy is the browser’s own');
  assert.deepEqual(world.state.link.target, {
    relayUrl: RELAY_URL,
    lines: [{ extension: '101', token: 'new', isBorrowed: false }],
  });
  assert.equal(world.core.needsPerson(), false);
  await world.restarts();
  opensAll(world);
  assert.equal(invitationWires(world).length, 1);
});

test('an invitation that was used by somebody else is tried once, also after a restart', async () => {
  const world = await openWorld({ policy: PERSONAL });
  opensAll(world);
  invitationWires(world)[0]?.closes(CLOSE.invitationRefused);
  await settled();
  for (let minute = 0; minute < 30; minute += 1) {
    world.now += 60_000;
    world.core.tick();
    await settled();
    opensAll(world);
  }
  await world.restarts();
  opensAll(world);
  assert.equal(invitationWires(world).length, 1);
});

test('while the relay is away the invitation is kept and tried again, until it pairs', async () => {
  const world = await openWorld({ policy: PERSONAL });
  world.wires.forEach((wire) => wire.closes(1006));
  await settled();
  assert.deepEqual(world.disk.usedInvitations, []);
  world.now += 60_000;
  world.core.tick();
  await settled();
  opensAll(world);
  invitationWires(world)[0]?.says(paired);
  await settled();
  assert.equal(world.disk.tokens[0]?.token, 'new');
});

test('a relay that pairs nobody (open mode) is not asked again and again, and leaves the invitation for later', async () => {
  const world = await openWorld({ policy: PERSONAL });
  opensAll(world);
  const [asked] = invitationWires(world);
  const link = world.wires.find((wire) => wire !== asked);
  link?.says({
    ...{ type: 'welcome', protocol: 1, extensions: ['101'], watched: [], serverTime: 0 },
    ...{ pingEveryMs: 15_000, auth: 'open' },
  });
  asked?.closes(CLOSE.malformed);
  for (let second = 0; second < 600; second += 10) {
    world.now += 10_000;
    link?.says({ type: 'ping', at: world.now });
    world.core.tick();
    await settled();
  }
  assert.equal(invitationWires(world).length, 1);
  assert.deepEqual(world.disk.usedInvitations, []);
  assert.equal(world.core.needsPerson(), false);
});

test('a policy that is taken away, or wrong in every value, leaves the browser with its own settings', async () => {
  const world = await openWorld({ settings: { relayUrl: 'ws://own/feed', extensions: ['7'] } });
  await setByIt(world, { relay: 'pbx.local', extension: '101' });
  assert.equal(world.state.link.target?.relayUrl, RELAY_URL);
  await setByIt(world, { relay: ['x'], extension: [], lockRelay: 'x', invitation: {}, helpText: [] });
  assert.equal(world.state.link.target?.relayUrl, 'ws://own/feed');
  assert.deepEqual(
    world.state.extensions.map(({ extension }) => extension),
    ['7'],
  );
});

test('a newer version begins at once where nothing rings, and after the ring where something does', async () => {
  const quiet = await openWorld();
  quiet.core.updateAvailable();
  assert.equal(quiet.reloads, 1);
  quiet.core.tick();
  assert.equal(quiet.reloads, 1);

  const world = await openWorld({
    settings: { relayUrl: RELAY_URL, extensions: ['101'] },
    tokens: [{ relayUrl: RELAY_URL, extension: '101', token: 't', deviceId: 'd' }],
  });
  world.wire.opens();
  world.wire.says({
    ...{ type: 'welcome', protocol: 1, extensions: ['101'], watched: [], serverTime: 0 },
    ...{ pingEveryMs: 15_000, auth: 'pairing' },
  });
  world.wire.says(line(1), line(2, call({ id: 'a' })));
  assert.deepEqual([...world.screen.keys()], ['call:101/a']);
  world.core.updateAvailable();
  world.core.tick();
  assert.equal(world.reloads, 0);
  world.wire.says(line(3));
  world.core.tick();
  assert.equal(world.reloads, 1);
});
