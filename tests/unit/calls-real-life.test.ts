// What real offices do to a switchboard beyond the recorded calls: IVRs before the ring, click-to-call through Local
// channels, names used again, clocks that jump, calls that were there before the relay. Each a small world of inputs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelFacts, Input } from '../../relay/calls/facts.ts';
import { createPhones } from '../../relay/calls/phones.ts';
import { createExchange } from '../../relay/exchange.ts';
import { numberDescriber } from '../../relay/numbers.ts';
import { ENDED_CALL_STAYS_MS } from '../../shared/protocol.ts';
import type { Call } from '../../shared/protocol.ts';
import { tellStory } from '../relay/story.ts';

const CLIENT = '+79161234567';
const [DOWN, RING, RINGING, UP] = [0, 4, 5, 6];

function office() {
  const told = new Map<string, Call[]>();
  let now = 1_700_000_000_000;
  let pollsWanted = 0;
  const endpoints = new Map([
    ['DAHDI/1', '105'],
    ['DAHDI/9', 'trunk'],
  ]);
  const exchange = createExchange({
    ...createPhones({ pattern: /^\d{2,6}$/, endpoints, prefix: '' }),
    describeNumber: numberDescriber('RU'),
    now: () => now,
    find: () => ({ client: null, url: null }),
    pollSoon: () => (pollsWanted += 1),
    tickIn: () => undefined,
    publish: (extension, cause, calls) =>
      told.set(extension, [...(told.get(extension) ?? []), ...calls.filter(({ id }) => id === cause)]),
  });
  return {
    take: (...inputs: Input[]) => inputs.forEach((input) => exchange.take(input)),
    poll: (channels: ChannelFacts[], isFirst = false) =>
      exchange.take({ type: 'poll', askedAt: exchange.inputsTaken(), isFirst, channels }),
    passes: (ms: number) => {
      now += ms;
      exchange.take({ type: 'tick' });
    },
    story: (extension: string) => tellStory(told.get(extension) ?? []),
    line: (extension: string) => exchange.line(extension),
    pollsWanted: () => pollsWanted,
  };
}

const channel = (name: string, count: number, more: Partial<ChannelFacts> = {}): ChannelFacts => ({
  name,
  uniqueid: `pbx1-1700000000.${count}`,
  linkedid: 'pbx1-1700000000.1',
  ...more,
});
const isNew = (facts: ChannelFacts): Input => ({ type: 'channel-new', channel: facts });
const changes = (facts: ChannelFacts): Input => ({ type: 'channel-changed', channel: facts });
const hangsUp = (facts: ChannelFacts, cause = 16): Input => ({ type: 'hangup', channel: facts, cause });
const dials = (source: ChannelFacts | null, destination: ChannelFacts): Input => ({
  type: 'dial-begin',
  source,
  destination,
});
const joins = (bridgeId: string, ...all: ChannelFacts[]): Input[] =>
  all.map((facts) => changes({ ...facts, state: UP, bridgeId }));
const leaves = (facts: ChannelFacts): Input => changes({ ...facts, state: UP, bridgeId: '' });

const TRUNK = channel('PJSIP/trunk-00000001', 1, { state: RING, callerNumber: CLIENT, exten: '74950000101' });
const rung = (extension: string, count: number, more: Partial<ChannelFacts> = {}): ChannelFacts =>
  channel(`PJSIP/${extension}-0000000${count}`, count, { connectedNumber: CLIENT, ...more });
const rings = (source: ChannelFacts, phone: ChannelFacts): Input[] => [
  isNew({ ...phone, state: DOWN }),
  dials(source, phone),
  changes({ ...phone, state: RINGING }),
];

