// The relay as a process that pairs, an AMI that says what was dialled, and the commands of IT beside it as processes of their own.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PairedDevice } from '../../relay/pairing/devices.ts';
import type { AuditRow } from '../../relay/pairing/audit.ts';
import { CLOSE } from '../../shared/protocol.ts';
import { event, snapshot, startFakePbx } from './fake-pbx.ts';
import type { FakePbx } from './fake-pbx.ts';
import { askToBePaired } from './pairing-browser.ts';
import { startRelay } from './relay-process.ts';
import type { RelayProcess } from './relay-process.ts';
import { waitFor } from './wait.ts';
import { watch } from './watcher.ts';

const MAIN = fileURLToPath(new URL('../../relay/main.ts', import.meta.url));
const DEADLINE_MS = 5_000;

async function dataFolder() {
  const path = await mkdtemp(join(tmpdir(), 'ringcue-data-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
const settings = (data: { path: string }, over: Record<string, string> = {}) => ({
  RINGCUE_AUTH: 'pairing',
  RINGCUE_DATA: data.path,
  RINGCUE_POLL_EVERY_MS: '200',
  ...over,
});

/** `ringcue …` beside the relay. */
const ringcue = (
  data: { path: string },
  ...parameters: string[]
): Promise<{ code: number; out: string; error: string }> =>
  new Promise((resolve) => {
    const env = {
      PATH: process.env['PATH'],
      ...{ RINGCUE_AMI_HOST: 'x', RINGCUE_AMI_USERNAME: 'x', RINGCUE_AMI_SECRET: 'x', RINGCUE_COUNTRY: 'RU' },
      ...{ RINGCUE_DATA: data.path, RINGCUE_PUBLIC_URL: 'https://ringcue.example/' },
    };
    execFile(process.execPath, [MAIN, ...parameters], { env }, (fault, out, error) =>
      resolve({ code: fault ? Number(fault.code) : 0, out, error }),
    );
  });
const told = async <T>(data: { path: string }, ...parameters: string[]): Promise<T> => {
  const { code, out, error } = await ringcue(data, ...parameters, '--json');
  assert.equal(code, 0, error);
  return JSON.parse(out) as T;
};

let calls = 0;
/** A phone dials, and is heard for a while. */
function dials(pbx: FakePbx, extension: string, exten: string, over: Record<string, string> = {}): void {
  calls += 1;
  const id = `1700000000.${calls}`;
  const channel = snapshot({
    ...{
      Channel: `PJSIP/${extension}-${String(calls).padStart(8, '0')}`,
      ChannelState: 4,
      ConnectedLineNum: '<unknown>',
    },
    ...{ CallerIDNum: extension, Exten: exten, Uniqueid: id, Linkedid: id, ...over },
  });
  pbx.session().send(event('Newchannel', channel));
  pbx.rows = [
    {
      ...channel,
      ChannelState: 6,
      Application: 'Playback',
      ApplicationData: 'beep',
      Duration: '00:00:01',
      BridgeId: '',
    },
  ];
}
async function pairs(pbx: FakePbx, relay: RelayProcess, extension: string) {
  await using browser = askToBePaired(relay.feedUrl, { extension });
  dials(pbx, extension, await browser.dial());
  const paired = await browser.paired();
  pbx.rows = [];
  return paired;
}

for (const [what, over] of [
  ['by events and polls', {}],
  ['by polls alone', { RINGCUE_AMI_EVENTS: 'no' }],
] as const)
  test(`${what}: a phone dials, its browser is paired, sees its line and nobody sees that call`, async () => {
    await using data = await dataFolder();
    await using pbx = await startFakePbx();
    await using relay = await startRelay(pbx.account, settings(data, over));
    await relay.isReady();
    const { token } = await pairs(pbx, relay, '101');
    await using watcher = await watch(relay.feedUrl, '101', token);
    assert.deepEqual(watcher.line()?.calls, []);
    assert.ok(!relay.log.some(({ msg }) => msg === 'call'));
    const rows = await told<AuditRow[]>(data, 'audit');
    assert.deepEqual(
      rows.map(({ what: happened, extension, by }) => [happened, extension, by]),
      [['paired', '101', 'phone']],
    );
    assert.ok(!JSON.stringify(relay.log).includes(token), 'no token in the log');
    const file = await readFile(join(data.path, 'pairing.sqlite'), 'latin1');
    assert.ok(!file.includes(token), 'nor in the file');
  });

test('what the command line revokes is let go within a second, and the token opens nothing, over a restart too', async () => {
  await using data = await dataFolder();
  await using pbx = await startFakePbx();
  let token: string;
  {
    await using relay = await startRelay(pbx.account, settings(data));
    await relay.isReady();
    ({ token } = await pairs(pbx, relay, '101'));
    const kept = await pairs(pbx, relay, '101');
    await using watcher = await watch(relay.feedUrl, '101', token);
    await using other = await watch(relay.feedUrl, '101', kept.token);
    const [device] = await told<PairedDevice[]>(data, 'devices', '101');
    assert.deepEqual([device?.extension, device?.name], ['101', 'Chrome on Windows']);
    const { out, code } = await ringcue(data, 'revoke', device?.id ?? '');
    const revokedAt = performance.now();
    assert.deepEqual([code, out], [0, `Revoked: ${device?.id}, Chrome on Windows, of extension 101.\n`]);
    assert.equal((await watcher.closed).code, CLOSE.revoked);
    assert.ok(performance.now() - revokedAt < 1_000);
    await waitFor(
      () => other.messages.filter(({ type }) => type === 'devices').length > 1,
      DEADLINE_MS,
      () => 'the other was not told',
    );
  }
  await using relay = await startRelay(pbx.account, settings(data));
  await relay.isReady();
  await using back = await watch(relay.feedUrl, '101', token);
  assert.deepEqual([(await back.closed).code, back.line()], [CLOSE.revoked, undefined]);
  assert.equal((await told<PairedDevice[]>(data, 'devices')).length, 1);
});

test('an invitation of the command line pairs one browser, and is in the audit log', async () => {
  await using data = await dataFolder();
  await using pbx = await startFakePbx();
  await using relay = await startRelay(pbx.account, settings(data));
  await relay.isReady();
  const invited = await told<{ code: string; link: string }>(data, 'invite', '101', '--ttl', '10m');
  assert.equal(invited.link, `https://ringcue.example/pair#${invited.code}`);
  await waitFor(
    () => true,
    1,
    () => '',
  );
  await new Promise((resolve) => setTimeout(resolve, 400)); // what a person needs to paste it; the relay looks each 250 ms
  await using browser = askToBePaired(relay.feedUrl, { invitation: invited.code });
  const { extension, token } = await browser.paired();
  assert.equal(extension, '101');
  await using watcher = await watch(relay.feedUrl, '101', token);
  assert.ok(watcher.line());
  await using again = askToBePaired(relay.feedUrl, { invitation: invited.code });
  assert.equal(await again.closed, CLOSE.invitationRefused);
  const rows = await told<AuditRow[]>(data, 'audit');
  assert.deepEqual(
    rows.map(({ what, by, reason }) => [what, by, reason]),
    [
      ['invited', 'command', null],
      ['paired', 'invitation', null],
      ['refused', null, 'invitation'],
    ],
  );
});

test('a whole office is invited from a CSV, with its other columns kept; a wrong row is named, and then nobody is', async () => {
  await using data = await dataFolder();
  await using pbx = await startFakePbx();
  await using relay = await startRelay(pbx.account, settings(data));
  await relay.isReady();
  const csv = join(data.path, 'people.csv');
  await writeFile(csv, '﻿name;extension\n"Petrova; Anna";101\nIvanov;102\n');
  const { out, code } = await ringcue(data, 'invite', '--csv', csv);
  assert.equal(code, 0);
  const lines = out.trimEnd().split('\n');
  assert.equal(lines[0], 'name,extension,code,link,expires');
  assert.match(lines[1] ?? '', /^"Petrova; Anna",101,[0-9A-Z-]{24},https:\/\/ringcue\.example\/pair#/);
  assert.equal(lines.length, 3);
  await writeFile(csv, 'name,extension\nA,101\nB,nobody\n');
  const wrong = await ringcue(data, 'invite', '--csv', csv);
  assert.equal(wrong.code, 1);
  assert.match(wrong.error, /people\.csv, line 3: "nobody" is not an extension/);
  assert.equal((await told<AuditRow[]>(data, 'audit')).length, 2);
});

const ANSWERS = [
  [['invite'], 64, /Whom\? One extension, or --csv/],
  [['invite', '101', '--csv', 'x'], 64, /Whom\?/],
  [['invite', '101', '--ttl', '31d'], 64, /from 1m to 30d/],
  [['invite', 'abc'], 1, /"abc" is not an extension/],
  [['invite', '--csv', '/nowhere.csv'], 1, /\/nowhere\.csv: ENOENT/],
  [['invite', '--colour', 'red'], 64, /Usage: ringcue invite/],
  [['revoke'], 64, /Which one\?/],
  [['revoke', 'x'], 1, /There is no paired browser "x"/],
  [['devices', '1', '2'], 64, /Usage: ringcue devices/],
  [['devices'], 0, /No browser is paired/],
  [['audit', '--last', '0'], 64, /--last must be/],
] as const;
test('whatever is wrong with a command is told, with the exit code that says whose fault it is', async () => {
  await using data = await dataFolder();
  await using pbx = await startFakePbx();
  await using relay = await startRelay(pbx.account, settings(data));
  await relay.isReady();
  for (const [parameters, code, error] of ANSWERS) {
    const answer = await ringcue(data, ...parameters);
    assert.equal(answer.code, code, answer.error);
    assert.match(answer.error, error);
  }
});

test('before the relay has run the commands make no file that it could not write', async () => {
  await using data = await dataFolder();
  const { code, error } = await ringcue(data, 'devices');
  assert.equal(code, 1);
  assert.match(error, /start the relay first/);
});

test('a phone of another PBX dials its code: the extension is known by its prefix', async () => {
  await using data = await dataFolder();
  await using moscow = await startFakePbx();
  await using kazan = await startFakePbx();
  const config = join(data.path, 'ringcue.yaml');
  const site = (name: string, prefix: number, { port }: FakePbx): string =>
    `  - { name: ${name}, prefix: ${prefix}, ami: { host: 127.0.0.1, port: ${port}, username: x, secret: x, pollEveryMs: 200 } }`;
  await writeFile(
    config,
    ['pbxs:', site('moscow', 8, moscow), site('kazan', 9, kazan), 'pairing: { prefix: "*88" }', ''].join(
      '\n',
    ),
  );
  const rest = { RINGCUE_AUTH: 'pairing', RINGCUE_DATA: data.path };
  await using relay = await startRelay(null, { ...rest, RINGCUE_CONFIG: config });
  await waitFor(
    () => relay.log.filter(({ msg }) => msg === 'pbx up').length === 2,
    DEADLINE_MS,
    () => JSON.stringify(relay.log),
  );
  await using browser = askToBePaired(relay.feedUrl, { extension: '9101' });
  const dial = await browser.dial();
  assert.match(dial, /^\*88\d{6}$/);
  dials(moscow, '101', dial);
  await relay.logs(
    (line) => line.msg === 'audit' && line['reason'] === 'wrong-phone',
    'that 8101 is the wrong phone',
  );
  assert.equal(browser.isPaired(), false);
  dials(kazan, '101', dial);
  assert.equal((await browser.paired()).extension, '9101');
});
