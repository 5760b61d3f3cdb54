// Two pieces of JSON say the same or not, whatever the order of their keys.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSame } from '../../extension/same.ts';

const alike: [unknown, unknown][] = [
  [null, null],
  [1, 1],
  [
    { a: 1, b: [{ c: null, d: 'x' }] },
    { b: [{ d: 'x', c: null }], a: 1 },
  ],
  [[], []],
];
const different: [unknown, unknown][] = [
  [null, {}],
  [1, '1'],
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, { a: 1, b: 1 }],
  [{ a: 1 }, { b: 1 }],
  [
    [1, 2],
    [2, 1],
  ],
  [[], {}],
];

test('the same, in any order of keys', () => {
  for (const [one, other] of alike) assert.ok(isSame(one, other), JSON.stringify([one, other]));
});

test('different, from both sides', () => {
  for (const [one, other] of different) {
    assert.ok(!isSame(one, other), JSON.stringify([one, other]));
    assert.ok(!isSame(other, one), JSON.stringify([other, one]));
  }
});