test('a ring after a voice menu does not ask for polls without end', () => {
  const { take, poll, story, pollsWanted } = office();
  const menu = { ...TRUNK, state: UP };
  take(isNew(TRUNK), changes(menu), ...rings(menu, rung('101', 2)));
  const rows = [
    { ...menu, application: 'Dial', queue: null, bridgeId: '' },
    rung('101', 2, { state: RINGING, application: 'AppDial', bridgeId: '' }),
  ];
  poll(rows);
  const before = pollsWanted();
  poll(rows);
  poll(rows);
  assert.equal(pollsWanted(), before);
  assert.equal(story('101'), `ringing(${CLIENT})`);
});

test('click-to-call by way of a Local channel is no ring from the client', () => {
  const { take, story } = office();
  const one = channel('Local/101@from-internal-00000001;1', 1, { callerNumber: CLIENT });
  const two = channel('Local/101@from-internal-00000001;2', 2, { callerNumber: CLIENT, exten: '101' });
  const phone = rung('101', 3);
  const trunk = channel('PJSIP/trunk-00000004', 4, { callerNumber: '89161234567' });
  take(isNew({ ...one, state: DOWN }), isNew({ ...two, state: RING }), dials(null, one));
  take(...rings(two, phone), changes({ ...one, state: RINGING }));
  assert.equal(story('101'), '');
  take(changes({ ...phone, state: UP }), changes({ ...two, state: UP }), ...joins('a', phone, two));
  take(changes({ ...one, state: UP, exten: '89161234567' }));
  take(isNew({ ...trunk, state: DOWN }), dials({ ...one, exten: '89161234567' }, trunk));
  assert.equal(story('101'), `dialing(${CLIENT})`);
  take(...joins('b', one, trunk));
  take(leaves(trunk), hangsUp(trunk), leaves(one), hangsUp(one), hangsUp(two), hangsUp(phone));
  assert.equal(story('101'), `dialing(${CLIENT}) talking(${CLIENT}) ended completed`);
});

test('polls alone tell a click-to-call by way of a Local channel, too', () => {
  const { poll, story } = office();
  const one = channel('Local/101@panel-00000001;1', 1, { callerNumber: CLIENT, state: RINGING });
  const two = channel('Local/101@panel-00000001;2', 2, { callerNumber: CLIENT, state: RING, exten: '101' });
  const phone = rung('101', 3, { state: RINGING, application: 'AppDial', exten: '101' });
  poll([phone, { ...one, application: 'AppDial2' }, { ...two, application: 'Dial' }], true);
  assert.equal(story('101'), '');
  const dialling = { ...one, state: UP, application: 'Dial', exten: '89161234567' };
  poll([
    dialling,
    { ...two, state: UP, application: 'Dial', bridgeId: 'a' },
    { ...phone, state: UP, bridgeId: 'a' },
    channel('PJSIP/trunk-00000004', 4, {
      state: RINGING,
      application: 'AppDial',
      callerNumber: '89161234567',
    }),
  ]);
  assert.equal(story('101'), `dialing(${CLIENT})`);
});

test('a name that is used again is another channel, whose end nobody told', () => {
  const { take, line } = office();
  const first = channel('DAHDI/1-1', 2, { connectedNumber: CLIENT });
  take(isNew(TRUNK), ...rings(TRUNK, first), changes({ ...first, state: UP }));
  const other = channel('PJSIP/trunk-00000007', 7, {
    linkedid: 'x',
    state: RING,
    callerNumber: '+79160000000',
  });
  const second = channel('DAHDI/1-1', 8, { linkedid: 'x', connectedNumber: '+79160000000' });
  take(isNew(other), ...rings(other, second));
  assert.deepEqual(
    line('105').map(({ state, party }) => `${state} ${party.number}`),
    [`ended ${CLIENT}`, 'ringing +79160000000'],
  );
});

test('polls alone tell a name that is used again by its id', () => {
  const { poll, line } = office();
  const row = (count: number, linkedid: string, number: string): ChannelFacts =>
    channel('DAHDI/1-1', count, {
      linkedid,
      connectedNumber: number,
      state: RINGING,
      application: 'AppDial',
    });
  poll([row(2, 'x', CLIENT)], true);
  poll([row(3, 'y', '+79160000000')]);
  assert.deepEqual(
    line('105').map(({ state, party }) => `${state} ${party.number}`),
    [`ended ${CLIENT}`, 'ringing +79160000000'],
  );
});

