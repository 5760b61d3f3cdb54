// Which calls prove whose phone it is, in the packets of both dialects: by events with polls, and by polls alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvent, readRow } from '../../relay/ami/events.ts';
import type { Packet } from '../../relay/ami/packet.ts';
import { createPhones } from '../../relay/calls/phones.ts';
import { createExchange } from '../../relay/exchange.ts';
import { numberDescriber } from '../../relay/numbers.ts';
import { codeIn } from '../../relay/pairing/dialplan.ts';
import type { DialledCode } from '../../relay/pairing/pairing.ts';

const CODE = '*77482193';
type Fields = Record<string, string>;
type Dialect = 'Asterisk 11' | 'Asterisk 12+';
const DIALECTS: Dialect[] = ['Asterisk 11', 'Asterisk 12+'];

function world({ prefix = '' } = {}) {
  const dialled: DialledCode[] = [];
  const published: string[] = [];
  let pollsWanted = 0;
  const exchange = createExchange({
    ...createPhones({ pattern: /^\d{2,6}$/, endpoints: new Map(), prefix }),
    describeNumber: numberDescriber('RU'),
    now: () => 1_700_000_000_000,
    find: () => ({ client: null, url: null }),
    pollSoon: () => (pollsWanted += 1),
    tickIn: () => undefined,
    publish: (extension) => void published.push(extension),
    codeIn: (text) => codeIn('*77', text),
    codeDialled: ({ digits, extension, context, isOwnDial }) =>
      void dialled.push({ digits, extension, context, isOwnDial }),
  });
  exchange.take({ type: 'poll', askedAt: 0, isFirst: true, channels: [] });
  return {
    dialled,
    published,
    pollsWanted: () => pollsWanted,
    hears: (packet: Packet) => {
      const event = readEvent(packet);
      if (event) exchange.take(event === 'malformed' ? { type: 'doubt' } : event);
    },
    polls: (rows: Packet[], { isFirst = false, during = [] as Packet[] } = {}) => {
      const askedAt = exchange.inputsTaken();
      for (const packet of during)
        exchange.take(readEvent(packet) === 'malformed' ? { type: 'doubt' } : { type: 'tick' });
      const channels = rows.flatMap((row) => readRow(row) ?? []);
      exchange.take({ type: 'poll', askedAt, isFirst, channels });
    },
  };
}

const ids = (dialect: Dialect): Fields =>
  dialect === 'Asterisk 11' ? { uniqueid: '1.1' } : { uniqueid: '1.1', linkedid: '1.1' };
const unknown = (dialect: Dialect): string => (dialect === 'Asterisk 11' ? '' : '<unknown>');
const event = (
  dialect: Dialect,
  name: string,
  channel: string,
  state: string,
  over: Fields = {},
): Packet => ({
  event: name,
  channel,
  channelstate: state,
  calleridnum: '101',
  connectedlinenum: unknown(dialect),
  exten: CODE,
  context: 'internal',
  ...ids(dialect),
  ...over,
});
const row = (dialect: Dialect, channel: string, state: string, over: Fields = {}): Packet =>
  dialect === 'Asterisk 11'
    ? {
        ...{ event: 'CoreShowChannel', channel, uniqueid: '1.1', context: 'internal', extension: CODE },
        ...{ channelstate: state, application: 'Playback', applicationdata: 'beep', calleridnum: '101' },
        ...{ connectedlinenum: '', duration: '00:00:01', bridgedchannel: '', ...over },
      }
    : {
        ...{ event: 'CoreShowChannel', channel, channelstate: state, calleridnum: '101' },
        ...{ connectedlinenum: '<unknown>', context: 'internal', exten: CODE, ...ids(dialect) },
        ...{ application: 'Playback', applicationdata: 'beep', duration: '00:00:01', bridgeid: '', ...over },
      };
const exten = (dialect: Dialect, text: string): Fields =>
  dialect === 'Asterisk 11' ? { extension: text } : { exten: text };
const PHONE = 'SIP/101-0000002b';
const TRUNK = 'SIP/trunk-0000002c';
const OWN: DialledCode = { digits: '482193', extension: '101', context: 'internal', isOwnDial: true };
const SENT: DialledCode = { ...OWN, isOwnDial: false };

