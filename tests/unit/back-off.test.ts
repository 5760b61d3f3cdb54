// How long either side waits before it tries the other one again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pauseMs } from '../../shared/back-off.ts';

const [firstMs, lastMs] = [200, 15_000];
const ALMOST_ONE = 1 - Number.EPSILON;

const TABLE: readonly [outageMs: number, most: number][] = [
  [0, 200],
  [1_000, 200],
  [8_000, 200],
  [20_000, 500],
  [60_000, 1_500], // found within 2 s of its return
  [600_000, 15_000],
  [24 * 3_600_000, 15_000],
  [Number.POSITIVE_INFINITY, 15_000],
  [-1, 200], // the clock was set back
  [Number.NEGATIVE_INFINITY, 200],
  [Number.NaN, 200],
];

for (const [outageMs, most] of TABLE)
  test(`after an outage of ${outageMs} ms the pause is at most ${most} ms`, () => {
    assert.equal(pauseMs({ outageMs, firstMs, lastMs, random: 0 }), 0);
    const longest = pauseMs({ outageMs, firstMs, lastMs, random: ALMOST_ONE });
    assert.ok(longest > most * 0.99 && longest <= most, String(longest));
  });

test('pauses lie evenly below the longest', () => {
  assert.equal(pauseMs({ outageMs: 88_000, firstMs, lastMs, random: 0.5 }), 1_100);
});

test('attempts grow rare as an outage goes on: ten a second at first, eight a minute after an hour', () => {
  const attempts = (fromMs: number, toMs: number): number => {
    let count = 0;
    for (let at = fromMs; at < toMs; count += 1)
      at += pauseMs({ outageMs: at, firstMs, lastMs, random: 0.5 });
    return count;
  };
  assert.ok(attempts(0, 5_000) <= 50, String(attempts(0, 5_000)));
  assert.ok(attempts(3_600_000, 7_200_000) <= 480, String(attempts(3_600_000, 7_200_000)));
});
