// The line as the add-on holds it: every row of the table in extension/background/line.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyLine } from '../../extension/background/line.ts';
import { call, line } from './addon-call.ts';

const message = (seq: number, epoch = 'e1', extension = '101') => ({
  type: 'line' as const,
  extension,
  epoch,
  seq,
  cause: null,
  calls: [call({ id: `${epoch}-${seq}` })],
});

const rows = [
  { name: 'the first line is taken', held: null, arrives: message(0), isTaken: true },
  { name: 'a newer line of the same epoch is taken', held: line(4, []), arrives: message(5), isTaken: true },
  {
    name: 'a gap does no harm, as every line is whole',
    held: line(4, []),
    arrives: message(9),
    isTaken: true,
  },
  { name: 'a repeated line changes nothing', held: line(4, []), arrives: message(4), isTaken: false },
  { name: 'a late line changes nothing', held: line(4, []), arrives: message(3), isTaken: false },
  {
    name: 'another epoch is taken, however small its seq',
    held: line(4, []),
    arrives: message(0, 'e2'),
    isTaken: true,
  },
  {
    name: "another extension's line changes nothing",
    held: line(4, []),
    arrives: message(5, 'e1', '102'),
    isTaken: false,
  },
  {
    name: 'what was held for an earlier extension does not count',
    held: { ...line(9, []), extension: '102' },
    arrives: message(1),
    isTaken: true,
  },
];

for (const { name, held, arrives, isTaken } of rows) {
  test(name, () => {
    const { extension, epoch, seq, calls } = arrives;
    const result = applyLine(held, arrives, '101');
    if (isTaken) assert.deepEqual(result, { extension, epoch, seq, calls });
    else assert.equal(result, held);
  });
}
