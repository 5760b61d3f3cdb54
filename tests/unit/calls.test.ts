// The switchboard: events and polls in any order, late, lost and forged; each test is a small world told in inputs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelFacts, Found, Input } from '../../relay/calls/facts.ts';
import { outcomeOfDialing, outcomeOfRinging } from '../../relay/calls/outcome.ts';
import { createPhones } from '../../relay/calls/phones.ts';
import { createExchange } from '../../relay/exchange.ts';
import { numberDescriber } from '../../relay/numbers.ts';
import { ENDED_CALL_STAYS_MS, MAX_CALLS_IN_LINE } from '../../shared/protocol.ts';
import type { Call } from '../../shared/protocol.ts';
import { tellStory } from '../relay/story.ts';

const CLIENT = '+79161234567';
const [DOWN, RING, RINGING, UP] = [0, 4, 5, 6];
const NOBODY: Found = { client: null, url: null };

/** A switchboard with a clock of its own that keeps what each extension is told. */
function world(find: (number: string) => Found | Promise<Found> = () => NOBODY) {
  const told = new Map<string, Call[]>();
  const publications: string[] = [];
  let now = 1_700_000_000_000;
  let pollsWanted = 0;
  const exchange = createExchange({
    ...createPhones({ pattern: /^\d{2,6}$/, endpoints: new Map(), prefix: '' }),
    describeNumber: numberDescriber('RU'),
    now: () => now,
    find,
    pollSoon: () => (pollsWanted += 1),
    tickIn: () => undefined,
    publish: (extension, cause) => {
      publications.push(extension);
      const calls = told.get(extension) ?? [];
      told.set(extension, [...calls, ...exchange.line(extension).filter(({ id }) => id === cause)]);
    },
  });
  return {
    take: (...inputs: Input[]) => {
      for (const input of inputs) exchange.take(input);
    },
    poll: (channels: ChannelFacts[], { isFirst = false, askedAt = exchange.inputsTaken() } = {}) =>
      exchange.take({ type: 'poll', askedAt, isFirst, channels }),
    passes: (ms: number) => {
      now += ms;
      exchange.take({ type: 'tick' });
    },
    inputsTaken: () => exchange.inputsTaken(),
    story: (extension: string) => tellStory(told.get(extension) ?? []),
    line: (extension: string) => exchange.line(extension),
    published: (extension: string) => publications.filter((one) => one === extension).length,
    pollsWanted: () => pollsWanted,
  };
}

const uniqueidOf = (name: string): string =>
  `1700000000.${parseInt(name.slice(name.lastIndexOf('-') + 1), 16)}`;
const facts = (name: string, more: Partial<ChannelFacts> = {}): ChannelFacts => ({
  name,
  uniqueid: uniqueidOf(name),
  linkedid: '1700000000.1',
  ...more,
});
const TRUNK = facts('PJSIP/trunk-00000001', {
  state: RING,
  callerNumber: CLIENT,
  callerName: 'Anna',
  exten: '74950000101',
});
const phone = (extension: string, count: number, more: Partial<ChannelFacts> = {}): ChannelFacts =>
  facts(`PJSIP/${extension}-0000000${count}`, { connectedNumber: CLIENT, connectedName: 'Anna', ...more });

const isNew = (channel: ChannelFacts): Input => ({ type: 'channel-new', channel });
const changes = (channel: ChannelFacts): Input => ({ type: 'channel-changed', channel });
const dials = (source: ChannelFacts | null, destination: ChannelFacts): Input => ({
  type: 'dial-begin',
  source,
  destination,
});
const hangsUp = (channel: ChannelFacts, cause: number): Input => ({ type: 'hangup', channel, cause });

/** Up to the ring, as Asterisk 16 and 22 tell it. */
const ringing = (extension = '101', count = 2): Input[] => [
  isNew(TRUNK),
  isNew(phone(extension, count, { state: DOWN, connectedNumber: undefined, connectedName: undefined })),
  dials(TRUNK, phone(extension, count)),
  changes(phone(extension, count, { state: RINGING })),
];

