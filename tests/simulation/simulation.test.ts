// Ten thousand small worlds: whatever happens at a PBX of either dialect, whatever gets lost on the way, nobody is told
// what is not so. A failing world is printed with its seed and the fewest steps that show it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { report } from './shrink.ts';
import { runWorld } from './world.ts';

const WORLDS = 10_000;
/** Told apart from `npm run simulate`, which begins at 1. */
const FIRST_SEED = 1_000_000;

test('in ten thousand worlds of phones, queues, transfers and faults every line tells what is so', () => {
  const kinds = new Map<string, number>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + WORLDS; seed += 1) {
    const outcome = runWorld(seed);
    assert.ok(outcome.broken === null, outcome.broken === null ? '' : report(outcome));
    const kind = outcome.title.split(', ').slice(0, 2).join(', ');
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  // Each kind of world in each dialect was there, or the figure above means little.
  assert.equal(kinds.size, 9);
});

test('a world is the same each time, and so is a part of it', () => {
  const outcome = runWorld(FIRST_SEED);
  assert.deepEqual(runWorld(FIRST_SEED), outcome);
  assert.equal(runWorld(FIRST_SEED, { steps: outcome.steps }).inputs, outcome.inputs);
});
