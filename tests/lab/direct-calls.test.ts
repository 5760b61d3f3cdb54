// Direct calls on every stack: what each extension is told, by events and polls together and by polls alone.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startRelay } from '../relay/relay-process.ts';
import type { RelayProcess } from '../relay/relay-process.ts';
import { watch } from '../relay/watcher.ts';
import { openOffice, STACKS } from './office.ts';
import type { Office } from './office.ts';

const ANNA = '+79161234567';
const isState = (state: string) => (call: { state: string }) => call.state === state;

for (const stack of STACKS)
  describe(`on Asterisk ${stack.asterisk} with chan_${stack.driver}`, () => {
    let office: Office;
    let relay: RelayProcess;
    let polling: RelayProcess;
    let folder: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'ringcue-'));
      const clients = join(folder, 'clients.csv');
      await writeFile(clients, 'id,name,numbers\n7,Анна Петрова,8 (916) 123-45-67\n');
      office = await openOffice({ ...stack, ringTimeoutSeconds: 3 });
      const directory = {
        RINGCUE_CLIENTS: clients,
        RINGCUE_CARD_URL: 'https://crm.example/clients/{id}',
        RINGCUE_UNKNOWN_URL: 'https://crm.example/search?q={number}',
      };
      const { host, port, accounts } = office.ami;
      relay = await startRelay({ host, port, ...accounts.ringcue }, directory);
      polling = await startRelay(
        { host, port, ...accounts.pollonly },
        { ...directory, RINGCUE_AMI_EVENTS: 'no', RINGCUE_POLL_EVERY_MS: '250' },
      );
      await Promise.all([relay.isReady(), polling.isReady()]);
    });
    after(async () => {
      await relay?.stop();
      await polling?.stop();
      await office?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    test('an answered call rings with the client, talks and is completed', async () => {
      const phone = office.phone('101');
      await using told = await watch(relay.feedUrl, '101');
      await using polled = await watch(polling.feedUrl, '101');
      const client = office.client({ number: ANNA, name: 'Anna from the trunk' });
      await client.calls(phone);
      await phone.rings();
      const { call } = await told.isTold(isState('ringing'), 'a ring');
      assert.equal(call.party.client?.name, 'Анна Петрова');
      assert.equal(call.party.url, 'https://crm.example/clients/7');
      assert.equal(call.party.name, 'Anna from the trunk');
      assert.equal(call.party.display, '+7 916 123 45 67');
      assert.equal(call.dialed, '+74950000101');
      assert.equal(call.direction, 'inbound');
      await polled.isTold(isState('ringing'), 'a ring');
      await phone.answers();
      await told.isTold(isState('talking'), 'talking');
      await polled.isTold(isState('talking'), 'talking');
      await client.hangsUp();
      await phone.isFree();
      await told.isTold(isState('ended'), 'the end');
      await polled.isTold(isState('ended'), 'the end');
      assert.equal(told.story(), `ringing(${ANNA}) talking(${ANNA}) ended completed`);
      assert.equal(polled.story(), told.story());
    });

    test('a caller who gives up is missed, whether after a while or after a blink', async () => {
      const phone = office.phone('102');
      await using told = await watch(relay.feedUrl, '102');
      await using polled = await watch(polling.feedUrl, '102');
      const client = office.client({ number: '+78432000000', name: '' });
      await client.calls(phone);
      await phone.rings();
      const { call } = await polled.isTold(isState('ringing'), 'a ring');
      assert.equal(call.party.client, null);
      assert.equal(call.party.url, 'https://crm.example/search?q=%2B78432000000');
      await client.hangsUp();
      await phone.isFree();
      await polled.isTold(isState('ended'), 'the end');
      assert.equal(polled.story(), 'ringing(+78432000000) ended missed');

      await client.calls(phone);
      await phone.rings();
      await client.hangsUp();
      await phone.isFree();
      const isSecond = (one: { id: string; state: string }) =>
        one.state === 'ended' && one.id !== told.told[0]?.call.id;
      await told.isTold(isSecond, 'the second end');
      assert.equal(told.story(), 'ringing(+78432000000) ended missed | ringing(+78432000000) ended missed');
    });

    test('nobody lifts the receiver until the dialplan gives up: missed', async () => {
      await using told = await watch(relay.feedUrl, '103');
      const client = office.client({ number: ANNA, name: '' });
      await client.calls(office.phone('103'));
      await office.phone('103').rings();
      await told.isTold(isState('ended'), 'the end');
      await client.isRefused();
      assert.equal(told.story(), `ringing(${ANNA}) ended missed`);
    });

    test('a declined call is rejected, a busy phone shows no ring', async () => {
      const phone = office.phone('104');
      await using told = await watch(relay.feedUrl, '104');
      const client = office.client({ number: ANNA, name: '' });
      await client.calls(phone);
      await phone.declines();
      await told.isTold(isState('ended'), 'the end');
      await client.isRefused();
      assert.equal(told.story(), `ringing(${ANNA}) ended rejected`);

      phone.isBusy = true;
      await client.calls(phone);
      await client.isRefused();
      await told.isTold((call) => call.endReason === 'busy', 'busy');
      phone.isBusy = false;
      assert.equal(told.story(), `ringing(${ANNA}) ended rejected | ended busy`);
    });

    test('an internal call is told to both phones, each from its side', async () => {
      const [one, two] = [office.phone('101'), office.phone('102')];
      await using caller = await watch(relay.feedUrl, '101');
      await using callerPolled = await watch(polling.feedUrl, '101');
      await using called = await watch(relay.feedUrl, '102');
      await using calledPolled = await watch(polling.feedUrl, '102');
      await one.dials('102');
      await two.rings();
      for (const watcher of [called, calledPolled]) await watcher.isTold(isState('ringing'), 'a ring');
      await two.answers();
      await one.isAnswered();
      for (const watcher of [caller, callerPolled, called, calledPolled])
        await watcher.isTold(isState('talking'), 'talking');
      await one.hangsUp();
      await two.isFree();
      for (const watcher of [caller, callerPolled, called, calledPolled])
        await watcher.isTold(isState('ended'), 'the end');
      assert.equal(caller.story(), 'dialing(102, internal) talking(102, internal) ended completed');
      assert.equal(called.story(), 'ringing(101, internal) talking(101, internal) ended completed');
      assert.equal(callerPolled.story(), caller.story());
      assert.equal(calledPolled.story(), called.story());
    });

    test('an outgoing call is dialled, answered and completed; one that the far side refuses says so', async () => {
      const phone = office.phone('101');
      await using told = await watch(relay.feedUrl, '101');
      await using polled = await watch(polling.feedUrl, '101');
      const client = office.client({ number: ANNA, name: '' });
      await phone.dials('89161234567');
      await client.rings();
      const { call } = await told.isTold(isState('dialing'), 'dialling');
      assert.equal(call.direction, 'outbound');
      assert.equal(call.party.client?.name, 'Анна Петрова');
      await polled.isTold(isState('dialing'), 'dialling');
      await client.answers();
      await phone.isAnswered();
      await told.isTold(isState('talking'), 'talking');
      await polled.isTold(isState('talking'), 'talking');
      await phone.hangsUp();
      await client.isFree();
      await told.isTold(isState('ended'), 'the end');
      await polled.isTold(isState('ended'), 'the end');
      assert.equal(told.story(), `dialing(${ANNA}) talking(${ANNA}) ended completed`);
      assert.equal(polled.story(), told.story());

      client.isBusy = true;
      await phone.dials('89161234567');
      await phone.isRefused();
      await told.isTold((one) => one.endReason === 'busy', 'busy');
      client.isBusy = false;
      await phone.dials('89161234567');
      await client.rings();
      await phone.hangsUp();
      await client.isFree();
      await told.isTold((one) => one.endReason === 'cancelled', 'cancelled');
    });

    test('a hidden number is hidden and never looked up; one phone is not told of another', async () => {
      await using told = await watch(relay.feedUrl, '105');
      await using other = await watch(relay.feedUrl, '104');
      const hidden = office.client({ number: null, name: 'Anonymous' });
      await hidden.calls(office.phone('105'));
      await office.phone('105').rings();
      const { call } = await told.isTold(isState('ringing'), 'a ring');
      assert.equal(call.party.number, null);
      assert.equal(call.party.url, null);
      await hidden.hangsUp();
      await office.phone('105').isFree();
      const client = office.client({ number: ANNA, name: '' });
      await client.calls(office.phone('104')); // the sentinel: what must be told there, is
      await other.isTold(isState('ringing'), 'its own ring');
      await client.hangsUp();
      await office.phone('104').isFree();
      await other.isTold(isState('ended'), 'its own end');
      assert.equal(other.story(), `ringing(${ANNA}) ended missed`);
    });
  });
