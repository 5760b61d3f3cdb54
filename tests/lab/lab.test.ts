// The lab itself: what its people do really happens on each real Asterisk, and what they cannot do fails with a story.
// Waits are the verbs' own; nothing sleeps.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { prepareAsterisk } from '../setup/asterisk.ts';
import { startAsterisk } from './asterisk.ts';
import { Observer } from './observer.ts';
import { openOffice, STACKS, type Office } from './office.ts';
import type { Client, Phone } from './person.ts';
import { LateError, now } from './until.ts';

for (const stack of STACKS) {
  describe(`On Asterisk ${stack.asterisk} with chan_${stack.driver}`, () => {
    let office: Office;
    let anna: Phone;
    let ivan: Phone;
    let olga: Phone;
    let client: Client;

    before(async () => {
      const startedAt = now();
      office = await openOffice({ ...stack, progress: (text) => console.log(`  ${text}`) });
      const readyAfterMs = Math.round(office.asterisk.readyAfterMs);
      const allMs = Math.round(now() - startedAt);
      console.log(
        `  Asterisk ${office.asterisk.root.version}: AMI ready ${readyAfterMs} ms after its start; open with phones after ${allMs} ms in all`,
      );
      [anna, ivan, olga] = [office.phone('101'), office.phone('102'), office.phone('103')];
      client = office.client({ number: '+79161234567', name: 'Анна Петрова' });
    });
    afterEach(() => office.endsAllCalls());
    after(() => office[Symbol.asyncDispose]());

    const everybodyIsFree = () => Promise.all([anna, ivan, olga, client].map((person) => person.isFree()));

    test('a client calls, the phone rings with number and name, both hear each other, the client hangs up', async () => {
      await client.calls(anna);
      const call = await anna.rings();
      assert.equal(call.remote.user, '+79161234567');
      assert.equal(call.remote.display, 'Анна Петрова');
      await client.hearsRinging();
      await anna.answers();
      await client.isAnswered();
      await Promise.all([anna.hears(), client.hears()]);
      await client.hangsUp();
      await everybodyIsFree();
      assert.equal(call.endedBy, 'them');
    });

    test('the one who is called can hang up too', async () => {
      await client.calls(anna);
      await anna.answers();
      const call = await client.isAnswered();
      await anna.hangsUp();
      await everybodyIsFree();
      assert.equal(call.endedBy, 'them');
    });

    test('a caller who gives up stops the ringing', async () => {
      await client.calls(anna);
      const call = await anna.rings();
      await client.hangsUp();
      await everybodyIsFree();
      assert.equal(call.endStatus, 487);
    });

    test('a declined call is refused to the caller', async () => {
      await client.calls(anna);
      await anna.declines();
      assert.ok((await client.isRefused()) >= 400);
      await everybodyIsFree();
    });

    test('a busy phone never rings and the caller hears busy', async () => {
      anna.isBusy = true;
      await client.calls(anna);
      assert.equal(await client.isRefused(), 486);
      anna.isBusy = false;
      const last = anna.timeline.slice(-3).map(({ text }) => text);
      assert.ok(last.some((text) => text.startsWith('→ 486')));
      assert.ok(!last.some((text) => text.startsWith('→ 180')));
    });

    test('a colleague is called by the extension', async () => {
      await anna.dials('102');
      assert.equal((await ivan.answers()).remote.user, '101');
      await anna.isAnswered();
      await Promise.all([anna.hears(), ivan.hears()]);
      await anna.hangsUp();
      await everybodyIsFree();
    });

    test('an outside number is reached over the trunk', async () => {
      await anna.dials('89161234567');
      assert.equal((await client.answers()).dialled, '89161234567');
      await anna.isAnswered();
      await Promise.all([anna.hears(), client.hears()]);
      await client.hangsUp();
      await everybodyIsFree();
    });

    test('hold and back is understood by Asterisk', async () => {
      await client.calls(anna);
      await anna.answers();
      await anna.hears();
      const since = now();
      await anna.holds();
      await office.operator.event({ Event: 'Hold' }, { since });
      await anna.resumes();
      await office.operator.event({ Event: 'Unhold' }, { since });
      await client.hangsUp();
      await everybodyIsFree();
    });

    test('a ring group rings all, and the others hear that one has answered', async () => {
      await client.calls('74950000200');
      await Promise.all([anna.rings(), olga.rings()]);
      await ivan.answers();
      await client.isAnswered();
      await Promise.all([anna.isFree(), olga.isFree()]);
      assert.match(anna.history.at(-1)?.endReason ?? '', /cause=(?:26|200)/);
      await client.hangsUp();
      await everybodyIsFree();
    });

    test('a queue takes the caller first and finds somebody then', async () => {
      await client.calls('74950000300');
      await client.isAnswered();
      await ivan.answers();
      await Promise.all([ivan.hears(), client.hears()]);
      await client.hangsUp();
      await everybodyIsFree();
    });

    for (const code of ['*8', '**101']) {
      test(`a colleague picks the call up with ${code}`, async () => {
        await client.calls(anna);
        await anna.rings();
        await ivan.dials(code);
        await ivan.isAnswered();
        await anna.isFree();
        await client.hears();
        await ivan.hangsUp();
        await everybodyIsFree();
      });
    }

    test('a blind transfer brings the client to the colleague', async () => {
      await client.calls(anna);
      await anna.answers();
      await anna.transfersTo('102');
      await anna.isFree();
      await ivan.answers();
      await Promise.all([ivan.hears(), client.hears()]);
      await client.hangsUp();
      await everybodyIsFree();
    });

    test('an attended transfer joins the client and the colleague', async () => {
      await client.calls(anna);
      const first = await anna.answers();
      await anna.hears();
      await anna.holds();
      const second = await anna.dials('102');
      await ivan.answers();
      await anna.isAnswered();
      await anna.connects(first, second);
      await anna.isFree();
      await Promise.all([ivan.hears(), client.hears()]);
      await client.hangsUp();
      await everybodyIsFree();
    });

    test('a phone that is forwarded sends the caller on', async () => {
      await client.calls(anna);
      await anna.forwardsTo('102');
      await ivan.answers();
      await client.isAnswered();
      await client.hangsUp();
      await everybodyIsFree();
    });

    test('keys pressed during a call park it, and a colleague takes it from there', async () => {
      await client.calls(anna);
      await anna.answers();
      await anna.hears();
      const since = now();
      await anna.presses('#72');
      const parked = await office.operator.event({ Event: 'ParkedCall' }, { since });
      await ivan.dials(parked.fields['ParkingSpace'] ?? '');
      await ivan.isAnswered();
      await Promise.all([ivan.hears(), client.hears()]);
      await client.hangsUp();
      await everybodyIsFree();
    });

    test('a hidden number comes in as such', async () => {
      const hidden = office.client({ number: null });
      await hidden.calls(anna);
      assert.equal((await anna.rings()).remote.user, 'anonymous');
      await hidden.hangsUp();
      await everybodyIsFree();
    });

    test('an outside caller who claims to be a phone of ours is still outside', async () => {
      const impostor = office.client({ number: '102', name: 'Boss' });
      const since = now();
      await impostor.calls(anna);
      await anna.rings();
      const dial = await office.operator.event({ Event: 'DialBegin' }, { since });
      assert.match(dial.fields['Channel'] ?? '', /trunk-/);
      await impostor.hangsUp();
      await everybodyIsFree();
    });

    test("a caller's raw From header is sent as it is: it can forge lines of the AMI", async () => {
      const forger = office.client({
        number: '100',
        from: '<sip:100%0d%0aEvent%3a%20Fake%0d%0aX%3a%20y@127.0.0.2>',
      });
      const since = now();
      await forger.calls(anna);
      await anna.rings();
      const dial = await office.operator.event({ Event: 'DialBegin' }, { since });
      assert.match(dial.text, /\r\nEvent: Fake\r\n/);
      await forger.hangsUp();
      await everybodyIsFree();
    });

    test('a phone that has said goodbye cannot be reached until it is back', async () => {
      await anna.unregisters();
      await client.calls(anna);
      assert.ok((await client.isRefused()) >= 400);
      await anna.registers();
      await client.calls(anna);
      await anna.rings();
      await client.hangsUp();
      await everybodyIsFree();
    });

    test("the relay's account hears calls and may list them, but can start none; the poll-only one hears nothing", async () => {
      const { host, port, accounts } = office.ami;
      const [relay, pollOnly] = await Promise.all([
        Observer.connect(host, port, accounts.ringcue),
        Observer.connect(host, port, accounts.pollonly),
      ]);
      const technology = stack.driver.toUpperCase();
      const originate = { Action: 'Originate', Channel: `${technology}/101`, Application: 'Echo' };
      assert.match((await relay.ask(originate)).text, /Permission denied/);
      await client.calls(anna);
      await anna.rings();
      await relay.event({ Event: 'Newstate', ChannelStateDesc: 'Ringing' });
      for (const account of [relay, pollOnly]) {
        const since = now();
        assert.equal((await account.ask({ Action: 'CoreShowChannels' })).fields['Response'], 'Success');
        await account.event({ Event: 'CoreShowChannelsComplete', ListItems: '2' }, { since });
      }
      await client.hangsUp();
      await relay.event({ Event: 'Hangup' });
      await pollOnly.ask({ Action: 'Ping' });
      const heard = pollOnly.messages.filter(
        ({ fields }) => fields['Event']?.startsWith('CoreShowChannel') === false,
      );
      assert.deepEqual(heard, []);
      await everybodyIsFree();
      relay.close();
      pollOnly.close();
    });

    test('what does not happen is told with the last messages', async () => {
      await client.calls(anna);
      await anna.rings();
      await assert.rejects(ivan.rings(50), (error) => {
        assert.ok(error instanceof LateError);
        return /102 rings: this did not happen within 50 ms\n102 saw last:\n(?: .*\n?)+/.test(error.message);
      });
      await client.hangsUp();
      await everybodyIsFree();
    });

    test('after a power cut the same office works again', async () => {
      await client.calls(anna);
      await anna.answers();
      const { processId } = office.asterisk;
      const { operator } = office;
      operator.ask({ Action: 'Ping' }).catch(() => undefined);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); // busy, while Asterisk answers
      await office.losesPower();
      assert.ok(
        operator.messages.some(({ fields }) => fields['Ping'] === 'Pong'),
        'its last words are heard',
      );
      await office.regainsPower();
      assert.notEqual(office.asterisk.processId, processId);
      const heard: (string | undefined)[] = [];
      office.operator.follow(({ fields }) => heard.push(fields['Event']));
      assert.ok(heard.includes('FullyBooted'), 'whoever follows late is told what came before');
      await client.calls(anna);
      await anna.answers();
      await client.hears();
      await client.hangsUp();
      await everybodyIsFree();
    });

    test('its log holds no complaint of the lab itself', async () => {
      const log = await office.asterisk.log();
      assert.doesNotMatch(
        log,
        /Unable to load config|Error loading module|declined to load|Address already in use/,
      );
    });
  });
}