test('a ring is told with its client, once, whatever is repeated', () => {
  const { take, poll, story, line } = world();
  take(...ringing(), changes(phone('101', 2, { state: RINGING })));
  poll([TRUNK, phone('101', 2, { state: RINGING, application: 'AppDial' })]);
  assert.equal(story('101'), `ringing(${CLIENT})`);
  const [call] = line('101');
  assert.equal(call?.dialed, '+74950000101');
  assert.equal(call?.party.name, 'Anna');
  assert.equal(call?.startedAt, 1_700_000_000_000);
});

test('an event that is told twice or a poll that comes late changes nothing that is newer', () => {
  const { take, poll, story, inputsTaken } = world();
  take(...ringing());
  const askedAt = inputsTaken();
  take(changes(phone('101', 2, { state: UP })));
  poll([TRUNK, phone('101', 2, { state: RINGING, application: 'AppDial' })], { askedAt });
  assert.equal(story('101'), `ringing(${CLIENT}) talking(${CLIENT})`);
  const beforeHangup = inputsTaken();
  take(hangsUp(phone('101', 2), 16), hangsUp(TRUNK, 16));
  poll([TRUNK, phone('101', 2, { state: UP, application: 'AppDial' })], { askedAt: beforeHangup });
  poll([]);
  assert.equal(story('101'), `ringing(${CLIENT}) talking(${CLIENT}) ended completed`);
});

test('a channel that began after a poll was asked is not missed by it', () => {
  const { take, poll, story, inputsTaken } = world();
  const askedAt = inputsTaken();
  take(...ringing());
  poll([], { askedAt });
  poll([], { askedAt });
  assert.equal(story('101'), `ringing(${CLIENT})`);
});

test('a call without its channel ends after the second complete poll, which is asked for at once', () => {
  const { take, poll, story, pollsWanted } = world();
  take(...ringing());
  const before = pollsWanted();
  poll([]);
  assert.equal(story('101'), `ringing(${CLIENT})`);
  assert.ok(pollsWanted() > before);
  poll([]);
  assert.equal(story('101'), `ringing(${CLIENT}) ended missed`);
});

test('polls alone tell the ring, the talk and the end', () => {
  const { poll, story } = world();
  const row = phone('101', 2, { application: 'AppDial' });
  poll([TRUNK, { ...row, state: DOWN }], { isFirst: true });
  assert.equal(story('101'), '');
  poll([TRUNK, { ...row, state: RINGING }]);
  poll([TRUNK, { ...row, state: UP, bridgeId: 'b' }]);
  poll([]);
  poll([]);
  assert.equal(story('101'), `ringing(${CLIENT}) talking(${CLIENT}) ended completed`);
});

test('polls alone never call a ring missed that a colleague answered', () => {
  const { poll, story } = world();
  const rung = (extension: string, count: number, state: number) =>
    phone(extension, count, { state, application: 'AppDial' });
  poll([TRUNK, rung('101', 2, RINGING), rung('102', 3, RINGING)], { isFirst: true });
  poll([TRUNK, rung('102', 3, UP)]);
  poll([TRUNK, rung('102', 3, UP)]);
  assert.equal(story('101'), `ringing(${CLIENT}) ended answered-elsewhere by 102`);
});

test('two phones of one extension are one call: answered on one is answered', () => {
  const { take, story, line } = world();
  take(...ringing(), ...ringing('101', 3).slice(1));
  take(changes(phone('101', 3, { state: UP })), hangsUp(phone('101', 2), 26));
  assert.equal(line('101').length, 1);
  take(hangsUp(phone('101', 3), 16));
  assert.equal(story('101'), `ringing(${CLIENT}) talking(${CLIENT}) ended completed`);
});

test('a busy phone is told without a ring; with a second phone that rings it is no news', () => {
  const one = world();
  one.take(...ringing().slice(0, 3), hangsUp(phone('101', 2), 17));
  assert.equal(one.story('101'), 'ended busy');
  const two = world();
  two.take(...ringing('101', 3), ...ringing('101', 2).slice(1, 3), hangsUp(phone('101', 2), 17));
  assert.equal(two.story('101'), `ringing(${CLIENT})`);
});

