// Whether several PBXs are seen, taken together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSight } from '../../relay/sight.ts';

const told = (sight: ReturnType<typeof createSight>): string => {
  const { state, since, isKnown, isAnySeen } = sight.now();
  return `${state} since ${since}${isKnown ? ', known' : ''}${isAnySeen ? ', ready' : ''}`;
};

test('one PBX alone is what it is, without its name', () => {
  const sight = createSight(['pbx'], 1);
  assert.equal(told(sight), 'down since 1');
  assert.deepEqual(sight.now().notSeen, ['not connected to Asterisk yet']);
  sight.unseen('pbx', 'refused', 2);
  assert.equal(told(sight), 'down since 1');
  assert.deepEqual(sight.now().notSeen, ['refused']);
  sight.seen('pbx', 3);
  assert.equal(told(sight), 'up since 3, known, ready');
  assert.deepEqual(sight.now().notSeen, []);
});

test('all are seen when the last is, and not when the first is lost', () => {
  const sight = createSight(['moscow', 'kazan'], 1);
  sight.seen('moscow', 2);
  assert.equal(told(sight), 'down since 1, ready');
  sight.seen('kazan', 3);
  assert.equal(told(sight), 'up since 3, known, ready');
  sight.unseen('kazan', 'timed out', 4);
  sight.unseen('moscow', 'refused', 5);
  sight.unseen('kazan', 'refused', 6);
  assert.equal(told(sight), 'down since 4');
  assert.deepEqual(sight.now().notSeen, ['moscow: refused', 'kazan: refused']);
  sight.seen('kazan', 7);
  assert.equal(told(sight), 'down since 5, known, ready');
});

test('lines are known as soon as each PBX was seen or has failed, one of them seen', () => {
  const sight = createSight(['moscow', 'kazan'], 1);
  sight.unseen('kazan', 'refused', 2);
  assert.equal(told(sight), 'down since 1');
  sight.seen('moscow', 3);
  assert.equal(told(sight), 'down since 1, known, ready');
});
