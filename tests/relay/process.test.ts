// The relay as a process, beside a PBX that does what it likes: how it starts, what it logs, how it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CLOSE } from '../../shared/protocol.ts';
import type { Call } from '../../shared/protocol.ts';
import { event, failure, snapshot, startFakePbx } from './fake-pbx.ts';
import { startRelay } from './relay-process.ts';
import { watch } from './watcher.ts';

const MAIN = fileURLToPath(new URL('../../relay/main.ts', import.meta.url));

/** Runs the relay to its end; for starts that fail. */
async function runToEnd(environment: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const told = { out: '', error: '' };
  child.stdout.on('data', (chunk: Buffer) => (told.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (told.error += chunk.toString()));
  const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(killer);
  return { code, ...told };
}

async function fileOf(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-relay-'));
  const path = join(folder, 'file');
  await writeFile(path, text);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test('a wrong configuration ends it with 78, all problems told at once and no secret', async () => {
  await using yaml = await fileOf('ami:\n  host: pbx\n  secret: !hunter2 hunter2\n  secert: x\n');
  const { code, out, error } = await runToEnd({
    RINGCUE_CONFIG: yaml.path,
    RINGCUE_LISTEN: 'here',
    RINGCUE_AMI_SECRET: 'hunter3',
    RINGCUE_COLOR: 'red',
  });
  assert.equal(code, 78);
  assert.equal(out, '');
  assert.match(error, /^Ringcue cannot start, its configuration is wrong:\n/);
  for (const place of [
    `${yaml.path}: line 3`,
    'RINGCUE_LISTEN must be',
    'RINGCUE_AUTH',
    'RINGCUE_COLOR is not',
  ])
    assert.ok(error.includes(place), `${place} is not in ${error}`);
  assert.doesNotMatch(error, /hunter/);
});

test('a call passes through it, and neither the client’s name nor his number nor the secret is logged', async () => {
  await using fake = await startFakePbx();
  await using list = await fileOf('id,name,numbers\n7,Пётр Неназванный,+79161234567\n');
  await using relay = await startRelay(fake.account, {
    RINGCUE_CLIENTS: list.path,
    RINGCUE_CARD_URL: 'https://crm.example/{id}',
    RINGCUE_LOG_LEVEL: 'debug',
  });
  let errors = '';
  relay.child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  await relay.isReady();
  await using watcher = await watch(relay.feedUrl, '101');
  const trunk = snapshot({
    Channel: 'PJSIP/trunk-00000000',
    ChannelState: 4,
    CallerIDNum: '89161234567',
    CallerIDName: 'Caller Unspoken',
    ConnectedLineNum: '<unknown>',
    Exten: '74950000101',
    Uniqueid: '1700000000.0',
  });
  const phone = { ConnectedLineNum: '89161234567', ConnectedLineName: 'Caller Unspoken' };
  const begun = snapshot({ ...phone, ChannelState: 0 });
  const dialed = Object.fromEntries(Object.entries(begun).map(([key, value]) => [`Dest${key}`, value]));
  const { send } = fake.session();
  fake.rows = [trunk, snapshot({ ...phone, Application: 'AppDial' })];
  send(event('Newchannel', trunk) + event('Newchannel', begun) + event('DialBegin', { ...trunk, ...dialed }));
  send(event('Newstate', snapshot(phone)));
  const ring = await watcher.isTold(({ state }) => state === 'ringing', 'the ring');
  assert.equal(ring.call.party.client?.name, 'Пётр Неназванный');
  assert.equal(ring.call.party.url, 'https://crm.example/7');
  fake.rows = [];
  send(event('Hangup', { ...snapshot(phone), Cause: 16, 'Cause-txt': 'x' }));
  send(event('Hangup', { ...trunk, Cause: 16, 'Cause-txt': 'x' }));
  await watcher.isTold(({ endReason }) => endReason === 'missed', 'that it was missed');
  await relay.logs((line) => line.msg === 'call' && line['reason'] === 'missed', 'the end of the call');
  assert.equal(await relay.stop(), 0);

  const logged = JSON.stringify(relay.log) + errors;
  for (const secret of ['Неназванный', 'Unspoken', '9161234567', fake.account.secret])
    assert.ok(!logged.includes(secret), `"${secret}" is in ${logged}`);
  assert.ok(logged.includes('+79*******67'), 'the masked number is');
});

test('callers who try to stop it with their number do not', async () => {
  await using fake = await startFakePbx();
  await using relay = await startRelay(fake.account, {
    RINGCUE_UNKNOWN_URL: 'https://crm.example/?q={number}',
    RINGCUE_POLL_EVERY_MS: '100',
  });
  await relay.isReady();
  await using watcher = await watch(relay.feedUrl, '102');
  const evils = [
    `${'\u0001'.repeat(1_023)}👋`, // what is left of it after the cut is half a character
    '1\r\n\r\nResponse: x follow\r\n',
    '1\r\nEventList: Complete\r\nListItems: 0',
    '1\r\nActionID: x',
    '1\r\nconstructor: x\r\n__proto__: y\r\n__proto__: z',
    '1\r\n\r\nEvent: rawevent\r\n\r\nEvent: close',
    '..',
    'x'.repeat(1_000),
    '\ufffd\u202e\u2028',
  ];
  for (const [n, number] of evils.entries()) {
    const rowOf = (extension: string, connected: string) =>
      snapshot({
        Channel: `PJSIP/${extension}-000000${n + 10}`,
        Uniqueid: `1700000${extension}.${n}`,
        Linkedid: `1700000${extension}.${n}`,
        ConnectedLineNum: connected,
        Application: 'AppDial',
      });
    const [evil, good] = [rowOf('101', number), rowOf('102', `891612345${n + 10}`)];
    fake.rows = [evil, good];
    for (const row of [evil, good]) fake.session().send(event('Newchannel', row) + event('Newstate', row));
    const isGood = (call: Call): boolean => call.party.number === `+791612345${n + 10}`;
    const what = `the call beside ${JSON.stringify(number).slice(0, 60)}`;
    await watcher.isTold((call) => isGood(call) && call.state === 'ringing', what);
    fake.rows = [evil];
    await watcher.isTold((call) => isGood(call) && call.state === 'ended', `the end of ${what}`);
  }
  assert.deepEqual(
    relay.log
      .filter(({ msg }) => msg !== 'call')
      .map(({ msg }) => msg)
      .slice(-1),
    ['pbx up'],
    'no lost link and no fault since it came up',
  );
});

test('a port in use is told in the log, and it ends with 1', async () => {
  await using fake = await startFakePbx();
  const { code, out } = await runToEnd({
    RINGCUE_AMI_HOST: '127.0.0.1',
    RINGCUE_AMI_PORT: String(fake.port),
    RINGCUE_AMI_USERNAME: 'u',
    RINGCUE_AMI_SECRET: 's',
    RINGCUE_AUTH: 'open',
    RINGCUE_COUNTRY: 'RU',
    RINGCUE_LISTEN: `127.0.0.1:${fake.port}`,
  });
  assert.equal(code, 1);
  assert.match(out, /EADDRINUSE/);
});

test('why it is not ready is told with the remedy, and a bad list with its lines but not its clients', async () => {
  await using fake = await startFakePbx();
  fake.script['coreshowchannels'] = (action, { send }) => send(failure(action, 'Permission denied'));
  await using list = await fileOf('id,name,numbers\n7,Пётр,кв. 5\n');
  await using relay = await startRelay(fake.account, { RINGCUE_CLIENTS: list.path });
  await relay.logs(({ msg }) => msg === 'pbx down', 'that the PBX is down');
  const ready = await fetch(`http://${relay.address}/readyz`);
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /"write = reporting" in manager\.conf/);
  assert.equal((await fetch(`http://${relay.address}/healthz`)).status, 200);
  const bad = await relay.logs(({ msg }) => msg === 'client list: bad row', 'the bad row');
  assert.deepEqual([bad['line'], bad['problem']], [2, 'column 3: number 1 of the row is not a phone number']);
  assert.doesNotMatch(JSON.stringify(relay.log), /Пётр|кв/);
});

test('told to stop, it tells every add-on to come back, logs off and ends with 0', async () => {
  await using fake = await startFakePbx();
  const relay = await startRelay(fake.account);
  await relay.isReady();
  await using first = await watch(relay.feedUrl, '101');
  await using second = await watch(relay.feedUrl, '102');
  const startedAt = performance.now();
  assert.equal(await relay.stop(), 0);
  assert.ok(performance.now() - startedAt < 2_000, `${performance.now() - startedAt} ms`);
  for (const { closed } of [first, second]) assert.equal((await closed).code, CLOSE.restarting);
  await fake.asked('logoff');
});

test('told to stop while its PBX is mute, it ends in time and with 0', async () => {
  await using fake = await startFakePbx();
  fake.isAlive = false;
  const relay = await startRelay(fake.account);
  const socket = connect(relay.port, '127.0.0.1'); // and somebody who will not go
  await once(socket, 'connect');
  const startedAt = performance.now();
  assert.equal(await relay.stop(), 0);
  assert.ok(performance.now() - startedAt < 4_000);
  socket.destroy();
});

test('told to stop while its PBX answers no more, it ends in time and with 0', async () => {
  await using fake = await startFakePbx();
  const relay = await startRelay(fake.account);
  await relay.isReady();
  fake.isAlive = false;
  assert.equal(await relay.stop(), 0);
});
