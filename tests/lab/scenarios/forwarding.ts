// Calls that are sent on before anybody answers: by the dialplan (a Local channel) or by the phone itself (302).
import { NUMBER, publicNumberOf } from './additions.ts';
import { answered, CLIENT, type Scenario } from './scenario.ts';

const locally = (name: string, number: string): Scenario => ({
  name,
  told: { 103: answered(CLIENT) },
  async play({ client, three }) {
    await client.calls(publicNumberOf(number));
    await three.answers();
    await Promise.all([client.hears(), three.hears()]);
    await client.hangsUp();
    await three.isFree();
  },
});

export const forwarding: readonly Scenario[] = [
  locally('Forwarded by the dialplan (Local channel, kept)', NUMBER.forwardedLocally),
  locally('Forwarded by the dialplan (Local channel, optimized away)', NUMBER.forwardedLocallyOptimized),
  {
    name: 'Forwarded by the phone after it rang (302)',
    told: { 101: `ringing(${CLIENT}) ended forwarded`, 102: answered(CLIENT) },
    async play({ client, one, two }) {
      await client.calls(one);
      await one.forwardsTo('102');
      await two.answers();
      await client.isAnswered();
      await client.hangsUp();
      await two.isFree();
    },
  },
  {
    name: 'Forwarded by the phone at once (302)',
    told: { 102: answered(CLIENT) },
    async play({ client, one, two }) {
      one.forwardsAllTo('102');
      await client.calls(one);
      await two.answers();
      one.forwardsAllTo(null);
      await client.isAnswered();
      await client.hangsUp();
      await two.isFree();
    },
  },
];
