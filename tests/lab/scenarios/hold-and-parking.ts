// A client waits: on hold by either side, or parked, fetched by a colleague or given back by Asterisk.
import { NUMBER } from './additions.ts';
import { answered, CLIENT, type Scenario, type Scene } from './scenario.ts';

const parker = `ringing(${CLIENT}) talking(${CLIENT}) ended transferred`;
const fetched = { 101: parker, 102: `inbound talking(${CLIENT}) ended completed` };

async function clientIsWithFirst({ client, one }: Scene): Promise<void> {
  await client.calls(one);
  await one.answers();
  await Promise.all([one.hears(), client.hears()]);
}

/** Parks and waits until Asterisk says where. */
async function parkedBy({ office, one }: Scene, park: () => Promise<void>): Promise<string> {
  const known = office.operator.messages.length;
  const since = office.operator.messages[known - 1]?.at ?? 0;
  await park();
  const { fields } = await office.operator.event({ Event: 'ParkedCall' }, { since });
  await one.isFree();
  return fields['ParkingSpace'] ?? '';
}

async function secondFetches({ client, two }: Scene, space: string): Promise<void> {
  await two.dials(space);
  await two.isAnswered();
  await Promise.all([two.hears(), client.hears()]);
  await client.hangsUp();
  await two.isFree();
}

export const holdAndParking: readonly Scenario[] = [
  {
    name: 'The employee holds and resumes',
    told: {
      101: `ringing(${CLIENT}) talking(${CLIENT}) held(${CLIENT}) talking(${CLIENT}) ended completed`,
    },
    async play(scene) {
      const { client, one, isTold } = scene;
      await clientIsWithFirst(scene);
      await one.holds();
      await isTold('101', ({ state }) => state === 'held');
      await one.resumes();
      await isTold('101', ({ state }) => state === 'talking');
      await client.hangsUp();
      await one.isFree();
    },
  },
  {
    name: 'The employee holds and hangs up',
    told: { 101: `ringing(${CLIENT}) talking(${CLIENT}) held(${CLIENT}) ended completed` },
    async play(scene) {
      const { client, one } = scene;
      await clientIsWithFirst(scene);
      await one.holds();
      await one.hangsUp();
      await client.isFree();
    },
  },
  {
    name: 'The client holds and resumes',
    told: { 101: answered(CLIENT) },
    async play(scene) {
      const { client, one } = scene;
      await clientIsWithFirst(scene);
      await client.holds();
      await client.resumes();
      await one.hears();
      await one.hangsUp();
      await client.isFree();
    },
  },
  {
    name: 'Parked by a transfer to 700 and fetched by a colleague',
    told: fetched,
    async play(scene) {
      await clientIsWithFirst(scene);
      const space = await parkedBy(scene, () => scene.one.transfersTo(NUMBER.park));
      await secondFetches(scene, space);
    },
  },
  {
    name: 'Parked by keys (#72) and fetched by a colleague',
    told: fetched,
    async play(scene) {
      await clientIsWithFirst(scene);
      const space = await parkedBy(scene, () => scene.one.presses('#72'));
      await secondFetches(scene, space);
    },
  },
  {
    name: 'A parked client whom nobody fetches comes back',
    told: { 101: `${parker} | ${answered(CLIENT)}` },
    async play(scene) {
      const { client, one } = scene;
      await clientIsWithFirst(scene);
      await parkedBy(scene, () => scene.one.transfersTo(NUMBER.parkShortly));
      await one.answers();
      await Promise.all([one.hears(), client.hears()]);
      await client.hangsUp();
      await one.isFree();
    },
  },
];
