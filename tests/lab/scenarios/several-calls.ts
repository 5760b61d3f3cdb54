// More than one call at once: on one phone, on two phones of one extension, on many phones; and a reload in their midst.
import assert from 'node:assert/strict';
import { DESK, NUMBER, publicNumberOf } from './additions.ts';
import { answered, CLIENT, CLIENT_DIALLED, missed, OTHER_CLIENT, type Scenario } from './scenario.ts';

export const severalCalls: readonly Scenario[] = [
  {
    name: 'A second client calls while 101 talks, and gives up',
    told: { 101: `${answered(CLIENT)} | ${missed(OTHER_CLIENT)}` },
    async play({ client, outsider, one }) {
      const other = outsider({ number: OTHER_CLIENT });
      await client.calls(one);
      await one.answers();
      await other.calls(one);
      await one.rings();
      await Promise.all([other.hearsRinging(), client.isAnswered()]);
      await other.hangsUp();
      await client.hangsUp();
      await one.isFree();
    },
  },
  {
    name: 'A second client calls while 101 talks, and is answered',
    told: {
      101: `ringing(${CLIENT}) talking(${CLIENT}) held(${CLIENT}) talking(${CLIENT}) ended completed | ${answered(OTHER_CLIENT)}`,
    },
    async play({ client, outsider, one, isTold }) {
      const other = outsider({ number: OTHER_CLIENT });
      await client.calls(one);
      const first = await one.answers();
      await other.calls(one);
      const second = await one.rings();
      await one.holds(first);
      await isTold('101', ({ state }) => state === 'held');
      await one.answers(second);
      await other.isAnswered();
      await other.hangsUp();
      await one.resumes(first);
      await isTold('101', ({ state, party }) => state === 'talking' && party.number === CLIENT);
      await client.hangsUp();
      await one.isFree();
    },
  },
  {
    name: 'Two phones on one account ring, one answers',
    told: { 105: answered(CLIENT) },
    leftOut: ({ driver }) => (driver === 'sip' ? 'chan_sip lets one phone register on an account' : null),
    async play({ office, client, five }) {
      const twin = await office.addsPhone('105');
      await client.calls(publicNumberOf(NUMBER.bothPhones));
      await Promise.all([five.rings(), twin.rings()]);
      await twin.answers();
      await five.isFree();
      await client.isAnswered();
      await client.hangsUp();
      await twin.isFree();
    },
  },
  {
    name: 'Two phones of one extension, each with its account, ring; one answers',
    told: { 105: answered(CLIENT) },
    async play({ office, client, five }) {
      const desk = await office.addsPhone(DESK);
      await client.calls(publicNumberOf(NUMBER.bothAccounts));
      await Promise.all([five.rings(), desk.rings()]);
      await desk.answers();
      await five.isFree();
      await client.isAnswered();
      await client.hangsUp();
      await desk.isFree();
    },
  },
  {
    name: 'Several calls at once do not mix',
    told: {
      101: answered(CLIENT),
      102: missed(OTHER_CLIENT),
      103: 'dialing(104, internal) talking(104, internal) ended completed',
      104: answered('103, internal'),
      105: 'dialing(+79165550000) talking(+79165550000) ended completed',
    },
    async play({ client, outsider, one, two, three, four, five, isTold }) {
      const [other, third] = [outsider({ number: OTHER_CLIENT }), outsider({ number: '+79165550000' })];
      await Promise.all([client.calls(one), other.calls(two), three.dials('104'), five.dials('89165550000')]);
      await Promise.all([one.rings(), two.rings(), four.rings(), third.rings(), other.hearsRinging()]);
      await Promise.all([one.answers(), four.answers(), third.answers(), other.hangsUp()]);
      await Promise.all([client.isAnswered(), three.isAnswered(), five.isAnswered(), two.isFree()]);
      await isTold('105', ({ state }) => state === 'talking');
      await Promise.all([client.hangsUp(), three.hangsUp(), third.hangsUp()]);
      await Promise.all([one.isFree(), four.isFree(), five.isFree()]);
    },
  },
  {
    name: 'A client calls again and again: each call is its own',
    told: { 101: `${missed(CLIENT)} | ${missed(CLIENT)} | ${answered(CLIENT)}` },
    async play({ client, one }) {
      for (let attempt = 0; attempt < 2; attempt++) {
        await client.calls(one);
        await one.rings();
        await client.hearsRinging();
        await client.hangsUp();
        await one.isFree();
      }
      await client.calls(one);
      await one.answers();
      await client.isAnswered();
      await client.hangsUp();
      await one.isFree();
    },
    check: (told) => assert.equal(new Set(told('101').map(({ id }) => id)).size, 3),
  },
  {
    name: 'Asterisk reloads in mid-call',
    told: {
      101: answered(CLIENT),
      102: `dialing(${CLIENT}) ended cancelled`,
    },
    async play({ client, one, two, three, four, five, operator }) {
      await client.calls(one);
      await one.answers();
      await one.hears();
      await two.dials(CLIENT_DIALLED);
      await client.rings();
      await operator.commands('core reload');
      await operator.commands('module reload');
      // chan_sip reloads later, in the thread that answers REGISTER: these tell that it has.
      await Promise.all([one, two, three, four, five].map((phone) => phone.registers()));
      await Promise.all([client.hears(), one.hears()]);
      await two.hangsUp();
      await client.hangsUp();
      await one.isFree();
    },
  },
];
