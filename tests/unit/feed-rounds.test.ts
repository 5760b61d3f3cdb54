// Pings in rounds: each session's own time, one timer for all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRounds } from '../../relay/feed/rounds.ts';
import { waitFor } from '../relay/wait.ts';

const PERIOD_MS = 200;

test('each is visited once a period, and those who came at different times at different times', async () => {
  const visits = new Map<string, number[]>();
  const rounds = createRounds<string>(PERIOD_MS, (member) => {
    visits.set(member, [...(visits.get(member) ?? []), performance.now()]);
  });
  const startedAt = performance.now();
  rounds.add('early');
  await sleep(PERIOD_MS / 2);
  rounds.add('late');
  await waitFor(
    () => (visits.get('late') ?? []).length >= 3,
    5_000,
    () => 'nobody was visited',
  );
  rounds.stop();
  const [early = [], late = []] = [visits.get('early'), visits.get('late')];
  // However busy the machine is, none may be visited oftener than his periods.
  const periods = Math.ceil((performance.now() - startedAt) / PERIOD_MS);
  assert.ok(early.length >= 3 && early.length <= periods, `${early.length} visits in ${periods} periods`);
  assert.ok(
    late.every((at) => !early.includes(at)),
    'all at once would hold up a ring',
  );
});

test('whoever was removed is visited no more, and whoever visits may remove', async () => {
  const visits: string[] = [];
  const slots = new Map<string, number>();
  const rounds = createRounds<string>(PERIOD_MS, (member) => {
    visits.push(member);
    if (member === 'once') rounds.remove(member, slots.get(member) ?? -1);
  });
  for (const member of ['gone', 'once', 'stays']) slots.set(member, rounds.add(member));
  rounds.remove('gone', slots.get('gone') ?? -1);
  assert.deepEqual(rounds.all().sort(), ['once', 'stays']);
  await waitFor(
    () => visits.filter((member) => member === 'stays').length === 3,
    5_000,
    () => visits.join(' '),
  );
  rounds.stop();
  assert.deepEqual(visits, ['once', 'stays', 'stays', 'stays']);
});

test('after a pause of the process each is visited once, not once for each period that was slept through', async () => {
  let visits = 0;
  await new Promise<void>((visited) => {
    const rounds = createRounds<string>(PERIOD_MS, () => {
      visits += 1;
      rounds.stop();
      visited(); // when this walk has come to its end
    });
    rounds.add('a');
    for (const endsAt = performance.now() + 3 * PERIOD_MS; performance.now() < endsAt;);
  });
  assert.equal(visits, 1);
});
