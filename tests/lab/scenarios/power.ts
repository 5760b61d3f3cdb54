// Asterisk dies in mid-call and is started again: what was going on is lost, what comes is told. Played last.
import assert from 'node:assert/strict';
import { CLIENT, missed, OTHER_CLIENT, type Scenario } from './scenario.ts';

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
      await client.calls(one);
      await one.rings();
      await client.hearsRinging();
      await client.hangsUp();
      await one.isFree();
    },
    check: (told) => assert.ok(told('101').some(({ endReason }) => endReason === 'lost')),
  },
];
