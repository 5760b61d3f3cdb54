// What broken code of the switchboard told wrong although every recording was told right.
// Times, late answers, two callers at once, and what is kept of calls that are over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply } from '../../relay/calls/apply.ts';
import type { ChannelFacts, Found, Input } from '../../relay/calls/facts.ts';
import { createPhones } from '../../relay/calls/phones.ts';
import {
  createSwitchboard,
  MAX_CHANNELS,
  MAX_GONE_NAMES,
  MAX_MISSED_KEPT,
} from '../../relay/calls/switchboard.ts';
import { createExchange } from '../../relay/exchange.ts';
import { numberDescriber } from '../../relay/numbers.ts';
import type { Call } from '../../shared/protocol.ts';

const [CLIENT, OTHER] = ['+79161234567', '+74957770001'];
const [DOWN, RING, RINGING, UP] = [0, 4, 5, 6];
const NOBODY: Found = { client: null, url: null };
const ANNA: Found = { client: { id: '7', name: 'Anna', image: null, others: 0, fields: [] }, url: null };

const OPTIONS = {
  ...createPhones({ pattern: /^\d{2,6}$/, endpoints: new Map(), prefix: '' }),
  describeNumber: numberDescriber('RU'),
};

function world(find: (number: string) => Found | Promise<Found> = () => NOBODY) {
  let now = 1_700_000_000_000;
  let pollsWanted = 0;
  const exchange = createExchange({
    ...OPTIONS,
    now: () => now,
    find,
    pollSoon: () => (pollsWanted += 1),
    tickIn: () => undefined,
    publish: () => undefined,
  });
  const calls = (extension: string) => exchange.line(extension);
  return {
    take: (...inputs: Input[]) => {
      for (const input of inputs) exchange.take(input);
    },
    poll: (...channels: ChannelFacts[]) =>
      exchange.take({ type: 'poll', askedAt: exchange.inputsTaken(), isFirst: false, channels }),
    passes: (ms: number) => {
      now += ms;
      exchange.take({ type: 'tick' });
    },
    calls,
    /** The calls of an extension as they are now: `ringing +79161234567 | ended missed`. */
    line: (extension: string) => calls(extension).map(inWords).join(' | '),
    pollsWanted: () => pollsWanted,
  };
}

function inWords({ state, endReason, party, answeredBy, queue, transferredBy }: Call): string {
  const by = answeredBy === null ? '' : ` by ${answeredBy}`;
  if (state === 'ended') return `ended ${endReason}${by}`;
  const more = [
    queue === null ? '' : `queue ${queue}`,
    transferredBy === null ? '' : `from ${transferredBy}`,
  ];
  return [`${state} ${party.number ?? 'hidden'}`, ...more.filter((text) => text !== '')].join(', ');
}

const channel = (name: string, count: number, more: Partial<ChannelFacts> = {}): ChannelFacts => ({
  name: `PJSIP/${name}-0000000${count}`,
  uniqueid: `1700000000.${count}`,
  linkedid: '1700000000.1',
  ...more,
});
const TRUNK = channel('trunk', 1, { state: RING, callerNumber: CLIENT, exten: '74950000101' });
const phone = (extension: string, count: number, more: Partial<ChannelFacts> = {}) =>
  channel(extension, count, { connectedNumber: CLIENT, ...more });
/** As Asterisk 11 tells a channel. */
const alone = (facts: ChannelFacts): ChannelFacts => ({ ...facts, linkedid: undefined });

const isNew = (channel: ChannelFacts): Input => ({ type: 'channel-new', channel });
const changes = (channel: ChannelFacts): Input => ({ type: 'channel-changed', channel });
const dials = (source: ChannelFacts | null, destination: ChannelFacts): Input => ({
  type: 'dial-begin',
  source,
  destination,
});
const hangsUp = (channel: ChannelFacts, cause = 16): Input => ({ type: 'hangup', channel, cause });
const holds = ({ name }: ChannelFacts, isHeld: boolean): Input => ({ type: 'hold', name, isHeld });
const bridges = (one: ChannelFacts, other: ChannelFacts, bridgeId = 'b'): Input[] =>
  [one, other].map((each) => changes({ ...each, state: UP, bridgeId }));