test('a clock set back keeps no call: neither one that ends nor one that has ended', () => {
  const { take, passes, story, line } = office();
  const phone = rung('101', 2);
  take(isNew(TRUNK), ...rings(TRUNK, phone), ...joins('a', phone, TRUNK));
  take(leaves(phone), hangsUp(phone)); // the client goes on to a survey
  assert.equal(line('101')[0]?.state, 'talking');
  passes(-3_600_000);
  assert.match(story('101'), /ended completed$/);
  passes(ENDED_CALL_STAYS_MS);
  assert.equal(line('101').length, 0);
});

test('voicemail after a ring that nobody answered changes nothing about the miss', () => {
  const { take, passes, story } = office();
  take(
    isNew(TRUNK),
    ...rings(TRUNK, rung('101', 2)),
    hangsUp(rung('101', 2)),
    changes({ ...TRUNK, state: UP }),
  );
  passes(2_000);
  assert.equal(story('101'), `ringing(${CLIENT}) ended missed`);
});

test('a colleague who gets the voicemail never talks with the one he called', () => {
  const { take, poll, story } = office();
  const caller = channel('PJSIP/102-00000001', 1, { state: RING, callerNumber: '102', exten: '101' });
  const phone = rung('101', 2, { connectedNumber: '102' });
  take(isNew(caller), ...rings(caller, phone));
  take({ type: 'dial-end', source: caller, destination: phone, status: 'NOANSWER' }, hangsUp(phone));
  take(changes({ ...caller, state: UP }));
  poll([{ ...caller, state: UP, application: 'VoiceMail', bridgeId: '' }]);
  take(hangsUp(caller));
  assert.equal(story('102'), 'dialing(101, internal) ended no-answer');
});

test('the survey after a talk: the talk is over within a second or so', () => {
  const { take, passes, story, line } = office();
  const phone = rung('101', 2);
  take(isNew(TRUNK), ...rings(TRUNK, phone), ...joins('a', phone, TRUNK), leaves(phone), hangsUp(phone));
  passes(1_001);
  assert.equal(story('101'), `ringing(${CLIENT}) talking(${CLIENT}) ended completed`);
  assert.equal(line('101')[0]?.endedAt, 1_700_000_000_000);
});

test('a relay that starts while calls are in every state tells each as it is', () => {
  const { poll, story } = office();
  poll(
    [
      { ...TRUNK, state: UP, application: 'Queue', queue: 'sales', bridgeId: 'a' },
      rung('101', 2, { state: UP, application: 'AppQueue', bridgeId: 'a' }),
      channel('PJSIP/102-00000003', 3, {
        linkedid: 'b',
        state: UP,
        application: 'Dial',
        exten: '89160000000',
        callerNumber: '102',
        bridgeId: 'b',
      }),
      channel('PJSIP/trunk-00000004', 4, {
        linkedid: 'b',
        state: UP,
        application: 'AppDial',
        callerNumber: '89160000000',
        bridgeId: 'b',
      }),
      channel('PJSIP/103-00000005', 5, {
        linkedid: 'c',
        state: UP,
        application: 'VoiceMailMain',
        exten: '*97',
      }),
      channel('PJSIP/104-00000006', 6, { linkedid: 'd', state: UP, application: 'ConfBridge', exten: '500' }),
      channel('PJSIP/106-00000007', 7, { linkedid: 'e', state: UP, application: 'ChanSpy', exten: '*55' }),
    ],
    true,
  );
  assert.equal(story('101'), `inbound talking(${CLIENT}, queue sales)`);
  assert.equal(story('102'), 'outbound talking(+79160000000)');
  for (const extension of ['103', '104', '106']) assert.equal(story(extension), '');
});
