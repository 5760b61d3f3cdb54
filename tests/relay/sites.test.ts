// One relay beside two PBXs whose channels have the same names and ids.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeLines } from '../../relay/calls/view.ts';
import { MAX_CALLS_IN_LINE } from '../../shared/protocol.ts';
import type { Call } from '../../shared/protocol.ts';
import { snapshot, startFakePbx } from './fake-pbx.ts';
import type { FakePbx } from './fake-pbx.ts';
import { isSiteReady, startRelayOf } from './sites.ts';
import type { SiteAccess } from './sites.ts';
import { watch } from './watcher.ts';
import type { Watcher } from './watcher.ts';

const siteOf = (name: string, pbx: FakePbx, ...lines: string[]): SiteAccess => ({
  ...pbx.account,
  name,
  lines: ['extensions: 1..', ...lines],
});
const ringFrom = (number: string) => snapshot({ ConnectedLineNum: number, Application: 'AppDial' });
const stateOf = (state: string) => (call: Call) => call.state === state;
const pbxStates = ({ messages }: Watcher): string[] =>
  messages.flatMap((message) => (message.type === 'pbx' ? [message.state] : []));
const textOf = async (address: string): Promise<[number, string]> => {
  const reply = await fetch(`http://${address}`);
  return [reply.status, await reply.text()];
};

test('two PBXs with the same channels ring two people, and what ends on one goes on on the other', async () => {
  await using moscow = await startFakePbx();
  await using kazan = await startFakePbx();
  await using relay = await startRelayOf([
    siteOf('moscow', moscow, 'prefix: 8'),
    siteOf('kazan', kazan, 'prefix: 9'),
  ]);
  await Promise.all([isSiteReady(relay, 'moscow'), isSiteReady(relay, 'kazan')]);
  await using anna = await watch(relay.feedUrl, '8101');
  await using ivan = await watch(relay.feedUrl, '9101');
  moscow.rows = [ringFrom('+79161234567')];
  kazan.rows = [ringFrom('+74957770001')];
  const first = await anna.isTold(stateOf('ringing'), 'a ring');
  const second = await ivan.isTold(stateOf('ringing'), 'a ring');
  assert.deepEqual(
    [first.call.party.number, first.call.id, second.call.party.number, second.call.id],
    ['+79161234567', 'moscow:1700000000.1', '+74957770001', 'kazan:1700000000.1'],
  );
  assert.deepEqual(await textOf(`${relay.address}/readyz`), [200, 'ready\n']);

  await moscow.stop();
  await relay.logs(({ msg, pbx }) => msg === 'pbx down' && pbx === 'moscow', 'that moscow is down');
  kazan.rows = [{ ...ringFrom('+74957770001'), ChannelState: 6, BridgeId: 'b' }];
  await ivan.isTold(stateOf('talking'), 'that they talk');
  assert.equal(anna.line()?.calls[0]?.state, 'ringing', 'nobody knows whether it has ended');
  assert.deepEqual([...pbxStates(anna), ...pbxStates(ivan)], ['up', 'down', 'up'], 'each is told of his own');
  const [status, ready] = await textOf(`${relay.address}/readyz`);
  assert.equal(status, 200);
  assert.match(ready, /^ready\nmoscow: /);
  const [, metrics] = await textOf(`${relay.address}/metrics`);
  for (const row of ['ringcue_pbx_up{pbx="moscow"} 0', 'ringcue_pbx_up{pbx="kazan"} 1'])
    assert.ok(metrics.includes(row), row);
});

test('one extension with phones on two PBXs has one line, and IT is warned that it may be two people', async () => {
  await using moscow = await startFakePbx();
  await using kazan = await startFakePbx();
  moscow.rows = [ringFrom('+79161234567')];
  await using relay = await startRelayOf([siteOf('moscow', moscow), siteOf('kazan', kazan)]);
  await Promise.all([isSiteReady(relay, 'moscow'), isSiteReady(relay, 'kazan')]);
  await using anna = await watch(relay.feedUrl, '101');
  kazan.rows = [ringFrom('+74957770001')];
  await anna.isTold(({ party }) => party.number === '+74957770001', 'the second call');
  assert.deepEqual(
    anna.line()?.calls.map(({ id, state }) => `${id} ${state}`),
    ['moscow:1700000000.1 ringing', 'kazan:1700000000.1 ringing'],
  );
  const warning = await relay.logs(({ msg }) => /give one PBX a prefix/.test(msg), 'a warning');
  assert.deepEqual(warning['pbxs'], ['moscow', 'kazan']);
});

test('a PBX that was never there does not hide the calls of the others', async () => {
  await using moscow = await startFakePbx();
  await using kazan = await startFakePbx();
  await kazan.stop();
  moscow.rows = [ringFrom('+79161234567')];
  await using relay = await startRelayOf([siteOf('moscow', moscow), siteOf('kazan', kazan)]);
  await using anna = await watch(relay.feedUrl, '101');
  assert.equal(anna.line()?.calls[0]?.party.number, '+79161234567');
  assert.equal(
    pbxStates(anna).at(-1),
    'down',
    'as the other may have her phone too, she is told that not all is seen',
  );
  await kazan.start();
  await isSiteReady(relay, 'kazan');
});

test('of more calls than a line holds the live ones are told, oldest first', () => {
  const call = (id: string, startedAt: number, endedAt: number | null) =>
    ({ id, startedAt, endedAt, party: { client: null } }) as Partial<Call> as Call;
  const ended = Array.from({ length: MAX_CALLS_IN_LINE }, (_, n) => call(`e${n}`, n * 10, n * 10 + 1));
  const lines = [ended, [call('live', 5, null), call('late', 500, null)]];
  assert.deepEqual(
    mergeLines(lines).map(({ id }) => id),
    ['live', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'late'],
  );
  assert.deepEqual(mergeLines([[], ended, []]), ended);
  assert.deepEqual(mergeLines([]), []);
});
