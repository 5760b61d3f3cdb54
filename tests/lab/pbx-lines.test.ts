// The lines that the documentation gives for plain Asterisk, loaded into real ones: the account can do what the relay needs
// and nothing else, from its address and no other; the code is taken; the number is clean; through the filter comes all that
// is read.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { EVENTS_READ } from '../../relay/ami/events.ts';
import { pairingDialplan } from '../../relay/pairing/dialplan.ts';
import { CLEAN_CALLER_ID, managerAccount } from '../../relay/pbx-lines.ts';
import { startRelay } from '../relay/relay-process.ts';
import { watch } from '../relay/watcher.ts';
import { Observer } from './observer.ts';
import { openOffice, STACKS } from './office.ts';
import type { Office } from './office.ts';
import { now } from './until.ts';

const SECRET = 'a-long-random-text';
const account = (username: string, permit: string, events: readonly string[] | null = null) =>
  managerAccount({ username, secret: SECRET, permit, events });
const CLEANED = '74950000900';
/** The lab's own dialplan has the usual one. */
const PREFIX = '*78';

const ADDITIONS = {
  'manager.conf': [
    account('documented', '127.0.0.1'),
    account('filtered', '127.0.0.1', EVENTS_READ),
    account('elsewhere', '192.0.2.10'),
  ].join('\n'),
  'extensions.conf': `[internal](+)
${pairingDialplan(PREFIX)}
[from-trunk](+)
exten => ${CLEANED},1,${CLEAN_CALLER_ID}
 same => n,Goto(74950000101,1)
`,
};
/** What an account could do harm with, each as it would do none even if it were let. */
const FORBIDDEN: readonly Record<string, string>[] = [
  { Action: 'Originate', Channel: 'Local/nobody@nobody', Application: 'NoOp' },
  { Action: 'Redirect', Channel: 'nobody', Context: 'nobody', Exten: 's', Priority: '1' },
  { Action: 'Hangup', Channel: 'nobody' },
  { Action: 'Command', Command: 'core show version' },
  { Action: 'GetConfig', Filename: 'nothing.conf' },
  { Action: 'Setvar', Variable: 'NOTHING', Value: '1' },
  { Action: 'UserEvent', UserEvent: 'Nothing' },
];

for (const stack of STACKS)
  describe(`the documented lines on Asterisk ${stack.asterisk} with chan_${stack.driver}`, () => {
    let office: Office;
    before(async () => {
      office = await openOffice({ ...stack, additions: ADDITIONS });
    });
    afterEach(() => office.endsAllCalls());
    after(() => office?.[Symbol.asyncDispose]());

    const access = (username: string) => ({ ...office.ami, username, secret: SECRET });

    test('the account may list channels, and nothing that changes anything', async () => {
      const observer = await Observer.connect(office.ami.host, office.ami.port, access('documented'));
      try {
        const list = await observer.ask({ Action: 'CoreShowChannels' });
        assert.equal(list.fields['Response'], 'Success', list.text);
        for (const action of FORBIDDEN) {
          const { fields, text } = await observer.ask(action);
          assert.match(fields['Message'] ?? '', /Permission denied/, `${action['Action']}: ${text}`);
        }
      } finally {
        observer.close();
      }
    });

    test('an account that is permitted elsewhere is of no use here, whatever its secret', async () => {
      await assert.rejects(
        Observer.connect(office.ami.host, office.ami.port, access('elsewhere')),
        /AMI refused elsewhere/,
      );
    });

    test('through the filter a call, a transfer and a pickup are told by events alone', async () => {
      await using relay = await startRelay(access('filtered'), { RINGCUE_POLL_EVERY_MS: '60000' });
      await relay.isReady();
      await using anna = await watch(relay.feedUrl, '101');
      await using ivan = await watch(relay.feedUrl, '102');
      const [one, two, three] = [office.phone('101'), office.phone('102'), office.phone('103')];
      const client = office.client({ number: '+79161234567' });
      const isClient = (state: string) => (call: { state: string; party: { number: string | null } }) =>
        call.state === state && call.party.number === '+79161234567';

      await client.calls(one);
      await one.rings();
      await anna.isTold(isClient('ringing'), 'the ring');
      await one.answers();
      await anna.isTold(isClient('talking'), 'the talk');
      await one.transfersTo('102');
      await two.rings();
      await ivan.isTold(isClient('ringing'), 'the client at 102');
      await anna.isTold(({ endReason }) => endReason === 'transferred', 'that it was passed on');
      await three.dials('**102');
      await ivan.isTold(({ endReason }) => endReason === 'answered-elsewhere', 'that 103 took it');
      office.dismisses(client);
    });

    test('the filter leaves out what is not read', async () => {
      const observer = await Observer.connect(office.ami.host, office.ami.port, access('filtered'));
      try {
        const [one, client] = [office.phone('101'), office.client({ number: '+79161234567' })];
        await client.calls(one);
        await one.answers();
        await one.hangsUp();
        await observer.event({ Event: 'Hangup' });
        await client.isFree();
        const names = new Set(observer.messages.flatMap(({ fields }) => fields['Event'] ?? []));
        assert.deepEqual(
          [...names].filter((name) => !EVENTS_READ.includes(name)),
          [],
        );
        office.dismisses(client);
      } finally {
        observer.close();
      }
    });

    test('a phone that dials the code is answered, and AMI tells which phone it was', async () => {
      const since = now();
      const one = office.phone('101');
      await one.dials(`${PREFIX}482193`);
      await one.isAnswered();
      const { fields } = await office.operator.event(
        { Event: 'Newchannel', Exten: `${PREFIX}482193` },
        { since },
      );
      assert.match(fields['Channel'] ?? '', /^(PJ)?SIP\/101-/);
      await one.hangsUp();
    });

    test('a number with line breaks is clean in every list of channels, and the phone shows its digits', async () => {
      const forger = office.client({
        number: '100',
        from: '<sip:100%0d%0aEvent%3a%20Fake%0d%0aX%3a%20y@127.0.0.2>',
      });
      const one = office.phone('101');
      await forger.calls(CLEANED);
      const call = await one.rings();
      assert.match(call.remote.user, /^\d+$/);
      const since = now();
      await office.operator.ask({ Action: 'CoreShowChannels' });
      await office.operator.event({ Event: 'CoreShowChannelsComplete' }, { since });
      const rows = office.operator.messages.filter(
        ({ at, fields }) => at >= since && fields['Event'] === 'CoreShowChannel',
      );
      assert.equal(rows.length, 2);
      for (const { text } of rows) assert.doesNotMatch(text, /Fake/);
      await forger.hangsUp();
      office.dismisses(forger);
    });
  });
