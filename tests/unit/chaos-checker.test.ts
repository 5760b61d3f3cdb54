// The judge of the chaos run: each kind of fault that a screen may have is found, and what is right is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missedTogetherWords } from '../../extension/phrases.ts';
import en from '../../extension/public/_locales/en/messages.json' with { type: 'json' };
import { noticeWords } from '../../shared/notice.ts';
import { check } from '../chaos/checker.ts';
import type { Fault, Ring, Run, Sight } from '../chaos/facts.ts';
import { readNotice } from '../chaos/read-notice.ts';
import { call } from './addon-call.ts';
import { sayIn } from './say-in.ts';

const ANNA = '79161234567';
const S = 1_000;

const ring = (part: Partial<Ring> = {}): Ring => ({
  extension: '101',
  number: ANNA,
  from: 10 * S,
  to: 15 * S,
  outcome: 'missed',
  ...part,
});
let noticeId = 0;
const shows = (at: number, what: Sight['what'] = 'ringing', part: Partial<Sight> = {}): Sight => ({
  at,
  noticeId: 'anna',
  what,
  number: what === 'cleared' ? null : ANNA,
  isNew: true,
  ...part,
});
const fault = (from: number, to: number, part: Partial<Fault> = {}): Fault => ({
  kind: 'relay killed',
  from,
  to,
  screens: null,
  hides: 'pbx',
  ...part,
});
const run = (rings: Ring[], sights: Sight[], part: Partial<Run> = {}): Run => ({
  rings,
  screens: [{ name: 'desk', extension: '101', sights, blind: [] }],
  faults: [],
  seen: [],
  log: [],
  promiseMs: 2 * S,
  usualMs: 0.5 * S,
  startedAt: 0,
  endedAt: 60 * S,
  ...part,
});
const found = (judged: Run): string[] => check(judged).findings.map(({ what }) => what);

const RIGHT = [shows(10.01 * S), shows(15.01 * S, 'missed')];

test('a ring that is shown at once and becomes a missed call is right', () => {
  assert.deepEqual(found(run([ring()], RIGHT)), []);
  const answered = [shows(10.01 * S), shows(15.01 * S, 'cleared')];
  assert.deepEqual(found(run([ring({ outcome: 'answered' })], answered)), []);
});

test('a ring that no screen shows is lost', () => {
  assert.deepEqual(found(run([ring({ outcome: 'answered' })], [])), ['lost ring']);
  assert.deepEqual(found(run([ring()], [])), ['lost ring', 'lost missed']);
});

test('a ring that a fault covers with the two seconds after it may be lost, a longer one may not', () => {
  const rings = [ring({ outcome: 'answered' })];
  assert.deepEqual(found(run(rings, [], { faults: [fault(9 * S, 13.5 * S)] })), []);
  assert.deepEqual(found(run(rings, [], { faults: [fault(9 * S, 12 * S)] })), ['lost ring']);
  const elsewhere = fault(9 * S, 20 * S, { screens: new Set(['another desk']) });
  assert.deepEqual(found(run(rings, [], { faults: [elsewhere] })), ['lost ring']);
});

test('a ring that is shown late is late, and one that stays is a ghost', () => {
  assert.deepEqual(found(run([ring()], [shows(11 * S), shows(15 * S, 'missed')])), ['late']);
  assert.deepEqual(found(run([ring()], [shows(10 * S), shows(16 * S, 'missed')])), ['ghost', 'late missed']);
  assert.deepEqual(found(run([ring({ outcome: 'answered' })], [shows(10 * S)])), ['ghost']);
});

test('a caller who never rang here is shown to the wrong person', () => {
  const sights = [shows(10 * S), shows(10.1 * S, 'cleared')];
  assert.deepEqual(found(run([ring({ extension: '102' })], sights)), ['wrong person']);
});

test('what catches the eye twice is double; what takes its own place is not', () => {
  noticeId += 1;
  const again = shows(12 * S, 'ringing', { noticeId: String(noticeId) });
  const sights = [
    shows(10 * S),
    shows(11.9 * S, 'cleared'),
    again,
    shows(15 * S, 'missed', { noticeId: String(noticeId) }),
  ];
  assert.deepEqual(found(run([ring()], sights)), ['double (ringing)']);
  const twice = [...RIGHT, shows(30 * S, 'missed', { noticeId: 'another' })];
  assert.deepEqual(found(run([ring()], twice)), ['double (missed)']);
  const update = shows(12 * S, 'ringing', { isNew: false });
  assert.deepEqual(found(run([ring()], [shows(10 * S), update, shows(15 * S, 'missed')])), []);
});