test('a phone that Asterisk rings for a click-to-call shows no ring, but the call it then makes', () => {
  const { take, story } = world();
  const own = phone('101', 2, { state: RINGING });
  take(isNew({ ...own, state: DOWN }), dials(null, own), changes(own));
  assert.equal(story('101'), '');
  const trunk = facts('PJSIP/trunk-00000003', { state: DOWN });
  take(
    changes({ ...own, state: UP }),
    isNew(trunk),
    dials({ ...own, state: UP, exten: '89161234567' }, trunk),
  );
  assert.equal(story('101'), `dialing(${CLIENT})`);
});

test('a feature code is a call to nobody', () => {
  const { take, story } = world();
  const own = facts('PJSIP/101-00000002', { state: RING, exten: '*8' });
  take(isNew(own), changes({ ...own, state: UP }), hangsUp(own, 16));
  assert.equal(story('101'), '');
});

test('Ringing without any dial asks for a poll, which tells a queue from a click-to-call [11]', () => {
  const queue = world();
  const own = phone('101', 2, { state: RINGING, linkedid: undefined });
  queue.take(isNew({ ...own, state: DOWN }), changes(own));
  assert.equal(queue.story('101'), '');
  assert.ok(queue.pollsWanted() > 0);
  queue.poll([{ ...own, application: 'AppQueue' }]);
  assert.equal(queue.story('101'), `ringing(${CLIENT})`);
  const click = world();
  click.take(isNew({ ...own, state: DOWN }), changes(own));
  click.poll([{ ...own, application: '' }]);
  assert.equal(click.story('101'), '');
});

test('a caller whose own number tears the row of the poll hides no ring', () => {
  const { take, poll, story } = world();
  take({ type: 'doubt' });
  poll([
    TRUNK,
    phone('101', 2, { state: RINGING, uniqueid: '', connectedNumber: '100', application: undefined }),
  ]);
  assert.equal(story('101'), 'ringing(100)');
});

test('events of a channel that nobody announced prove nothing', () => {
  const { take, story, pollsWanted } = world();
  take(dials(null, phone('103', 9)), changes(phone('103', 9, { state: RINGING })));
  assert.equal(story('103'), '');
  assert.ok(pollsWanted() > 0);
});

test('after a torn block events are not believed until a poll that was asked later', () => {
  const { take, poll, story, inputsTaken, pollsWanted } = world();
  take({ type: 'doubt' });
  assert.equal(pollsWanted(), 1);
  take(...ringing('103', 9)); // forged, between the pieces
  const before = inputsTaken() - 5;
  poll([], { askedAt: before - 1 });
  take(...ringing('103', 9));
  assert.equal(story('103'), '');
  poll([TRUNK]);
  take(...ringing('101', 2)); // the sentinel: now they are believed again
  assert.equal(story('101'), `ringing(${CLIENT})`);
  assert.equal(story('103'), '');
});

test('after a lost link, what is gone is lost and not missed, and what goes on goes on with its id', () => {
  const { take, poll, story, line } = world();
  take(...ringing('101', 2), ...ringing('102', 3).slice(1));
  const [before] = line('102');
  poll([TRUNK, phone('102', 3, { state: UP, application: 'AppDial' })], { isFirst: true });
  assert.equal(story('101'), `ringing(${CLIENT}) ended lost`);
  assert.equal(story('102'), `ringing(${CLIENT}) talking(${CLIENT})`);
  assert.equal(line('102')[0]?.id, before?.id);
});

test('a restarted Asterisk uses the same names for other calls', () => {
  const { take, poll, line } = world();
  take(...ringing());
  const other = '+79160000000';
  poll(
    [
      phone('101', 2, {
        uniqueid: '1700009999.2',
        state: RINGING,
        application: 'AppDial',
        connectedNumber: other,
      }),
    ],
    {
      isFirst: true,
    },
  );
  assert.equal(tellStory(line('101')), `ended lost | ringing(${other})`);
});

test('a relay that starts in the middle of a call tells it as it is, with its age', () => {
  const { poll, line } = world();
  poll([TRUNK, phone('101', 2, { state: UP, application: 'AppDial', ageMs: 90_000 })], { isFirst: true });
  const [call] = line('101');
  assert.equal(call?.state, 'talking');
  assert.equal(call?.startedAt, 1_700_000_000_000 - 90_000);
});

