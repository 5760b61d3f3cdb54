// The relay's image as companies run it: built from the real Dockerfile, hardened, on a published port, beside a real
// Asterisk 22; killed and stopped.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from '../../shared/protocol.ts';
import { openOffice } from '../lab/office.ts';
import type { Office } from '../lab/office.ts';
import { watch } from '../relay/watcher.ts';
import { BASE_IMAGE } from './base-image.ts';
import { MEMORY_LIMIT_MB, startContainer } from './container.ts';
import type { Container } from './container.ts';
import { openDoor } from './door.ts';
import type { Door } from './door.ts';
import { noContainersAs, openEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { buildImage, IMAGE } from './image.ts';
import { comesBack } from './returning.ts';

const ANNA = '+79161234567';
const MB = 1024 * 1024;
const LISTENS_WITHIN_MS = 1_000;
const STOPS_WITHIN_MS = 5_000;
const SETTLES_MS = 3_000;
const [MOST_ABOVE_BASE_MB, MOST_RESIDENT_MB] = [60, 100];

const isState = (state: string) => (call: Call) => call.state === state;
const say = (text: string): void => console.log(`  ${text}`);
const skip = noContainersAs(process.getuid?.());

describe('the image of the relay', { skip: skip ?? false }, () => {
  let engine: Engine;
  let office: Office;
  let door: Door;
  let relay: Container;

  before(async () => {
    engine = await openEngine(say);
    const { ms } = await buildImage(engine, say);
    say(`built in ${(ms / 1000).toFixed(1)} s`);
    office = await openOffice({ asterisk: '22', driver: 'pjsip', phones: ['101', '102'] });
    door = await openDoor({ ...office.ami, ...office.ami.accounts.ringcue });
    relay = await startContainer(engine, { pbx: door.access });
  });
  after(async () => {
    await relay?.[Symbol.asyncDispose]();
    await door?.[Symbol.asyncDispose]();
    await office?.[Symbol.asyncDispose]();
  });

  const inspectImage = async (what: string, image = IMAGE): Promise<string> =>
    (await engine.podman(['image', 'inspect', '--format', what, image])).trim();

  test(`it adds at most ${MOST_ABOVE_BASE_MB} MB to its base, and no native files`, async () => {
    const [whole, base] = [await inspectImage('{{.Size}}'), await inspectImage('{{.Size}}', BASE_IMAGE)];
    const added = (Number(whole) - Number(base)) / MB;
    say(`${added.toFixed(1)} MB above its base`);
    assert.ok(added > 1 && added <= MOST_ABOVE_BASE_MB, `${added} MB`);
    const listed = await relay.exec(
      'find',
      '/app',
      '-type',
      'f',
      '(',
      '-name',
      '*.node',
      '-o',
      '-name',
      '*.so',
      ')',
    );
    assert.equal(listed, '');
    const top = await relay.exec('ls', '/app');
    assert.deepEqual(top.trim().split('\n'), ['package.json', 'relay']);
  });

  test('it says what it is, which version, who runs it and how it is asked whether it lives', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    const labels = JSON.parse(await inspectImage('{{json .Labels}}')) as Record<string, string>;
    assert.equal(labels['org.opencontainers.image.version'], version);
    assert.equal(labels['org.opencontainers.image.title'], 'Ringcue relay');
    assert.equal(await inspectImage('{{.User}}'), '1000:1000');
    assert.equal(
      await inspectImage('{{json .Config.Entrypoint}} {{json .Config.Cmd}}'),
      '["node","/app/relay/start.js"] ["serve"]',
    );
    assert.equal(await inspectImage('{{json .Config.Volumes}}'), '{"/data":{}}');
    assert.match(
      await inspectImage('{{json .HealthCheck}}'),
      /"CMD","node","\/app\/relay\/start.js","health"/,
    );
  });

  test(`it listens within ${LISTENS_WITHIN_MS / 1000} s, and idle, with pairing and journal, takes less than ${MOST_RESIDENT_MB} MB`, async () => {
    const settings = { RINGCUE_AUTH: 'pairing', RINGCUE_PLAIN_BEYOND_LOOPBACK: 'yes' };
    await using idle = await startContainer(engine, { pbx: door.access, settings });
    const listening = await idle.logs(({ msg }) => msg === 'listening', 'that it listens');
    const ms = Date.parse(String(listening['time'])) - (await idle.startedAt());
    for (const said of ['pbx up', 'journal: kept', 'pairing: who is paired is read, and kept'])
      await idle.logs(({ msg }) => msg === said, said);
    await sleep(SETTLES_MS);
    const status = await idle.exec('sh', '-c', 'cat /proc/[0-9]*/status');
    // Of catatonit's and the relay's, the relay's.
    const most = (name: string): number =>
      Math.max(
        ...[...status.matchAll(new RegExp(`^${name}:\\s+(\\d+) kB`, 'gm'))].map(
          ([, kB]) => Number(kB) / 1024,
        ),
      );
    const [resident, own] = [most('VmRSS'), most('RssAnon')];
    say(
      `listens after ${ms} ms; ${resident.toFixed(0)} MB resident: ${own.toFixed(0)} of its own, the rest Node's program`,
    );
    assert.ok(ms <= LISTENS_WITHIN_MS, `${ms} ms`);
    assert.ok(resident < MOST_RESIDENT_MB, `${resident} MB`);
  });

  test('it runs as nobody in particular, without rights, and can write to its data and nowhere else', async () => {
    const status = await relay.exec('sh', '-c', 'cat /proc/[0-9]*/status 2>/dev/null');
    const processes = status.match(/^Name:/gm)?.length;
    for (const row of [
      /^Uid:\s1000\s1000\s1000\s1000$/gm,
      /^CapEff:\s0+$/gm,
      /^CapBnd:\s0+$/gm,
      /^NoNewPrivs:\s1$/gm,
    ])
      assert.equal(status.match(row)?.length, processes, `${row.source} is not so of all:\n${status}`);
    const write = (path: string): Promise<string> =>
      relay.exec('sh', '-c', `(echo x > ${path}/written) 2>&1 && rm ${path}/written && echo well || true`);
    assert.equal(await write('/data'), 'well\n');
    for (const path of ['/app', '/', '/etc', '/home/node'])
      assert.match(await write(path), /Read-only file system/);
    const limits = await relay.exec(
      'sh',
      '-c',
      'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; true',
    );
    assert.equal(limits.trim(), String(MEMORY_LIMIT_MB * MB));
  });

  test('it is well, also by its own command, and `ringcue` tells its commands', async () => {
    await engine.podman(['healthcheck', 'run', relay.name]);
    assert.equal(await relay.exec('ringcue', 'health'), 'alive\n');
    const { code, stderr } = await engine.tryPodman(['exec', relay.name, 'ringcue', 'nonsense']);
    assert.equal(code, 64);
    assert.match(stderr, /ringcue health/);
  });

  test('a call on the real Asterisk rings at a session through the published port', async () => {
    await using told = await watch(relay.feedUrl, '101');
    const client = office.client({ number: ANNA, name: 'Anna' });
    await client.calls(office.phone('101'));
    await office.phone('101').rings();
    await told.isTold(isState('ringing'), 'a ring');
    await client.hangsUp();
    await office.phone('101').isFree();
    await told.isTold(isState('ended'), 'the end');
    assert.equal(told.story(), `ringing(${ANNA}) ended missed`);
  });

  test('killed and started again it has kept what was missed, and goes on', async () => {
    const place = (await comesBack(relay.feedUrl, '101', null)).place;
    const client = office.client({ number: ANNA, name: '' });
    await client.calls(office.phone('101'));
    await office.phone('101').rings();
    await client.hangsUp();
    await office.phone('101').isFree();
    // Missed and told, so it is in the journal before the power goes: the relay writes at once.
    await relay.logs((line) => line.msg === 'call' && line['reason'] === 'missed', 'the end');
    const isWritten = async (): Promise<boolean> =>
      /^ringcue_journal_written_total [2-9]/m.test(
        await (await fetch(`http://127.0.0.1:${relay.port}/metrics`)).text(),
      );
    const giveUpAt = performance.now() + 5_000;
    while (!(await isWritten())) assert.ok(performance.now() < giveUpAt, 'the journal was not written');

    await relay.kill();
    await relay.restart();
    await relay.logs(({ msg }) => msg === 'pbx up', 'that it sees Asterisk again', await relay.startedAt());
    const { missed } = await comesBack(relay.feedUrl, '101', place);
    assert.equal(missed.length, 1);
    assert.equal(missed[0]?.party.number, ANNA);
  });

  test(`asked to stop it tells every add-on to come back and exits with 0 within ${STOPS_WITHIN_MS / 1000} s`, async () => {
    await using told = await watch(relay.feedUrl, '102');
    const { code, ms } = await relay.stop();
    say(`stopped after ${ms.toFixed(0)} ms, podman's own time included`);
    assert.equal(code, 0);
    assert.ok(ms < STOPS_WITHIN_MS);
    assert.equal((await told.closed).code, 4000);
  });

  test('a PBX that is away makes it not ready, and leaves it alive: no orchestrator restarts it for that', async () => {
    await using alone = await startContainer(engine, { pbx: { ...door.access, port: 1 } });
    await engine.podman(['healthcheck', 'run', alone.name]);
    assert.equal((await fetch(`http://127.0.0.1:${alone.port}/readyz`)).status, 503);
  });

  test('a wrong configuration ends it with 78, with every fault and its remedy', async () => {
    const run = [
      'run',
      '--rm',
      '--pull',
      'never',
      '--network',
      'none',
      '--read-only',
      '--tmpfs',
      '/tmp',
      IMAGE,
    ];
    const { code, stderr } = await engine.tryPodman(run);
    assert.equal(code, 78);
    for (const place of ['RINGCUE_AMI_HOST', 'RINGCUE_AMI_SECRET', 'RINGCUE_COUNTRY'])
      assert.match(stderr, new RegExp(`^  ${place}.* is missing`, 'm'));
  });
});