test('a missed call that is never told is lost, unless the relay could not see its end', () => {
  const sights = [shows(10 * S), shows(15 * S, 'cleared')];
  assert.deepEqual(found(run([ring()], sights)), ['lost missed']);
  assert.deepEqual(found(run([ring()], sights, { faults: [fault(14 * S, 14.5 * S)] })), []);
  const notHiding = fault(14 * S, 14.5 * S, { hides: null });
  assert.deepEqual(found(run([ring()], sights, { faults: [notHiding] })), ['lost missed']);
});

test('several missed calls told together are told', () => {
  const away = fault(9 * S, 20 * S, { hides: null });
  const together = shows(20.5 * S, 'together', { number: null, noticeId: 'together' });
  assert.deepEqual(found(run([ring()], [together], { faults: [away] })), []);
  assert.deepEqual(found(run([ring()], [...RIGHT.slice(0, 1), shows(15 * S, 'cleared'), together])), [
    'lost missed',
  ]);
});

test('a missed call that is told long after its end, for no fault of the network, is late', () => {
  const sights = [shows(10 * S), shows(15 * S, 'cleared'), shows(20 * S, 'missed')];
  assert.deepEqual(found(run([ring()], sights)), ['late missed']);
  assert.deepEqual(found(run([ring()], sights, { faults: [fault(14 * S, 18 * S)] })), []);
});

test('the add-on’s own words are read as what they mean', () => {
  const say = sayIn(en);
  const ended = call({ state: 'ended', endedAt: 2_000, endReason: 'missed' });
  const read = ({ title, message }: { title: string; message: string }) => readNotice(title, message);
  const ringing = read(noticeWords(call(), 'ringing', 2_000, say, null));
  assert.deepEqual(ringing, { what: 'ringing', number: ANNA });
  assert.deepEqual(read(noticeWords(ended, 'missed', 2_000, say, null)), { what: 'missed', number: ANNA });
  const together = missedTogetherWords([ended, ended, ended, ended], 2_000, say);
  assert.deepEqual(read(together), { what: 'together', number: null });
});

test('missed is false where somebody answered or declined, here or in the group', () => {
  assert.deepEqual(found(run([ring({ outcome: 'rejected' })], RIGHT)), ['false missed']);
  const group = [ring({ outcome: 'elsewhere' }), ring({ extension: '102', outcome: 'answered' })];
  assert.deepEqual(found(run(group, RIGHT)), ['false missed']);
  assert.deepEqual(found(run([ring({ outcome: 'cut' })], RIGHT)), ['false missed']);
});

test('what was looked at on one device leaves the others', () => {
  const seen = [{ at: 20 * S, extension: '101', number: ANNA }];
  const cleared = [...RIGHT, shows(20.1 * S, 'cleared')];
  assert.deepEqual(found(run([ring()], cleared, { seen })), []);
  assert.deepEqual(found(run([ring()], RIGHT, { seen })), ['still unseen']);
});

test('a full disk excuses that what was looked at stays, but no ring', () => {
  const full = [fault(9 * S, 30 * S, { kind: 'disk full', hides: 'journal' })];
  const seen = [{ at: 20 * S, extension: '101', number: ANNA }];
  const cleared = [...RIGHT, shows(31 * S, 'cleared')];
  assert.deepEqual(found(run([ring()], cleared, { seen, faults: full })), []);
  assert.deepEqual(found(run([ring({ outcome: 'answered' })], [], { faults: full })), ['lost ring']);
});

test('how soon it is right again is counted from the end of the last of several faults', () => {
  const sights = [shows(13 * S), shows(15 * S, 'missed')];
  const faults = [fault(9 * S, 12 * S), fault(10 * S, 11 * S, { kind: 'add-ons reset' })];
  const { convergences, findings } = check(run([ring()], sights, { faults }));
  assert.deepEqual(findings, []);
  assert.deepEqual(
    convergences.map(({ kind, tookMs }) => [kind, tookMs]),
    [
      ['relay killed', 1 * S],
      ['add-ons reset', 0],
    ],
  );
});

test('a screen that knows it is blind is not right yet', () => {
  const judged = run([], [], { faults: [fault(9 * S, 12 * S)] });
  judged.screens[0] = { name: 'desk', extension: '101', sights: [], blind: [{ from: 9 * S, to: 13.5 * S }] };
  assert.deepEqual(
    check(judged).convergences.map(({ tookMs }) => tookMs),
    [1.5 * S],
  );
});
