// 101 sends the client on without asking: by the phone (REFER), by the operator panel (AMI BlindTransfer, AMI Redirect),
// by keys (##); and 102 answers, does not, or is busy.
import { NUMBER } from './additions.ts';
import type { Scenario, Scene, Stories } from './scenario.ts';
import { CLIENT } from './scenario.ts';

const BY = `${CLIENT}, transferred by 101`;
const giver = `ringing(${CLIENT}) talking(${CLIENT}) ended transferred`;
const given: Stories = { 101: giver, 102: `ringing(${BY}) talking(${BY}) ended completed` };

async function clientIsWithFirst({ client, one }: Scene): Promise<void> {
  await client.calls(one);
  await one.answers();
  await Promise.all([one.hears(), client.hears()]);
}

async function secondAnswers({ client, one, two }: Scene): Promise<void> {
  await one.isFree();
  await two.answers();
  await Promise.all([two.hears(), client.hears()]);
  await client.hangsUp();
  await two.isFree();
}

export const blindTransfers: readonly Scenario[] = [
  {
    name: 'Blind transfer by the phone (REFER)',
    told: given,
    async play(scene) {
      await clientIsWithFirst(scene);
      await scene.one.transfersTo('102');
      await secondAnswers(scene);
    },
  },
  {
    name: 'Blind transfer by the operator panel (AMI BlindTransfer)',
    told: given,
    async play(scene) {
      await clientIsWithFirst(scene);
      await scene.operator.transfersBlindly('101', '102');
      await secondAnswers(scene);
    },
  },
  {
    // While 101 dials, the client hears music: it may be told as held.
    name: 'Blind transfer by keys (##)',
    told: {
      ...given,
      101: [giver, `ringing(${CLIENT}) talking(${CLIENT}) held(${CLIENT}) ended transferred`],
    },
    async play(scene) {
      await clientIsWithFirst(scene);
      await scene.one.presses('##');
      await scene.one.presses('102');
      await secondAnswers(scene);
    },
  },
  {
    // Asterisk tells nobody who redirected: for 101 its call just ends, and 102 is called by the client.
    name: 'The operator panel takes the client to another phone (AMI Redirect)',
    told: { 101: giver, 102: `ringing(${CLIENT}) talking(${CLIENT}) ended completed` },
    async play(scene) {
      await clientIsWithFirst(scene);
      await scene.operator.redirects('trunk', '102');
      await secondAnswers(scene);
    },
  },
  {
    name: 'Blind transfer to a phone that nobody answers',
    told: { 101: giver, 102: `ringing(${BY}) ended missed` },
    async play(scene) {
      const { client, one, two } = scene;
      await clientIsWithFirst(scene);
      await one.transfersTo(NUMBER.impatient102);
      await two.rings();
      await Promise.all([one.isFree(), two.isFree(), client.isFree()]);
    },
  },
  {
    name: 'Blind transfer to a busy phone',
    told: { 101: giver, 102: 'ended busy' },
    async play(scene) {
      const { client, one, two } = scene;
      two.isBusy = true;
      await clientIsWithFirst(scene);
      await one.transfersTo('102').catch(() => undefined); // chan_pjsip reports the refusal as a transfer that failed
      await one.hangsUpAll();
      await Promise.all([one.isFree(), client.isFree()]);
      two.isBusy = false;
    },
  },
  {
    name: 'The client is transferred twice',
    told: {
      101: giver,
      102: `ringing(${BY}) talking(${BY}) ended transferred`,
      103: `ringing(${CLIENT}, transferred by 102) talking(${CLIENT}, transferred by 102) ended completed`,
    },
    async play(scene) {
      const { client, one, two, three } = scene;
      await clientIsWithFirst(scene);
      await one.transfersTo('102');
      await one.isFree();
      await two.answers();
      await Promise.all([two.hears(), client.hears()]);
      await two.transfersTo('103');
      await two.isFree();
      await three.answers();
      await client.hears();
      await client.hangsUp();
      await three.isFree();
    },
  },
];