/** A phone that is dialled by somebody known, and rings. */
const rings = (source: ChannelFacts, rung: ChannelFacts): Input[] => [
  isNew({ ...rung, state: DOWN, connectedNumber: undefined }),
  dials(source, rung),
  changes({ ...rung, state: RINGING }),
];
const ringing = (extension: string, count: number): Input[] => [
  isNew(TRUNK),
  ...rings(TRUNK, phone(extension, count)),
];

test('who holds again at once is not said to talk, and an Unhold is believed only after a moment', () => {
  const { take, passes, line } = world();
  const own = phone('101', 2);
  take(...ringing('101', 2), ...bridges(TRUNK, own), holds(own, true));
  take(holds(own, false));
  passes(100);
  assert.equal(line('101'), `held ${CLIENT}`);
  take(holds(own, true));
  passes(500);
  assert.equal(line('101'), `held ${CLIENT}`);
  take(holds(own, false));
  passes(150);
  assert.equal(line('101'), `talking ${CLIENT}`);
});

test('the directory’s late answer for the one before is not shown for the one who came in his place', async () => {
  const { promise, resolve } = Promise.withResolvers<Found>();
  const { take, line, calls } = world((number) => (number === CLIENT ? promise : NOBODY));
  take(...ringing('101', 2), changes(phone('101', 2, { state: RINGING, connectedNumber: OTHER })));
  resolve(ANNA);
  await promise;
  await Promise.resolve(); // the turn in which the exchange takes it
  assert.equal(line('101'), `ringing ${OTHER}`);
  assert.equal(calls('101')[0]?.party.client, null);
});

test('a channel that nobody announced is none, whoever seems to dial it', () => {
  const { take, line } = world();
  const forged = phone('103', 9, { state: RINGING });
  take(isNew(TRUNK), changes(forged), dials(TRUNK, forged), changes(forged));
  assert.equal(line('103'), '');
});

test('no poll is asked for where events tell it all', () => {
  const one = world();
  const own = phone('101', 2);
  one.take(...ringing('101', 2), changes({ ...TRUNK, state: UP }), changes({ ...own, state: UP }));
  assert.equal(one.pollsWanted(), 0);
  const click = world();
  click.take(isNew({ ...own, state: DOWN }), dials(null, own), changes({ ...own, state: RINGING }));
  assert.equal(click.pollsWanted(), 0);
});

test('a pickup or a masquerade of a channel that is not known asks for a poll', () => {
  for (const input of [
    { type: 'picked-up', name: 'PJSIP/101-1', target: 'PJSIP/102-1' },
    { type: 'took-place', name: 'PJSIP/101-1', of: 'PJSIP/102-1' },
  ] as const) {
    const { take, pollsWanted } = world();
    take(input);
    assert.equal(pollsWanted(), 1);
  }
});

test('a second phone that is rung while the first talks with the caller is another call', () => {
  const { take, line } = world();
  take(...ringing('101', 2), ...bridges(TRUNK, phone('101', 2)), ...rings(TRUNK, phone('101', 3)));
  assert.equal(line('101'), `talking ${CLIENT} | ringing ${CLIENT}`);
});

test('who took a missed caller is told once: whoever speaks with him later did not take that call', () => {
  const { take, line } = world();
  take(...ringing('101', 2), hangsUp(phone('101', 2)));
  for (const [extension, count] of [
    ['102', 3],
    ['103', 4],
  ] as const)
    take(
      ...rings(TRUNK, phone(extension, count)),
      ...bridges(TRUNK, phone(extension, count)),
      hangsUp(phone(extension, count)),
    );
  assert.equal(line('101'), 'ended missed by 102');
});

