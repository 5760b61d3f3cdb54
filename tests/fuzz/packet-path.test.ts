// The fuzzer as a test: the same hundred thousand inputs each time. More, and others: `npm run fuzz`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from './fuzz.ts';

const INPUTS = 101_000;

test('whatever bytes and packets come over AMI, nothing throws, nothing grows, and what is told can be sent', async (context) => {
  const { inputs } = await fuzz(INPUTS, 1, () => undefined);
  assert.ok(inputs >= INPUTS);
  context.diagnostic(`${inputs} inputs`);
});
