// One client, one phone: answered, given up, refused, out of reach; and a call between two phones.
import assert from 'node:assert/strict';
import { publicNumberOf, NUMBER } from './additions.ts';
import { answered, CLIENT, missed, type Scenario } from './scenario.ts';

export const direct: readonly Scenario[] = [
  {
    name: 'A call is answered and the client hangs up',
    told: { 101: answered(CLIENT) },
    async play({ client, one }) {
      await client.calls(one);
      await one.answers();
      await client.isAnswered();
      await client.hangsUp();
      await one.isFree();
    },
    check(told) {
      const call = told('101')[0];
      assert.equal(call?.direction, 'inbound');
      assert.equal(call.dialed, '+74950000101');
      assert.equal(call.party.display, '+7 916 123 45 67');
      assert.equal(call.party.internal, false);
    },
  },
  {
    name: 'A call is answered and the employee hangs up',
    told: { 101: answered(CLIENT) },
    async play({ client, one }) {
      await client.calls(one);
      await one.answers();
      await client.isAnswered();
      await one.hangsUp();
      await client.isFree();
    },
  },
  {
    name: 'A client gives up while it rings',
    told: { 101: missed(CLIENT) },
    async play({ client, one }) {
      await client.calls(one);
      await one.rings();
      await client.hearsRinging();
      await client.hangsUp();
      await one.isFree();
    },
  },
  {
    name: 'Nobody answers before the dialplan gives up',
    told: { 101: missed(CLIENT) },
    async play({ client, one }) {
      await client.calls(publicNumberOf(NUMBER.impatient101));
      await one.rings();
      await client.isRefused();
    },
  },
  {
    name: 'It rings for 40 ms only',
    isQuick: true,
    told: { 101: missed(CLIENT) },
    async play({ client, one }) {
      await client.calls(one);
      await one.rings();
      await new Promise((resolve) => setTimeout(resolve, 40)); // the time is what this is about
      await client.hangsUp();
      await one.isFree();
    },
  },
  {
    name: 'An employee declines',
    told: { 101: `ringing(${CLIENT}) ended rejected` },
    async play({ client, one }) {
      await client.calls(one);
      await one.rings();
      await client.hearsRinging();
      await one.declines();
      await client.isRefused();
    },
  },
  {
    name: 'A busy phone shows no ring',
    told: { 101: 'ended busy' },
    async play({ client, one }) {
      one.isBusy = true;
      await client.calls(one);
      await client.isRefused();
      one.isBusy = false;
    },
    check: (told) => assert.equal(told('101')[0]?.party.number, CLIENT),
  },
  {
    name: 'A phone that is not there is told nothing',
    told: {},
    async play({ client, one }) {
      await one.unregisters();
      await client.calls(one);
      await client.isRefused();
      await one.registers();
    },
  },
  {
    name: 'A colleague calls and is answered',
    told: {
      101: 'dialing(102, internal) talking(102, internal) ended completed',
      102: answered('101, internal'),
    },
    async play({ one, two }) {
      await one.dials('102');
      await two.answers();
      await one.isAnswered();
      await one.hangsUp();
      await two.isFree();
    },
  },
  {
    name: 'A colleague calls and gives up',
    told: { 101: 'dialing(102, internal) ended cancelled', 102: missed('101, internal') },
    async play({ one, two }) {
      await one.dials('102');
      await two.rings();
      await one.hearsRinging();
      await one.hangsUp();
      await two.isFree();
    },
  },
];
