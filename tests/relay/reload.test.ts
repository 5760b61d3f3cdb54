// A relay that runs, and a configuration that changes: what it takes at SIGHUP, what it says of the rest, and how the
// secret of the AMI account is changed without anybody losing a call.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readConfig } from '../../relay/config.ts';
import { reload } from '../../relay/reload.ts';
import { createSecret } from '../../relay/secret.ts';
import { block, snapshot, startFakePbx, success } from './fake-pbx.ts';
import type { FakePbx } from './fake-pbx.ts';
import { fileOf } from './file.ts';
import { startRelay } from './relay-process.ts';
import type { RelayProcess } from './relay-process.ts';
import { waitFor } from './wait.ts';
import { watch } from './watcher.ts';

const toldOf = (yaml: string) => {
  const result = readConfig({ RINGCUE_CONFIG: '/c' }, () => `auth: open\ncountry: RU\n${yaml}`);
  assert.ok('told' in result, JSON.stringify(result));
  return result.told;
};
const ONE = 'ami: { host: a, username: u, secret: hunter2 }\n';
const pbx = (name: string, secret: string, more = ''): string =>
  `  - { name: ${name}, ami: { host: ${name}, username: u, secret: ${secret} }${more} }\n`;

test('what a running relay can take is told apart from what needs a restart, and no value is told', () => {
  const before = toldOf(`${ONE}logLevel: info\njournalDays: 30\n`);
  const after = toldOf(
    'ami: { host: b, username: u, secret: hunter3 }\ndirectory: { cardUrl: "https://crm.example/{id}" }\n',
  );
  const { taken, needRestart } = reload(before, after);
  assert.deepEqual(taken.sort(), ['ami.secret', 'directory.cardUrl', 'logLevel']);
  assert.deepEqual(needRestart.sort(), ['ami.host', 'journalDays']);
});

test('what needs a restart is told at each reload until there was one, what was taken is told once', () => {
  const first = toldOf(ONE);
  const changed = toldOf(`${ONE}logLevel: debug\nmaxSessions: 5\n`);
  const once = reload(first, changed);
  const twice = reload(once.told, changed);
  assert.deepEqual([once.taken, once.needRestart], [['logLevel'], ['maxSessions']]);
  assert.deepEqual([twice.taken, twice.needRestart], [[], ['maxSessions']]);
  assert.deepEqual(reload(twice.told, first).needRestart, [], 'and no more once it is undone');
});

test('each PBX of a list has its own secret; another list needs a restart', () => {
  const before = toldOf(`pbxs:\n${pbx('moscow', 'x')}${pbx('kazan', 'y')}`);
  const { taken, needRestart } = reload(
    before,
    toldOf(`pbxs:\n${pbx('moscow', 'x', ', prefix: 8')}${pbx('kazan', 'z')}`),
  );
  assert.deepEqual([taken, needRestart], [['pbxs[1].ami.secret'], ['pbxs[0].prefix']]);
  for (const other of [
    `pbxs:\n${pbx('moscow', 'x')}`,
    `pbxs:\n${pbx('kazan', 'y')}${pbx('moscow', 'x')}`,
    ONE,
  ])
    assert.deepEqual(reload(before, toldOf(other)).needRestart, ['pbxs'], other);
});

test('a secret is read again each time; where that fails the last one is used on, and it is said once', () => {
  const files: Record<string, string> = { '/s': 'one\n' };
  const faults: string[] = [];
  const secret = createSecret(
    (path) => files[path] ?? assert.fail(`ENOENT ${path}`),
    (file, message) => faults.push(`${file}: ${message}`),
  );
  secret.follow('zero', null);
  assert.equal(secret.now(), 'zero');
  secret.follow('zero', '/s');
  assert.equal(secret.now(), 'one');
  files['/s'] = 'two\r\n';
  assert.equal(secret.now(), 'two');
  delete files['/s'];
  assert.deepEqual([secret.now(), secret.now(), faults], ['two', 'two', ['/s: ENOENT /s']]);
  files['/s'] = '\n';
  assert.equal(secret.now(), 'two');
  assert.equal(faults.length, 2);
});

/** Reloads, and waits for what it says of it. */
async function hangUp(relay: RelayProcess, message: string): Promise<Readonly<Record<string, unknown>>> {
  const before = relay.log.length;
  relay.child.kill('SIGHUP');
  const said = () => relay.log.slice(before).find(({ msg }) => msg === message);
  await waitFor(
    () => said() !== undefined,
    5_000,
    () => `"${message}" was not logged, but: ${JSON.stringify(relay.log.slice(before))}`,
  );
  return said() ?? {};
}

const yamlOf = (fake: FakePbx, more = ''): string =>
  `ami: { host: 127.0.0.1, port: ${fake.port}, username: ringcue, secret: hunter2 }\n${more}`;

