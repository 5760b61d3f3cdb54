// The events by which calls go from hand to hand, and the dialplan's own word on who is calling: both dialects → the
// switchboard's events; what a caller's text tore apart is malformed. Keys and order of real ones [11, 16, 22].
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvent } from '../../relay/ami/events.ts';

const told = (fields: Record<string, unknown>) =>
  readEvent(Object.fromEntries(Object.entries(fields).map(([key, value]) => [key.toLowerCase(), value])));

/** One channel's part of a block of 12+. */
const part = (prefix: string, channel: string) => ({
  [`${prefix}Channel`]: channel,
  [`${prefix}ChannelState`]: '6',
  [`${prefix}CallerIDNum`]: '101',
  [`${prefix}Uniqueid`]: '1.1',
  [`${prefix}Linkedid`]: '1.0',
});
const [ONE, TWO, TRUNK] = ['PJSIP/101-00000001', 'PJSIP/102-00000002', 'PJSIP/trunk-00000000'];
const ATTENDED = {
  Event: 'AttendedTransfer',
  Result: 'Success',
  ...part('OrigTransferer', ONE),
  ...part('SecondTransferer', ONE),
  ...part('Transferee', TRUNK),
  ...part('TransferTarget', TWO),
};

test('12+ an attended transfer tells who leaves and who is joined', () => {
  assert.deepEqual(told(ATTENDED), {
    type: 'transferred',
    transferers: [ONE, ONE],
    transferees: [TRUNK, TWO],
  });
});

test('12+ a transfer that failed changes nothing', () => {
  assert.equal(told({ ...ATTENDED, Result: 'Fail' }), null);
});

test('12+ a transfer torn by a caller’s text, or with a line put in, is malformed', () => {
  assert.equal(told({ ...ATTENDED, TransfereeUniqueid: undefined }), 'malformed');
  assert.equal(told({ ...ATTENDED, TransfereeChannel: [TRUNK, ONE] }), 'malformed');
  assert.equal(told({ ...ATTENDED, Result: ['Success', 'Fail'] }), 'malformed');
});

test('a blind transfer tells who leaves and who goes on', () => {
  const blind = { type: 'transferred', transferers: [ONE], transferees: [TRUNK] };
  assert.deepEqual(
    told({
      Event: 'BlindTransfer',
      Result: 'Success',
      ...part('Transferer', ONE),
      ...part('Transferee', TRUNK),
    }),
    blind,
  );
  const eleven = { Event: 'Transfer', TransferMethod: 'SIP', Channel: ONE, TargetChannel: TRUNK };
  assert.deepEqual(told({ ...eleven, TransferType: 'Blind', TransferExten: '102' }), blind);
});

test('11 an attended transfer tells the two channels of the one who leaves', () => {
  assert.deepEqual(told({ Event: 'Transfer', TransferType: 'Attended', Channel: ONE, TargetChannel: TWO }), {
    type: 'transferred',
    transferers: [ONE, TWO],
    transferees: [],
  });
});

test('11 of the three renames of a masquerade the second alone tells who goes on in whose place', () => {
  const rename = (from: string, to: string) => told({ Event: 'Rename', Channel: from, Newname: to });
  assert.equal(rename(TRUNK, `${TRUNK}<MASQ>`), null);
  assert.deepEqual(rename(ONE, TRUNK), { type: 'took-place', name: TRUNK, of: ONE });
  assert.equal(rename(`${TRUNK}<MASQ>`, `${ONE}<ZOMBIE>`), null);
});

test('a pickup tells who took the call that rang where, in either dialect', () => {
  const picked = { type: 'picked-up', name: ONE, target: TWO };
  assert.deepEqual(told({ Event: 'Pickup', Channel: ONE, TargetChannel: TWO }), picked);
  assert.deepEqual(told({ Event: 'Pickup', ...part('', ONE), ...part('Target', TWO) }), picked);
  assert.equal(
    told({ Event: 'Pickup', ...part('', ONE), TargetChannel: TWO, TargetCallerIDNum: '1' }),
    'malformed',
  );
});

test('parking tells who is parked', () => {
  assert.deepEqual(told({ Event: 'ParkedCall', ...part('Parkee', TRUNK), ParkingSpace: '701' }), {
    type: 'parked',
    name: TRUNK,
  });
  assert.deepEqual(told({ Event: 'ParkedCall', Channel: TRUNK, From: ONE, Uniqueid: '1.1' }), {
    type: 'parked',
    name: TRUNK,
  });
});

test('11 a queue is entered and left', () => {
  const queue = (event: string) => told({ Event: event, Channel: TRUNK, Queue: 'sales', Uniqueid: '1.1' });
  assert.deepEqual(queue('Join'), { type: 'queued', name: TRUNK, queue: 'sales' });
  assert.deepEqual(queue('Leave'), { type: 'queued', name: TRUNK, queue: null });
});

test('a pickup, a parking or a queue that is torn or has a line put in is malformed', () => {
  const queue = { Event: 'Join', Channel: TRUNK, Queue: 'sales', Uniqueid: '1.1' };
  for (const fields of [
    { Event: 'Pickup', ...part('', ONE), ...part('Target', TWO), TargetChannel: [TWO, ONE] },
    { Event: 'ParkedCall', ...part('Parkee', TRUNK), ParkeeUniqueid: undefined },
    { ...queue, Queue: ['sales', 'support'] },
    { ...queue, Uniqueid: undefined, CallerIDNum: '101' },
    { Event: 'DialEnd', ...part('Dest', ONE), DialStatus: ['ANSWER', 'BUSY'] },
    { Event: 'Dial', SubEvent: 'Begin', Channel: TRUNK, UniqueID: '1.1', Destination: ONE },
  ])
    assert.equal(told(fields), 'malformed', fields.Event);
});

test('the dialplan may tell a page alone', () => {
  const { ClientName: _, ...page } = USER_EVENT;
  assert.deepEqual(told(page), {
    type: 'client-told',
    uniqueid: '1.1',
    found: { client: null, url: page.CardUrl },
  });
});

const USER_EVENT = {
  Event: 'UserEvent',
  UserEvent: 'RingcueClient',
  Uniqueid: '1.1',
  ClientId: '7',
  ClientName: 'ООО  Ромашка\u202e',
  CardUrl: 'https://crm.example/7',
};
const client = { id: '7', name: 'ООО Ромашка', image: null, others: 0, fields: [] };

test('the dialplan’s own word on the client is taken, made clean', () => {
  assert.deepEqual(told(USER_EVENT), {
    type: 'client-told',
    uniqueid: '1.1',
    found: { client, url: 'https://crm.example/7' },
  });
});

test('a UserEvent opens nothing but web pages, and none that is repeated or somebody else’s is taken', () => {
  for (const CardUrl of [
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://',
    `https://x/${'a'.repeat(1_000)}`,
  ])
    assert.deepEqual(told({ ...USER_EVENT, CardUrl }), {
      type: 'client-told',
      uniqueid: '1.1',
      found: { client, url: null },
    });
  assert.equal(told({ ...USER_EVENT, ClientName: ['Ромашка', 'Лютик'] }), null);
  assert.equal(told({ ...USER_EVENT, CardUrl: ['https://a.example', 'https://b.example'] }), null);
  assert.equal(told({ ...USER_EVENT, UserEvent: 'Other' }), null);
  assert.equal(told({ ...USER_EVENT, ClientName: '', CardUrl: '' }), null);
});