for (const dialect of DIALECTS) {
  const newchannel = event(dialect, 'Newchannel', PHONE, '0');
  const lifted = event(dialect, 'Newstate', PHONE, '4');
  const up = event(dialect, 'Newstate', PHONE, '6');

  test(`${dialect}: a phone dials a code: events have it polled for, the poll proves it, once`, () => {
    const { hears, polls, dialled, pollsWanted, published } = world();
    for (const packet of [newchannel, lifted, up]) hears(packet);
    assert.ok(pollsWanted() > 0);
    assert.deepEqual(dialled, [], 'an event alone proves nothing');
    polls([row(dialect, PHONE, '6')]);
    polls([row(dialect, PHONE, '6', { application: 'Wait' })]);
    assert.deepEqual(dialled, [OWN]);
    assert.deepEqual(published, [], 'it is nobody’s call');
  });

  test(`${dialect}: by polls alone`, () => {
    const { polls, dialled, published } = world();
    polls([row(dialect, PHONE, '6')]);
    polls([row(dialect, PHONE, '6')]);
    assert.deepEqual([dialled, published], [[OWN], []]);
  });

  test(`${dialect}: with a site's prefix it is the extension that staff know`, () => {
    const { polls, dialled } = world({ prefix: '8' });
    polls([row(dialect, PHONE, '6')]);
    assert.deepEqual(dialled, [{ ...OWN, extension: '8101' }]);
  });

  test(`${dialect}: where the PBX dials the code on, it is a proof, and still nobody’s call`, () => {
    const { hears, polls, dialled, published } = world();
    for (const packet of [newchannel, lifted]) hears(packet);
    polls([row(dialect, PHONE, '4', { application: 'Dial' })]);
    assert.deepEqual([dialled, published], [[OWN], []]);
  });

  test(`${dialect}: an outside caller has no phone, whatever number he shows`, () => {
    const { hears, polls, dialled } = world();
    hears({ ...newchannel, channel: TRUNK });
    hears({ ...lifted, channel: TRUNK });
    polls([row(dialect, TRUNK, '6', { calleridnum: '101' })]);
    assert.deepEqual(dialled, [{ ...OWN, extension: null }]);
  });

  test(`${dialect}: a Local channel is nobody’s phone and nobody’s dial`, () => {
    const { polls, dialled } = world();
    polls([row(dialect, 'Local/101@internal-00000001;1', '6')]);
    assert.deepEqual(dialled, []);
  });

  test(`${dialect}: whoever is passed on to a code has not dialled it`, () => {
    const { hears, polls, dialled } = world();
    hears({ ...newchannel, exten: '102' });
    hears({ ...lifted, exten: '102' });
    hears({ ...up, exten: '102' });
    polls([row(dialect, PHONE, '6', { ...exten(dialect, '102'), application: 'Dial' })]);
    polls([row(dialect, PHONE, '6')]);
    assert.deepEqual(dialled, [SENT]);
  });

  test(`${dialect}: by polls alone, whoever was passed on to a code shows whom he talked with`, () => {
    const { polls, dialled } = world();
    polls([row(dialect, PHONE, '6', { connectedlinenum: '102' })]);
    assert.deepEqual(dialled, [SENT]);
  });

  test(`${dialect}: a phone that was rung and is sent to a code by a click has not dialled it`, () => {
    const { hears, polls, dialled } = world();
    hears({ ...newchannel, exten: '' });
    hears({ ...event(dialect, 'Newstate', PHONE, '5'), exten: '' });
    hears(up);
    polls([row(dialect, PHONE, '6')]);
    assert.deepEqual(dialled, [SENT]);
    const alone = world();
    alone.polls([row(dialect, PHONE, '5', { application: dialect === 'Asterisk 11' ? '' : 'AppDial2' })]);
    alone.polls([row(dialect, PHONE, '6')]);
    assert.deepEqual(alone.dialled, [SENT]);
  });

  test(`${dialect}: the first poll of a session proves nothing, the next one does`, () => {
    const { polls, dialled } = world();
    polls([row(dialect, PHONE, '6')], { isFirst: true });
    assert.deepEqual(dialled, []);
    polls([row(dialect, PHONE, '6')]);
    assert.deepEqual(dialled, [OWN]);
  });

  test(`${dialect}: forged events of a whole call prove nothing, as no poll shows it`, () => {
    const { hears, polls, dialled } = world();
    for (const packet of [newchannel, lifted, up]) hears(packet);
    polls([]);
    polls([]);
    assert.deepEqual(dialled, []);
  });

  test(`${dialect}: while blocks are torn nobody is paired; afterwards it goes on`, () => {
    const { hears, polls, dialled } = world();
    for (const packet of [newchannel, lifted, up]) hears(packet);
    const rest = { event: 'Fake', uniqueid: '1.1', applicationdata: '', duration: '00:00:01', bridgeid: '' };
    polls([row(dialect, PHONE, '6')], { during: [rest] });
    assert.deepEqual(dialled, []);
    polls([row(dialect, PHONE, '6')]);
    assert.deepEqual(dialled, [OWN]);
  });
}

