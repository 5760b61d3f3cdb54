// What the log tells, and what it keeps to itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCallLog, createLog, maskNumber } from '../../relay/log.ts';
import type { Call } from '../../shared/protocol.ts';

test('a line is JSON with the time, the level by name and what was told', () => {
  const lines: string[] = [];
  createLog('info', { write: (line) => void lines.push(line) }).info({ extension: '101' }, 'call');
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.deepEqual([line['level'], line['extension'], line['msg']], ['info', '101', 'call']);
  assert.ok(!Number.isNaN(Date.parse(String(line['time']))));
  assert.deepEqual(Object.keys(line).toSorted(), ['extension', 'level', 'msg', 'time'], 'no host, no pid');
});

test('below its level it says nothing', () => {
  const lines: string[] = [];
  const log = createLog('warn', { write: (line) => void lines.push(line) });
  log.info('quiet');
  log.warn('loud');
  assert.equal(lines.length, 1);
});

test('calls are logged together, numbers masked, and none is lost at the end', () => {
  const lines: string[] = [];
  const calls = createCallLog(createLog('info', { write: (line) => void lines.push(line) }));
  const party = {
    number: '+79161234567',
    display: '+7 916 123-45-67',
    name: 'Иван',
    internal: false,
    client: { id: '7', name: 'Пётр', image: null, others: 0, fields: [] },
    url: 'https://crm.example/7',
  };
  const call: Call = {
    id: '1700000000.1',
    direction: 'inbound',
    state: 'ringing',
    party,
    dialed: null,
    queue: null,
    transferredBy: null,
    startedAt: 1,
    answeredAt: null,
    endedAt: null,
    endReason: null,
    answeredBy: null,
  };
  calls.add('101', call);
  calls.add('101', { ...call, state: 'ended', endReason: 'missed' });
  assert.deepEqual(lines, [], 'no line stands in the way of a ring');
  calls.flush();
  calls.flush();
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    told.map(({ extension, state, reason, party: number }) => [extension, state, reason, number]),
    [
      ['101', 'ringing', null, '+79*******67'],
      ['101', 'ended', 'missed', '+79*******67'],
    ],
  );
  assert.doesNotMatch(lines.join(), /Иван|Пётр|crm|4567|45-67/);
});

for (const [number, masked] of [
  ['+79161234567', '+79*******67'],
  ['+442079460958', '+44********58'],
  ['1234567', '*****67'], // a local number: with more shown, a few tries would reach it
  ['101', '101'],
  ['*77482', '*77482'],
  ['*77482193', '*******93'],
  ['Иван', 'text'],
  ['Иван Петров', 'text'],
  ['a@b', 'text'],
  [null, 'hidden'],
] as const)
  test(`${number ?? 'a hidden number'} is logged as ${masked}`, () =>
    assert.equal(maskNumber(number), masked));