test('the ring does not wait for the name: it goes out at once, and the name follows in the same call', async () => {
  const { promise, resolve } = Promise.withResolvers<Found>();
  const { take, line, story } = world(() => promise);
  take(...ringing());
  assert.equal(story('101'), `ringing(${CLIENT})`);
  const [before] = line('101');
  assert.equal(before?.party.client, null);
  const client = { id: '7', name: 'Анна', image: null, others: 0, fields: [] };
  resolve({ client, url: 'https://crm.example/7' });
  await promise;
  await Promise.resolve(); // the turn in which the exchange takes it
  const [call] = line('101');
  assert.equal(call?.id, before?.id);
  assert.deepEqual(call?.party.client, client);
});

test('a client is yours only where the manager’s own phone rings, and the card knows whose phone it is', () => {
  const client = { id: '7', name: 'Анна', image: null, others: 0, fields: [] };
  const { take, line } = world(() => ({
    client: { ...client, managers: ['102'] },
    url: 'https://crm.example/7?by={extension}',
  }));
  take(...ringing('101', 2), ...ringing('102', 3));
  assert.deepEqual(
    ['101', '102'].map((extension) => line(extension)[0]?.party.client),
    [client, { ...client, isYours: true }],
  );
  assert.deepEqual(
    ['101', '102'].map((extension) => line(extension)[0]?.party.url),
    ['https://crm.example/7?by=101', 'https://crm.example/7?by=102'],
  );
});

test('a second ring of the same client changes no line but its own', () => {
  const { take, story, published } = world();
  take(...ringing('101', 2), hangsUp(phone('101', 2), 16));
  const before = published('101');
  take(...ringing('102', 3));
  assert.equal(story('102'), `ringing(${CLIENT})`);
  assert.equal(published('101'), before);
});

test('hidden numbers and colleagues are never looked up', () => {
  const asked: string[] = [];
  const { take, story } = world((number) => (asked.push(number), NOBODY));
  const hidden = facts('PJSIP/trunk-00000001', {
    state: RING,
    callerNumber: 'anonymous',
    exten: '74950000101',
  });
  const rung = phone('101', 2, { state: RINGING, connectedNumber: 'anonymous', connectedName: 'Anonymous' });
  take(isNew(hidden), isNew({ ...rung, state: DOWN }), dials(hidden, rung), changes(rung));
  assert.equal(story('101'), 'ringing(hidden)');
  const one = facts('PJSIP/102-00000005', { linkedid: 'x', state: RING, callerNumber: '102', exten: '103' });
  const two = facts('PJSIP/103-00000006', { linkedid: 'x', state: RINGING, connectedNumber: '102' });
  take(isNew(one), isNew({ ...two, state: DOWN }), dials(one, two), changes(two));
  assert.equal(story('103'), 'ringing(102, internal)');
  assert.deepEqual(asked, []);
});

test('an outside caller who claims a colleague’s number is no colleague', () => {
  const { take, story } = world();
  const idle = facts('PJSIP/102-00000008', { linkedid: 'other', state: UP });
  const liar = facts('PJSIP/trunk-00000001', { state: RING, callerNumber: '102', exten: '74950000101' });
  const rung = phone('101', 2, { state: RINGING, connectedNumber: '102', connectedName: undefined });
  take(isNew(idle), isNew(liar), isNew({ ...rung, state: DOWN }), dials(liar, rung), changes(rung));
  assert.equal(story('101'), 'ringing(102)');
});

test('an ended call stays a minute, then leaves its line', () => {
  const { take, passes, line } = world();
  take(...ringing(), hangsUp(phone('101', 2), 16));
  passes(ENDED_CALL_STAYS_MS - 1);
  assert.equal(line('101').length, 1);
  passes(1);
  assert.equal(line('101').length, 0);
});