test('who calls a missed client back did not take his call [11]', () => {
  const { take, poll, line } = world();
  const rung = alone(phone('101', 2, { state: RINGING, application: 'AppDial' }));
  poll(rung);
  poll();
  poll();
  const own = alone(
    channel('102', 3, { state: UP, application: 'Dial', connectedNumber: CLIENT, exten: CLIENT }),
  );
  const trunk = alone(channel('trunk', 4, { state: UP, application: 'AppDial', callerNumber: CLIENT }));
  poll({ ...own, bridgeId: 'b' }, { ...trunk, bridgeId: 'b' });
  assert.equal(line('102'), `talking ${CLIENT}`);
  assert.equal(line('101'), 'ended missed');
  take(hangsUp(own));
});

test('a colleague who was talking with the client before did not answer what rings now [11]', () => {
  const { poll, line } = world();
  const talking = alone(phone('102', 3, { state: UP, application: 'AppDial' }));
  poll(talking);
  poll(talking, alone(phone('101', 2, { state: RINGING, application: 'AppDial' })));
  poll(talking);
  poll(talking);
  assert.equal(line('101'), 'ended missed');
});

test('a colleague answered where polls alone show the caller’s number at two phones [11]', () => {
  const { poll, line } = world();
  const rung = (extension: string, count: number, state: number) =>
    alone(phone(extension, count, { state, application: 'AppDial' }));
  poll(rung('101', 2, RINGING), rung('102', 3, RINGING));
  poll(rung('102', 3, UP));
  poll(rung('102', 3, UP));
  assert.equal(line('101'), 'ended answered-elsewhere by 102');
});

test('a colleague answered, even if the ring of another phone is told after that', () => {
  const { take, line } = world();
  const [slow, quick] = [phone('101', 2), phone('102', 3)];
  take(isNew(TRUNK), isNew({ ...slow, state: DOWN }), isNew({ ...quick, state: DOWN }));
  take(dials(TRUNK, slow), dials(TRUNK, quick), changes({ ...quick, state: UP }));
  take(changes({ ...slow, state: RINGING }), hangsUp(slow, 26));
  assert.equal(line('101'), 'ended answered-elsewhere by 102');
});

test('a call whose id a stranger tore off has one that no later channel of that name has', () => {
  const { poll, passes, calls } = world();
  const torn = { ...phone('101', 2, { state: RINGING, application: 'AppDial' }), uniqueid: '' };
  poll(torn);
  const [first] = calls('101');
  poll();
  poll();
  passes(120_000);
  poll(torn);
  const [second] = calls('101');
  assert.equal(second?.state, 'ringing');
  assert.notEqual(second.id, first?.id);
});

test('a colleague who asks for advice came by no queue, though his client did', () => {
  const { poll, line } = world();
  poll(
    { ...TRUNK, state: UP, application: 'Queue', queue: 'sales', bridgeId: 'b' },
    phone('101', 2, { state: UP, application: 'AppQueue', bridgeId: 'b', callerNumber: '101' }),
    channel('103', 4, { state: RINGING, application: 'AppDial', connectedNumber: '101' }),
  );
  assert.equal(line('101'), `talking ${CLIENT}, queue sales`);
  assert.equal(line('103'), 'ringing 101');
});

test('a caller who has left the queue for another number is no longer in it', () => {
  const { take, poll, line } = world();
  const waiting = { ...TRUNK, state: UP };
  poll({ ...waiting, application: 'Queue', queue: 'sales' });
  take(changes({ ...waiting, exten: '101' }), ...rings(waiting, phone('101', 2)));
  assert.equal(line('101'), `ringing ${CLIENT}`);
});

