// An account that may do more than the relay needs: IT is told once, with the line to paste, and rings are told all the same.
import assert from 'node:assert/strict';
import { test as testWithin } from 'node:test';
import { snapshot, startFakePbx, success } from './fake-pbx.ts';
import { startRelay } from './relay-process.ts';
import { watch } from './watcher.ts';

const test = (name: string, run: () => Promise<void>): void =>
  void testWithin(name, { timeout: 30_000 }, run);

const isWarning = ({ msg }: { msg: string }): boolean => msg.startsWith('the AMI account may do more');
const originate = { Originate: 'Originate a call.  (Priv: originate,all)' };

test('rights too many are told once with the remedy, and counted, and no other is needed', async () => {
  await using fake = await startFakePbx();
  fake.script['listcommands'] = (action, { send }) => send(success(action, originate));
  await using relay = await startRelay(fake.account);
  const warning = await relay.logs(isWarning, 'the rights');
  assert.deepEqual([warning['account'], warning['rights']], ['ringcue', ['originate']]);
  assert.match(warning.msg, /"write = reporting" in manager\.conf, then run "manager reload"/);
  const metrics = await (await fetch(`http://${relay.address}/metrics`)).text();
  assert.match(metrics, /^ringcue_pbx_surplus_rights\{pbx="pbx"\} 1$/m);
  await fake.stop();
  await relay.logs(({ msg }) => msg === 'pbx down', 'that the PBX is gone');
  await fake.start();
  await fake.asked('listcommands');
  await fake.asked('coreshowchannels', 2); // asked after the answer was read
  assert.equal(relay.log.filter(isWarning).length, 1, 'a new login with the same rights is no news');
});

test('an account with what the README gives is not warned of', async () => {
  await using fake = await startFakePbx();
  await using relay = await startRelay(fake.account, { RINGCUE_POLL_EVERY_MS: '100' });
  await fake.asked('listcommands');
  await fake.asked('coreshowchannels', 3);
  assert.ok(!relay.log.some(isWarning));
});

test('a PBX that does not answer the question is asked once and never again', async () => {
  await using fake = await startFakePbx();
  fake.script['listcommands'] = () => undefined;
  await using relay = await startRelay(fake.account);
  await relay.logs(({ msg }) => msg === 'pbx down', 'that an action went unanswered');
  await using watcher = await watch(relay.feedUrl, '101');
  fake.rows = [snapshot({ Application: 'AppDial' })];
  await watcher.isTold(({ state }) => state === 'ringing', 'who rings');
  await fake.asked('coreshowchannels', 2);
  assert.deepEqual(
    fake.session().actions.filter(({ name }) => name === 'listcommands'),
    [],
  );
});
