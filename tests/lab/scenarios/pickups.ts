// 103 rings and 101 takes it: by *8, by the phone's channel (PickupChan) or by the number that rings (Pickup). What 101
// dials for it is a code and no call to anybody.
import { NUMBER, publicNumberOf } from './additions.ts';
import { CLIENT, type Scenario, type Stories } from './scenario.ts';

const taken: Stories = {
  101: `inbound talking(${CLIENT}) ended completed`,
  103: `ringing(${CLIENT}) ended answered-elsewhere by 101`,
};

const pickup = (name: string, code: string): Scenario => ({
  name,
  told: taken,
  async play({ client, one, three }) {
    await client.calls(three);
    await three.rings();
    await client.hearsRinging();
    await one.dials(code);
    await one.isAnswered();
    await three.isFree();
    await Promise.all([one.hears(), client.hears()]);
    await client.hangsUp();
    await one.isFree();
  },
});

export const pickups: readonly Scenario[] = [
  pickup('A colleague takes the call by *8', '*8'),
  pickup('A colleague takes the call of a phone (PickupChan)', '**103'),
  pickup('A colleague takes the call of a number (Pickup)', '*8103'),
  {
    name: 'A colleague outside the ring group takes its call by *8',
    told: {
      101: `ringing(${CLIENT}) ended answered-elsewhere by 104`,
      102: `ringing(${CLIENT}) ended answered-elsewhere by 104`,
      104: `inbound talking(${CLIENT}) ended completed`,
    },
    async play({ client, one, two, four }) {
      await client.calls(publicNumberOf(NUMBER.groupOfTwo));
      await Promise.all([one.rings(), two.rings(), client.hearsRinging()]);
      await four.dials('*8');
      await four.isAnswered();
      await Promise.all([one.isFree(), two.isFree()]);
      await client.hangsUp();
      await four.isFree();
    },
  },
  {
    name: 'There is nothing to pick up',
    told: {},
    async play({ one }) {
      await one.dials('**103');
      await one.isFree();
    },
  },
];