test('what a client dialled is what he dialled first, and a colleague dialled no number of ours', () => {
  const { take, calls } = world();
  take(isNew(TRUNK), changes({ ...TRUNK, exten: '74950000200' }), ...rings(TRUNK, phone('101', 2)));
  assert.equal(calls('101')[0]?.dialed, '+74950000101');
  const colleague = channel('102', 3, {
    linkedid: 'x',
    state: RING,
    callerNumber: '102',
    exten: '89161234567',
  });
  take(isNew(colleague), ...rings(colleague, channel('103', 4, { linkedid: 'x', connectedNumber: '102' })));
  assert.equal(calls('103')[0]?.dialed, null);
});

test('a connected line that is empty before the phone rings hides nobody', () => {
  const { take, line } = world();
  const own = phone('101', 2, { connectedNumber: undefined });
  take(isNew(TRUNK), isNew({ ...own, state: DOWN }), changes({ ...own, state: DOWN, connectedNumber: '' }));
  take(dials(TRUNK, own), changes({ ...own, state: RINGING }));
  assert.equal(line('101'), `ringing ${CLIENT}`);
});

test('a feature code that Asterisk ends as busy is no call either', () => {
  const { take, line } = world();
  const own = channel('101', 2, { state: RING, exten: '*8' });
  take(isNew(own), hangsUp(own, 17));
  assert.equal(line('101'), '');
});

test('whom a busy phone turned away is looked up', () => {
  const { take, line, calls } = world(() => ANNA);
  take(isNew(TRUNK), ...rings(TRUNK, phone('101', 2)).slice(0, 2), hangsUp(phone('101', 2), 17));
  assert.equal(line('101'), 'ended busy');
  assert.deepEqual(calls('101')[0]?.party.client, ANNA.client);
});

test('a follow-me that is dialled beside a phone was not forwarded by it', () => {
  const { take, line } = world();
  const own = phone('101', 2);
  const local: ChannelFacts = {
    name: 'Local/102@internal-00000001;1',
    uniqueid: '1700000000.8',
    linkedid: '1700000000.1',
  };
  take(isNew(TRUNK), isNew({ ...own, state: DOWN }), isNew(local), dials(TRUNK, own), dials(TRUNK, local));
  take(changes({ ...own, state: RINGING }), hangsUp(own));
  assert.equal(line('101'), 'ended missed');
});

test('a transfer that is told after the phone has hung up is a transfer', () => {
  const { take, passes, line } = world();
  const own = phone('101', 2);
  take(
    ...ringing('101', 2),
    ...bridges(TRUNK, own),
    changes({ ...TRUNK, state: UP, bridgeId: '' }),
    hangsUp(own),
  );
  take({ type: 'transferred', transferers: [own.name], transferees: [] });
  passes(1_000);
  assert.equal(line('101'), 'ended transferred');
});

test('who transferred a client is told at a phone whose dialling is told after the transfer', () => {
  const { take, line } = world();
  const [own, asked] = [phone('101', 2, { callerNumber: '101' }), channel('102', 5)];
  const half = (number: 1 | 2, more: Partial<ChannelFacts> = {}): ChannelFacts => ({
    ...channel('', 2 + number, more),
    name: `Local/102@internal-00000008;${number}`,
  });
  const dialler = half(2, { state: RING, callerNumber: '101' });
  take(...ringing('101', 2), ...bridges(TRUNK, own), isNew(half(1, { state: DOWN })), isNew(dialler));
  take(isNew({ ...asked, state: DOWN }), changes({ ...asked, state: RINGING, connectedNumber: '101' }));
  take(changes({ ...own, state: UP, bridgeId: '' }), changes(half(1, { bridgeId: 'b' })));
  take({ type: 'transferred', transferers: [own.name], transferees: [TRUNK.name] });
  take(dials(dialler, { ...asked, state: RINGING }));
  take(changes({ ...asked, state: RINGING, connectedNumber: CLIENT }));
  assert.equal(line('102'), `ringing ${CLIENT}, from 101`);
});

test('a ring that nobody answered is missed, also where its phone is called a transferer', () => {
  const { take, line } = world();
  take(...ringing('101', 2));
  take({ type: 'transferred', transferers: [phone('101', 2).name], transferees: [] });
  take(hangsUp(phone('101', 2)));
  assert.equal(line('101'), 'ended missed');
});

