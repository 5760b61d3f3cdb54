// What a stranger writes into the number that his equipment sends: raw line breaks, which Asterisk passes on into AMI, so
// that they forge lines and whole events. Nothing forged is ever shown, and his true call is told.
import assert from 'node:assert/strict';
import { CLIENT, missed, type Scenario } from './scenario.ts';

const forging = (name: string, user: string): Scenario => ({
  name,
  told: { 101: `ringing(100) ended missed`, 102: missed(CLIENT) },
  async play({ outsider, client, one, two, isTold }) {
    const forger = outsider({ number: '100', from: `<sip:${user}@127.0.0.2>` });
    await forger.calls(one);
    await one.rings();
    await forger.hearsRinging();
    await isTold('101', ({ state }) => state === 'ringing');
    await forger.hangsUp();
    await one.isFree();
    // … and whoever calls next is told as ever
    await client.calls(two);
    await two.rings();
    await isTold('102', ({ state }) => state === 'ringing');
    await client.hangsUp();
    await two.isFree();
  },
  check: (told) => assert.equal(told('101')[0]?.party.internal, false),
});

const line = (text: string) => text.replaceAll(' ', '%20').replaceAll(':', '%3a').replaceAll('\n', '%0d%0a');

export const hostile: readonly Scenario[] = [
  forging('Forged lines in the number', line('100\nEvent: Fake\nX: y')),
  forging(
    'A forged ring in the number',
    line(
      '100\n\nEvent: Newstate\nChannel: SIP/103-00000bad\nChannelState: 5\nChannelStateDesc: Ringing\nConnectedLineNum: 666\nUniqueid: 1.1\n\nX: y',
    ),
  ),
  forging(
    'A short forged end in the number',
    line('100\n\nEvent: Hangup\nChannel: SIP/101-00000000\n\nX: y'),
  ),
];