test('at SIGHUP a relay takes what it can without letting anybody go, and says what needs a restart', async () => {
  await using fake = await startFakePbx();
  await using yaml = await fileOf(yamlOf(fake));
  await using relay = await startRelay(null, { RINGCUE_CONFIG: yaml.path });
  await relay.isReady();
  await using watcher = await watch(relay.feedUrl, '101');
  await writeFile(
    yaml.path,
    yamlOf(
      fake,
      'logLevel: warn\nmaxSessions: 7\ndirectory: { unknownUrl: "https://crm.example/?q={number}" }\n',
    ),
  );
  const { settings } = await hangUp(
    relay,
    'configuration: these are changed, and need a restart of the relay',
  );
  assert.deepEqual(settings, ['maxSessions']);
  const read = relay.log.find(({ msg }) => msg === 'configuration: read again');
  assert.deepEqual(read?.['taken'], ['directory.unknownUrl', 'logLevel']);
  fake.rows = [snapshot({ ConnectedLineNum: '+79161234567', Application: 'AppDial' })];
  const ring = await watcher.isTold(({ state }) => state === 'ringing', 'a ring over the same session');
  assert.equal(ring.call.party.url, 'https://crm.example/?q=%2B79161234567');
  assert.equal(fake.sessions.length, 1, 'the session with Asterisk goes on');
  assert.equal(relay.log.filter(({ msg }) => msg === 'call').length, 0, 'calls are no warnings');
});

test('SIGHUP while the relay is only about to begin does not end it, and is not forgotten', async () => {
  await using fake = await startFakePbx();
  await using yaml = await fileOf(yamlOf(fake));
  await using list = await fileOf(`id,name,numbers\n${'7,Anna,+79161234567\n'.repeat(20_000)}`); // to be read first
  await using relay = await startRelay(
    null,
    { RINGCUE_CONFIG: yaml.path, RINGCUE_CLIENTS: list.path },
    {
      onSpawn: (child) =>
        void waitFor(
          () => isCaught(child.pid),
          5_000,
          () => 'SIGHUP is not caught',
        ).then(() => child.kill('SIGHUP')),
    },
  );
  await relay.logs(({ msg }) => msg === 'configuration: read again', 'that it was read again');
});

/** Whether SIGHUP, the first of the signals, has a handler [proc(5): SigCgt]. */
const isCaught = (pid: number | undefined): boolean =>
  /^SigCgt:\t[0-9a-f]*[13579bdf]$/m.test(readFileSync(`/proc/${pid ?? 'self'}/status`, 'utf8'));

test('a wrong configuration is not taken, and IT sees it in the log and the metrics', async () => {
  await using fake = await startFakePbx();
  await using yaml = await fileOf(yamlOf(fake));
  await using relay = await startRelay(null, { RINGCUE_CONFIG: yaml.path });
  await relay.isReady();
  const isTaken = async (): Promise<string | undefined> =>
    /^ringcue_config_taken (\d)$/m.exec(await (await fetch(`http://${relay.address}/metrics`)).text())?.[1];
  await writeFile(yaml.path, yamlOf(fake, 'logLevel: loud\n'));
  await hangUp(relay, 'configuration: not taken, the one before stays in force');
  const wrong = relay.log.find(({ msg }) => msg === 'configuration: wrong');
  assert.match(String(wrong?.['problem']), /logLevel must be debug/);
  assert.equal(await isTaken(), '0');
  await writeFile(yaml.path, yamlOf(fake, 'logLevel: debug\n'));
  assert.deepEqual((await hangUp(relay, 'configuration: read again'))['taken'], ['logLevel']);
  assert.equal(await isTaken(), '1');
  assert.doesNotMatch(JSON.stringify(relay.log), /hunter/);
});

test('the secret of the AMI account is changed in its file alone: the next login has it, and no add-on notices', async () => {
  await using fake = await startFakePbx();
  let valid = 'first';
  fake.script['login'] = (action, { send, socket }) => {
    if (action.text.includes(`Secret: ${valid}\r\n`))
      return send(success(action, { Message: 'Authentication accepted' }));
    send(block({ Response: 'Error', ActionID: action.id, Message: 'Authentication failed' }));
    socket.end();
  };
  await using secret = await fileOf('first\n');
  await using relay = await startRelay(
    { ...fake.account, secret: '' },
    { RINGCUE_AMI_SECRET_FILE: secret.path },
  );
  await relay.isReady();
  await using watcher = await watch(relay.feedUrl, '101');
  await writeFile(secret.path, 'second\n');
  valid = 'second';
  fake.session().socket.destroy(); // as when Asterisk is restarted
  await waitFor(
    () => relay.log.filter(({ msg }) => msg === 'pbx up').length === 2,
    5_000,
    () => `it did not log in again: ${JSON.stringify(relay.log)}`,
  );
  assert.ok(!relay.log.some(({ code }) => code === 'ami.login-refused'));
  fake.rows = [snapshot({ Application: 'AppDial' })];
  await watcher.isTold(({ state }) => state === 'ringing', 'a ring over the same session');
});