test('whoever asks somebody while his client waits speaks with that one, once the client has hung up', () => {
  const { take, line } = world();
  const own = phone('101', 2, { callerNumber: '101' });
  const asked = channel('103', 4, { connectedNumber: '101', callerNumber: '103' });
  take(...ringing('101', 2), ...bridges(TRUNK, own), changes({ ...TRUNK, state: UP, bridgeId: '' }));
  take(
    ...rings(own, asked),
    changes({ ...asked, state: UP, bridgeId: 'c' }),
    changes({ ...own, state: UP, connectedNumber: '103', bridgeId: 'c' }),
  );
  assert.equal(line('101'), `talking ${CLIENT}`);
  take(hangsUp(TRUNK));
  assert.equal(line('101'), 'talking 103');
});

test('who is joined with a Local channel talks, though nobody is behind it yet [11]', () => {
  const { take, line } = world();
  const own = alone(channel('101', 2, { state: RING, exten: '600' }));
  const local: ChannelFacts = { name: 'Local/600@internal-00000001;1', uniqueid: '1700000000.8' };
  take(isNew(own), isNew(local), dials(own, local), changes({ ...own, state: UP }));
  take({ type: 'bridged', names: [own.name, local.name], bridgeId: 'b' });
  assert.equal(line('101'), 'talking 600');
});

test('who picked up is told, also when he has spoken and hung up before the phone stops ringing', () => {
  const { take, line } = world();
  const [rung, taker] = [phone('101', 2), channel('102', 3, { linkedid: 'x', state: RING, exten: '*8' })];
  take(...ringing('101', 2), isNew(taker), { type: 'picked-up', name: taker.name, target: rung.name });
  take(hangsUp(taker), hangsUp(rung, 26));
  assert.equal(line('101'), 'ended answered-elsewhere by 102');
});

test('nothing is kept of calls that are over, but their names for a while', () => {
  const board = createSwitchboard(OPTIONS);
  const own = phone('101', 2);
  const inputs = [
    ...ringing('101', 2),
    changes({ ...TRUNK, linkedid: '1700000000.0' }),
    ...bridges(TRUNK, own, 'a'),
    ...bridges(TRUNK, own),
    hangsUp(own),
    hangsUp(TRUNK),
  ];
  for (const input of inputs) apply(board, input, 0);
  apply(board, { type: 'found', number: CLIENT, found: NOBODY }, 0);
  apply(board, { type: 'tick' }, 100_000);
  for (const kept of [
    'channels',
    'phones',
    'uniqueids',
    'bridges',
    'families',
    'endings',
    'unheld',
    'lookUps',
    'lines',
  ] as const)
    assert.equal(board[kept].size, 0, kept);
  assert.equal(board.missed.length, 0);
});

test('whoever floods the PBX with channels fills no memory', () => {
  const board = createSwitchboard(OPTIONS);
  const one = (n: number) => ({
    name: `PJSIP/101-${n.toString(16)}`,
    uniqueid: `1.${n}`,
    connectedNumber: `${n}`,
  });
  for (let n = 0; n <= MAX_CHANNELS; n += 1) apply(board, isNew(one(n)), 0);
  assert.equal(board.channels.size, MAX_CHANNELS);
  for (let n = 0; n <= MAX_GONE_NAMES; n += 1) apply(board, hangsUp(one(n)), 0);
  assert.ok(board.gone.size <= MAX_GONE_NAMES);
  for (let n = MAX_CHANNELS; n <= MAX_CHANNELS + MAX_MISSED_KEPT; n += 1) {
    apply(board, isNew(one(n)), 0);
    apply(board, dials(one(n - 1), { ...one(n), state: RINGING }), 0);
    apply(board, hangsUp(one(n)), 0);
  }
  assert.equal(board.missed.length, MAX_MISSED_KEPT);
});
