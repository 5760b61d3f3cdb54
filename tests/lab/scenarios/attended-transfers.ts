// 101 asks 102 first and then gives the client over: by the phone (REFER with Replaces), by the operator panel (AMI
// Atxfer), by keys (*2); and 101 leaves while 102 still rings.
import type { Scenario, Scene } from './scenario.ts';
import { CLIENT } from './scenario.ts';

const BY = `${CLIENT}, transferred by 101`;
const receiver = `ringing(101, internal) talking(101, internal) talking(${BY}) ended completed`;
const receiverWhileRinging = `ringing(101, internal) ringing(${BY}) talking(${BY}) ended completed`;
/** While 101 asks, the client hears music: it may be told as held, and is where the phone itself holds. */
const holder = `ringing(${CLIENT}) talking(${CLIENT}) held(${CLIENT}) ended transferred`;
const giver = [`ringing(${CLIENT}) talking(${CLIENT}) ended transferred`, holder];

async function clientIsWithFirst({ client, one }: Scene): Promise<void> {
  await client.calls(one);
  await one.answers();
  await one.hears();
}

async function clientIsWithSecond({ client, one, two }: Scene): Promise<void> {
  await one.isFree();
  await Promise.all([two.hears(), client.hears()]);
  await client.hangsUp();
  await two.isFree();
}

/** 102 has been asked already, somehow: it answers, 101 hears so and hangs up. */
async function secondIsAsked(scene: Scene): Promise<void> {
  await scene.two.answers();
  await scene.one.hears(10);
  await scene.two.hears(10);
  await scene.isTold('102', ({ state }) => state === 'talking');
  await scene.one.hangsUp();
  await clientIsWithSecond(scene);
}

/** 101 leaves while 102 rings. */
async function firstLeavesEarly(scene: Scene): Promise<void> {
  await scene.two.rings();
  await scene.isTold('102', ({ state }) => state === 'ringing');
  await scene.one.hangsUp();
  await scene.one.isFree();
  await scene.isTold('102', ({ party }) => party.number === CLIENT);
  await scene.two.answers();
  await clientIsWithSecond(scene);
}

export const attendedTransfers: readonly Scenario[] = [
  {
    name: 'Attended transfer by the phone (REFER with Replaces)',
    told: {
      101: `${holder} | dialing(102, internal) talking(102, internal) ended transferred`,
      102: receiver,
    },
    async play(scene) {
      const { one, two } = scene;
      await clientIsWithFirst(scene);
      await one.holds();
      const first = one.talking();
      const second = await one.dials('102');
      await two.answers();
      await one.isAnswered();
      await one.connects(first, second);
      await clientIsWithSecond(scene);
    },
  },
  {
    name: 'Attended transfer by the operator panel (AMI Atxfer)',
    told: { 101: giver, 102: receiver },
    async play(scene) {
      await clientIsWithFirst(scene);
      await scene.operator.beginsTransfer('101', '102');
      await secondIsAsked(scene);
    },
  },
  {
    name: 'Attended transfer by keys (*2)',
    told: { 101: giver, 102: receiver },
    async play(scene) {
      await clientIsWithFirst(scene);
      await scene.one.presses('*2');
      await scene.one.presses('102');
      await secondIsAsked(scene);
    },
  },
  {
    name: 'Attended transfer by the phone, which leaves while the other rings',
    told: {
      101: `${holder} | dialing(102, internal) ended transferred`,
      102: receiverWhileRinging,
    },
    async play(scene) {
      const { one, two } = scene;
      await clientIsWithFirst(scene);
      await one.holds();
      const first = one.talking();
      const second = await one.dials('102');
      await two.rings();
      await one.hearsRinging();
      await one.connectsRinging(first, second);
      await one.isFree();
      await scene.isTold('102', ({ party }) => party.number === CLIENT);
      await two.answers();
      await clientIsWithSecond(scene);
    },
  },
  {
    name: 'Attended transfer by the operator panel, left while the other rings',
    told: { 101: giver, 102: receiverWhileRinging },
    async play(scene) {
      await clientIsWithFirst(scene);
      await scene.operator.beginsTransfer('101', '102');
      await firstLeavesEarly(scene);
    },
  },
  {
    name: 'Attended transfer by keys, left while the other rings',
    told: { 101: giver, 102: receiverWhileRinging },
    async play(scene) {
      await clientIsWithFirst(scene);
      await scene.one.presses('*2');
      await scene.one.presses('102');
      await firstLeavesEarly(scene);
    },
  },
  {
    name: 'A consultation that comes to nothing: 101 goes back to the client',
    told: {
      101: `ringing(${CLIENT}) talking(${CLIENT}) held(${CLIENT}) talking(${CLIENT}) ended completed | dialing(102, internal) talking(102, internal) ended completed`,
      102: 'ringing(101, internal) talking(101, internal) ended completed',
    },
    async play(scene) {
      const { client, one, two, isTold } = scene;
      await clientIsWithFirst(scene);
      await one.holds();
      await isTold('101', ({ state }) => state === 'held');
      const first = one.talking();
      const second = await one.dials('102');
      await two.answers();
      await one.isAnswered();
      await one.hangsUp(second);
      await two.isFree();
      await one.resumes(first);
      await isTold('101', ({ state, party }) => state === 'talking' && party.number === CLIENT);
      await client.hangsUp();
      await one.isFree();
    },
  },
];