test('a line shows at most eight calls, the live ones first', () => {
  const { take, line } = world();
  take(...ringing());
  for (let count = 3; count < 20; count += 1) {
    const rung = facts(`PJSIP/101-000000${count.toString(16).padStart(2, '0')}`, {
      linkedid: `l${count}`,
      state: RINGING,
    });
    const trunk = facts(`PJSIP/trunk-000001${count.toString(16).padStart(2, '0')}`, {
      linkedid: `l${count}`,
    });
    take(isNew(trunk), isNew({ ...rung, state: DOWN }), dials(trunk, rung), changes(rung), hangsUp(rung, 16));
  }
  assert.equal(line('101').length, MAX_CALLS_IN_LINE);
  assert.equal(line('101').filter(({ state }) => state === 'ringing').length, 1);
});

test('the queue that a poll tells is known, also where an event of the caller came while it was asked', () => {
  const { take, poll, inputsTaken, line } = world();
  take(...ringing('101', 2));
  const askedAt = inputsTaken();
  const caller = { ...TRUNK, state: UP };
  take(changes({ ...caller, connectedNumber: '101' }));
  poll([{ ...caller, application: 'Queue', queue: 'sales' }, phone('101', 2, { state: RINGING })], {
    askedAt,
  });
  assert.equal(line('101')[0]?.queue, 'sales');
});

test('a phone that a poll sees ringing an instant before its application is known rings with the next poll', () => {
  const { poll, story } = world();
  const rung = phone('101', 2, { state: RINGING });
  poll([
    { ...TRUNK, application: 'Dial' },
    { ...rung, application: '' },
  ]);
  poll([
    { ...TRUNK, application: 'Dial' },
    { ...rung, application: 'AppDial' },
  ]);
  assert.equal(story('101'), `ringing(${CLIENT})`);
});

test('a poll that is ahead of the events does not swallow the ring; one that stays ahead is believed', () => {
  const rung = phone('101', 2, { state: RINGING });
  const rows = [
    { ...TRUNK, state: UP, application: 'Dial' },
    { ...rung, state: UP, application: 'AppDial' },
  ];
  const { take, poll, story } = world();
  take(isNew(TRUNK), isNew({ ...rung, state: DOWN }), dials(TRUNK, { ...rung, state: DOWN }));
  poll(rows);
  take(changes(rung), changes({ ...rung, state: UP }));
  assert.equal(story('101'), `ringing(${CLIENT}) talking(${CLIENT})`);

  const late = world();
  late.take(isNew(TRUNK), isNew({ ...rung, state: DOWN }), dials(TRUNK, { ...rung, state: DOWN }));
  late.poll(rows);
  late.poll(rows);
  assert.equal(late.story('101'), `inbound talking(${CLIENT})`);
});

test('how a ring that was not answered ended', () => {
  const table: [boolean, number | null, string | null, string | null][] = [
    [true, 16, null, 'missed'],
    [true, 127, null, 'missed'],
    [true, 0, null, 'missed'],
    [true, 26, '102', 'answered-elsewhere'],
    [true, 26, null, 'answered-elsewhere'],
    [true, 21, null, 'rejected'],
    [true, 17, null, 'rejected'],
    [true, null, null, 'missed'],
    [true, null, '102', 'answered-elsewhere'],
    [true, 16, '102', 'missed'],
    [false, 17, null, 'busy'],
    [false, 21, null, 'rejected'],
    [false, 16, null, null],
    [false, 26, '102', null],
    [false, null, null, null],
  ];
  for (const [hasRung, cause, answeredBy, reason] of table)
    assert.equal(
      outcomeOfRinging({ hasRung, cause, answeredBy, isPickedUp: false, isForwarded: false }),
      reason,
      `${hasRung} ${cause} ${answeredBy}`,
    );
});

test('how a dialling ended that nobody was joined by', () => {
  const table: [string | null, number | null, string][] = [
    ['ANSWER', 16, 'completed'],
    ['BUSY', 17, 'busy'],
    ['BUSY', 21, 'rejected'],
    ['NOANSWER', 16, 'no-answer'],
    ['CANCEL', 16, 'cancelled'],
    ['CONGESTION', 34, 'no-answer'],
    ['CHANUNAVAIL', 20, 'no-answer'],
    ['constructor', null, 'no-answer'],
    [null, null, 'no-answer'],
  ];
  for (const [status, cause, reason] of table)
    assert.equal(outcomeOfDialing(status, cause), reason, `${status} ${cause}`);
});
