// Whether PBXs are seen, one by one and taken together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSight } from '../../relay/sight.ts';
import type { Sight } from '../../relay/sight.ts';

const told = (sight: Sight, ...names: string[]): string => {
  const { state, since, isKnown } = sight.of(names);
  return `${state} since ${since}${isKnown ? ', known' : ''}`;
};
const missing = (sight: Sight): string[] => sight.missing().map(({ name, reason }) => `${name}: ${reason}`);

test('one PBX is not seen since the beginning, until it is, and known ever after', () => {
  const sight = createSight(['pbx'], 1);
  assert.equal(told(sight, 'pbx'), 'down since 1');
  assert.deepEqual(missing(sight), ['pbx: not connected to Asterisk yet']);
  sight.unseen('pbx', 'refused', 2);
  assert.equal(told(sight, 'pbx'), 'down since 1');
  assert.deepEqual(missing(sight), ['pbx: refused']);
  sight.seen('pbx', 3);
  assert.equal(told(sight, 'pbx'), 'up since 3, known');
  assert.deepEqual(missing(sight), []);
  sight.unseen('pbx', 'refused', 4);
  assert.equal(told(sight, 'pbx'), 'down since 4, known');
});

test('two are seen when the last is, and not since the first was lost', () => {
  const sight = createSight(['moscow', 'kazan'], 1);
  const both = () => told(sight, 'moscow', 'kazan');
  sight.seen('moscow', 2);
  assert.equal(both(), 'down since 1');
  sight.seen('kazan', 3);
  assert.equal(both(), 'up since 3, known');
  sight.unseen('kazan', 'timed out', 4);
  sight.unseen('moscow', 'refused', 5);
  sight.unseen('kazan', 'refused', 6);
  assert.equal(both(), 'down since 4, known');
  assert.deepEqual(missing(sight), ['moscow: refused', 'kazan: refused']);
  sight.seen('kazan', 7);
  assert.equal(both(), 'down since 5, known');
  assert.equal(told(sight, 'kazan'), 'up since 7, known');
});

test('a line of two is known as soon as each was seen or has failed, one of them seen', () => {
  const sight = createSight(['moscow', 'kazan'], 1);
  sight.seen('moscow', 2);
  assert.equal(told(sight, 'moscow', 'kazan'), 'down since 1');
  assert.equal(told(sight, 'moscow'), 'up since 2, known');
  sight.unseen('kazan', 'refused', 3);
  assert.equal(told(sight, 'moscow', 'kazan'), 'down since 1, known');
  assert.equal(told(sight, 'kazan'), 'down since 1');
});
