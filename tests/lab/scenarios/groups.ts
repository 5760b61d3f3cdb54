// Ring groups: several phones ring at once and one takes it, or none.
import { NUMBER, publicNumberOf } from './additions.ts';
import { answered, CLIENT, missed, type Scenario } from './scenario.ts';

const elsewhere = `ringing(${CLIENT}) ended answered-elsewhere by 102`;

export const groups: readonly Scenario[] = [
  {
    name: 'A ring group: one of three answers',
    told: { 101: elsewhere, 102: answered(CLIENT), 103: elsewhere },
    async play({ client, one, two, three }) {
      await client.calls(publicNumberOf(NUMBER.group));
      await Promise.all([one.rings(), three.rings()]);
      await two.answers();
      await client.isAnswered();
      await Promise.all([one.isFree(), three.isFree()]);
      await client.hangsUp();
      await two.isFree();
    },
  },
  {
    name: 'A ring group: nobody answers',
    told: { 101: missed(CLIENT), 102: missed(CLIENT), 103: missed(CLIENT) },
    async play({ client, one, two, three }) {
      await client.calls(publicNumberOf(NUMBER.impatientGroup));
      await Promise.all([one.rings(), two.rings(), three.rings()]);
      await client.isRefused();
    },
  },
  {
    name: 'A ring group: the client gives up',
    told: { 101: missed(CLIENT), 102: missed(CLIENT) },
    async play({ client, one, two }) {
      await client.calls(publicNumberOf(NUMBER.groupOfTwo));
      await Promise.all([one.rings(), two.rings(), client.hearsRinging()]);
      await client.hangsUp();
      await Promise.all([one.isFree(), two.isFree()]);
    },
  },
  {
    name: 'A ring group: one declines, the other answers',
    told: { 101: `ringing(${CLIENT}) ended rejected`, 102: answered(CLIENT) },
    async play({ client, one, two, isTold }) {
      await client.calls(publicNumberOf(NUMBER.groupOfTwo));
      await Promise.all([one.rings(), two.rings()]);
      await one.declines();
      await isTold('101', ({ state }) => state === 'ended'); // the answer must not overtake it
      await two.answers();
      await client.isAnswered();
      await client.hangsUp();
      await two.isFree();
    },
  },
  {
    name: 'A ring group: one is busy, the other answers',
    told: { 101: 'ended busy', 102: answered(CLIENT) },
    async play({ client, one, two, isTold }) {
      one.isBusy = true;
      await client.calls(publicNumberOf(NUMBER.groupOfTwo));
      await two.rings();
      await isTold('101', ({ state }) => state === 'ended'); // the answer must not overtake it
      await two.answers();
      one.isBusy = false;
      await client.isAnswered();
      await client.hangsUp();
      await two.isFree();
    },
  },
];
