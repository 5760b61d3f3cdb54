// 101 calls outside, by its phone or by a click in a browser (AMI Originate): what it is told is never a ring from there.
import assert from 'node:assert/strict';
import type { Call } from '../../../shared/protocol.ts';
import { IMPATIENT_OUTSIDE } from './additions.ts';
import { CLIENT, CLIENT_DIALLED, type Scenario } from './scenario.ts';

const IMPATIENT = '+79169999999';

const isOutbound = (told: (extension: string) => readonly Call[]) =>
  assert.deepEqual([...new Set(told('101').map(({ direction }) => direction))], ['outbound']);

export const outgoing: readonly Scenario[] = [
  {
    name: 'An outgoing call is answered',
    told: { 101: `dialing(${CLIENT}) talking(${CLIENT}) ended completed` },
    check: isOutbound,
    async play({ client, one }) {
      await one.dials(CLIENT_DIALLED);
      await client.answers();
      await one.isAnswered();
      await one.hangsUp();
      await client.isFree();
    },
  },
  {
    name: 'An outgoing call that nobody answers before the dialplan gives up',
    told: { 101: `dialing(${IMPATIENT}) ended no-answer` },
    check: isOutbound,
    async play({ outsider, one }) {
      const client = outsider({ number: IMPATIENT });
      await one.dials(IMPATIENT_OUTSIDE);
      await client.rings();
      await one.isRefused();
    },
  },
  {
    name: 'An outgoing call that the employee gives up',
    told: { 101: `dialing(${CLIENT}) ended cancelled` },
    check: isOutbound,
    async play({ client, one }) {
      await one.dials(CLIENT_DIALLED);
      await client.rings();
      await one.hearsRinging();
      await one.hangsUp();
      await client.isFree();
    },
  },
  {
    name: 'An outgoing call to somebody who is busy',
    told: { 101: `dialing(${CLIENT}) ended busy` },
    check: isOutbound,
    async play({ client, one }) {
      client.isBusy = true;
      await one.dials(CLIENT_DIALLED);
      await one.isRefused();
      client.isBusy = false;
    },
  },
  {
    name: 'Click-to-call: both answer',
    told: { 101: `dialing(${CLIENT}) talking(${CLIENT}) ended completed` },
    check: isOutbound,
    async play({ client, one, operator }) {
      await operator.startsCall('101', CLIENT_DIALLED);
      await one.answers();
      await client.answers();
      await Promise.all([one.hears(), client.hears()]);
      await one.hangsUp();
      await client.isFree();
    },
  },
  {
    name: 'Click-to-call of a panel that shows its own name: both answer',
    told: { 101: `dialing(${CLIENT}) talking(${CLIENT}) ended completed` },
    check: isOutbound,
    async play({ client, one, operator }) {
      await operator.startsCall('101', CLIENT_DIALLED, { callerId: 'Panel <101>' });
      await one.answers();
      await client.answers();
      await Promise.all([one.hears(), client.hears()]);
      await client.hangsUp();
      await one.isFree();
    },
  },
  {
    // His phone rang, but the client was never dialled and called nobody either.
    name: 'Click-to-call: the employee does not answer',
    told: {},
    async play({ one, operator }) {
      await operator.startsCall('101', CLIENT_DIALLED, { timeoutMs: 1_000 });
      await one.rings();
      await one.isFree();
    },
  },
  {
    name: 'Click-to-call: the client does not answer',
    told: { 101: `dialing(${IMPATIENT}) ended no-answer` },
    check: isOutbound,
    async play({ outsider, one, operator }) {
      const client = outsider({ number: IMPATIENT });
      await operator.startsCall('101', IMPATIENT_OUTSIDE);
      await one.answers();
      await client.rings();
      await one.isFree();
    },
  },
];
