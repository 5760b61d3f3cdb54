// Channels that are nobody's call: nothing is told of them, and nothing of the calls beside is disturbed.
import { NUMBER } from './additions.ts';
import { answered, CLIENT, type Scenario } from './scenario.ts';

export const nothingToTell: readonly Scenario[] = [
  {
    name: 'A call between Local channels only',
    told: {},
    async play({ operator, isTold }) {
      await operator.startsLocalCall();
      // Long enough for a poll to see it, and an end to wait for: there is nothing that may be told.
      await isTold('101', () => true);
      await operator.hangsUpEverything();
    },
  },
  {
    name: 'A conference of two phones',
    told: {},
    async play({ one, two }) {
      await one.dials(NUMBER.conference);
      await one.isAnswered();
      await two.dials(NUMBER.conference);
      await two.isAnswered();
      await Promise.all([one.hears(), two.hears()]);
      await one.hangsUp();
      await two.hangsUp();
    },
  },
  {
    name: 'A colleague listens to a call (ChanSpy)',
    told: { 101: answered(CLIENT) },
    async play({ client, one, three }) {
      await client.calls(one);
      await one.answers();
      await one.hears();
      await three.dials('*55101');
      await three.isAnswered();
      await three.hears();
      await three.hangsUp();
      await client.hangsUp();
      await one.isFree();
    },
  },
];
