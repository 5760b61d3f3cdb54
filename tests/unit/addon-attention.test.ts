// Which missed calls still want attention: every cell of the table in extension/background/attention.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  hearSeen,
  MAX_UNSEEN,
  NO_ATTENTION,
  see,
  wantAttention,
} from '../../extension/background/attention.ts';

const told = wantAttention(NO_ATTENTION, ['a', 'b']);

test('what was told here is unseen, once, the newest last', () => {
  assert.deepEqual(told, { unseen: ['a', 'b'], unconfirmed: [] });
  assert.deepEqual(wantAttention(told, ['a', 'c']).unseen, ['b', 'a', 'c']);
});

test('what was seen here is sent until the relay knows of it; other calls are nothing to see', () => {
  const seen = see(told, ['a', 'unknown']);
  assert.deepEqual(seen, { unseen: ['b'], unconfirmed: ['a'] });
  assert.equal(see(seen, ['a']), seen);
  assert.deepEqual(hearSeen(seen, ['a']), {
    attention: { unseen: ['b'], unconfirmed: [] },
    cleared: ['a'],
  });
});

test('what was seen on another device is seen here, and goes off the screen', () => {
  assert.deepEqual(hearSeen(told, ['b', 'unknown']), {
    attention: { unseen: ['a'], unconfirmed: [] },
    cleared: ['b'],
  });
  assert.deepEqual(hearSeen(told, ['unknown']).cleared, []);
});

test('the memory is bounded, and the oldest go first', () => {
  const many = Array.from({ length: MAX_UNSEEN + 5 }, (_, n) => `c${n}`);
  const full = wantAttention(NO_ATTENTION, many);
  assert.deepEqual([full.unseen.length, full.unseen.at(-1)], [MAX_UNSEEN, `c${MAX_UNSEEN + 4}`]);
  assert.equal(see(full, many).unconfirmed.length, MAX_UNSEEN);
});