test('12+: a caller who forges the rest of the row of the phone that he talks with gains nothing', () => {
  const { polls, dialled } = world();
  // What 101 answers shows the caller's text in its own row: code, application and all. Its state and the rest of it he cannot change.
  const forged = row('Asterisk 12+', PHONE, '5');
  const rest = {
    event: 'Fake',
    x: '',
    connectedlinename: 'x',
    applicationdata: '(Outgoing Line)',
    bridgeid: '',
  };
  polls([forged], { during: [rest] });
  polls([{ ...forged, channelstate: '6' }], { during: [rest] });
  assert.deepEqual(dialled, []);
});

test('12+: the same is so where nothing looks torn: what has rung has not dialled', () => {
  const { polls, dialled } = world();
  polls([row('Asterisk 12+', PHONE, '5')]);
  polls([row('Asterisk 12+', PHONE, '6')]);
  assert.deepEqual(dialled, [SENT]);
});

test('12+: a row that tells another id for a phone that is known is no dial, whatever it says', () => {
  const forged = world();
  forged.hears(event('Asterisk 12+', 'Newchannel', PHONE, '0', { exten: '' }));
  // Another id makes it another channel, of which no event has told.
  forged.polls([row('Asterisk 12+', PHONE, '6', { uniqueid: '9.9', linkedid: '9.9' })]);
  assert.deepEqual(forged.dialled, [SENT]);
  const own = world();
  own.hears(event('Asterisk 12+', 'Newchannel', PHONE, '4'));
  own.polls([row('Asterisk 12+', PHONE, '6')]);
  assert.deepEqual(own.dialled, [OWN]);
});

for (const dialect of DIALECTS)
  test(`${dialect}: a row that overtakes the event of the lifting is asked for again`, () => {
    const { hears, polls, dialled, pollsWanted } = world();
    hears(event(dialect, 'Newchannel', PHONE, '0'));
    polls([row(dialect, PHONE, '6')]);
    const wanted = pollsWanted();
    hears({ ...event(dialect, 'Newstate', PHONE, '4'), ...(dialect === 'Asterisk 11' && { exten: '' }) });
    assert.ok(pollsWanted() > wanted);
    assert.deepEqual(dialled, []);
    polls([row(dialect, PHONE, '6')]);
    assert.deepEqual(dialled, [OWN]);
  });

test('12+: keys that are told twice are not told', () => {
  const { polls, dialled } = world();
  polls([{ ...row('Asterisk 12+', PHONE, '6'), exten: [CODE, '74950000101'] }]);
  assert.deepEqual(dialled, []);
});

test('what is no code is a call as ever', () => {
  for (const text of ['*7748219', '*774821930', '*78482193', '77482193', '*77abcdef', '*77 82193']) {
    const { polls, dialled } = world();
    polls([row('Asterisk 12+', PHONE, '4', { exten: text, application: 'Dial' })]);
    assert.deepEqual(dialled, [], text);
  }
});
