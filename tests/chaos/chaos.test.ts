// Five minutes of everything that can go wrong. Timings are `npm run chaos`'s to judge: here a machine may be slow, but a ring
// that is lost, shown twice, shown to the wrong person or never taken away is a fault at any speed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { report, runChaos } from './chaos.ts';

const MINUTES = 5;
const SEED = 1;

test('whatever fails between Asterisk and the screen, no ring is lost, doubled, false or somebody else’s', async () => {
  const outcome = await runChaos({
    minutes: MINUTES,
    seed: SEED,
    screensEach: 20,
    hasBrowser: true,
    promiseMs: 4_000,
    usualMs: 1_500,
    factsFile: null,
    say: () => undefined,
  });
  console.log(report(outcome));
  assert.equal(outcome.findings.length, 0, 'see the report above');
  assert.ok(outcome.shown > 1_000, 'hardly anything was shown');
  assert.ok(outcome.strict > 0.2, 'hardly any time was judged');
});