test('an Asterisk from the cache starts with little work, runs beside others, and leaves nothing', async () => {
  const startedAt = now();
  const root = await prepareAsterisk('22', { mirrors: [] }); // nothing to fetch from: the cache must do
  const starts = [startAsterisk(root, { driver: 'pjsip' }), startAsterisk(root, { driver: 'pjsip' })];
  const [one, other] = await Promise.all(starts);
  assert.ok(one && other);
  const [, , , , , , , , , , , , , user, system] = readFileSync(`/proc/${one.processId}/stat`, 'utf8').split(
    ' ',
  );
  const workMs = 10 * (Number(user) + Number(system));
  console.log(
    `  two more, side by side, from the cache: ${Math.round(now() - startedAt)} ms, ${workMs} ms of work each`,
  );
  assert.ok(workMs < 1_500); // the clock would only tell how busy this machine is
  assert.notEqual(one.amiPort, other.amiPort);
  for (const asterisk of [one, other]) {
    await asterisk[Symbol.asyncDispose]();
    assert.ok(!existsSync(`/proc/${asterisk.processId}`));
    assert.ok(!existsSync(asterisk.folder));
    const connected = new Promise((resolve, reject) => {
      connect(asterisk.amiPort, '127.0.0.1', () => resolve('connected')).on('error', reject);
    });
    await assert.rejects(connected, /ECONNREFUSED/);
  }
});
