// Asterisk dies in mid-call and is started again: what was going on is lost, what comes is told. Played last.
import assert from 'node:assert/strict';
import { now } from '../until.ts';
import { CLIENT, missed, OTHER_CLIENT, type Scenario } from './scenario.ts';

/** of the loss being known */
const LOST_WITHIN_MS = 2_000;

export const power: readonly Scenario[] = [
  {
    name: 'Asterisk is killed in mid-call and started again',
    told: {
      101: `ringing(${CLIENT}) talking(${CLIENT}) ended lost | ${missed(CLIENT)}`,
      102: `ringing(${OTHER_CLIENT}) ended lost`,
    },
    async play({ office, client, outsider, one, two, relaySees, isTold }) {
      const other = outsider({ number: OTHER_CLIENT });
      await client.calls(one);
      await one.answers();
      await other.calls(two);
      await two.rings();
      await isTold('102', ({ state }) => state === 'ringing');
      await office.losesPower();
      await relaySees('down');
      await office.regainsPower();
      await relaySees('up');
      // A lost link alone ends no call: only a poll that has it no more does.
      const knownAt = now();
      await isTold('101', ({ endReason }) => endReason === 'lost');
      assert.ok(now() - knownAt < LOST_WITHIN_MS);
      await client.calls(one);
      await one.rings();
      await client.hearsRinging();
      await client.hangsUp();
      await one.isFree();
    },
  },
];
