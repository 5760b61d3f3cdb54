// The relay as a process with a journal: whoever was away is told what he missed, once, and over a restart.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { backup } from '../../relay/commands/backup.ts';
import { decodeDown, encode } from '../../shared/protocol.ts';
import type { Call, Down, Position } from '../../shared/protocol.ts';
import { event, snapshot, startFakePbx } from './fake-pbx.ts';
import type { FakePbx } from './fake-pbx.ts';
import { startRelay } from './relay-process.ts';
import type { RelayProcess } from './relay-process.ts';
import { waitFor } from './wait.ts';
import { watch } from './watcher.ts';

const DEADLINE_MS = 5_000;

async function dataFolder() {
  const path = await mkdtemp(join(tmpdir(), 'ringcue-data-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** One who comes back: until he has heard what he missed. `place` is what he says next time. */
async function comeBack(relay: RelayProcess, after: Position | null) {
  const socket = new WebSocket(relay.feedUrl);
  const messages: Down[] = [];
  const say = (message: Parameters<typeof encode>[0]): void => socket.send(encode(message));
  socket.on('error', () => undefined);
  socket.on('open', () =>
    say({ type: 'hello', protocol: 1, lines: [{ extension: '101', token: null, after }] }),
  );
  socket.on('message', (data) => {
    const message = decodeDown((data as Buffer).toString());
    if (message) messages.push(message);
  });
  const of = <T extends Down['type']>(type: T) =>
    messages.filter((message): message is Extract<Down, { type: T }> => message.type === type);
  const isTold = (type: Down['type']) =>
    waitFor(
      () => of(type).length > 0,
      DEADLINE_MS,
      () => `${type} was not told, but: ${JSON.stringify(messages)}; log: ${JSON.stringify(relay.log)}`,
    );
  await isTold('missed');
  const line = of('line').at(-1);
  assert.ok(line);
  return {
    missed: of('missed').flatMap(({ calls }) => calls.map(({ id, party }) => `${id} ${party.number}`)),
    place: { epoch: line.epoch, seq: line.seq },
    seenElsewhere: () => of('seen').flatMap(({ callIds }) => callIds),
    sees: (...callIds: string[]) => say({ type: 'seen', extension: '101', callIds }),
    isTold,
    [Symbol.dispose]: () => socket.terminate(),
  };
}

/** A client calls 101 and gives up. */
async function missesACall(pbx: FakePbx, relay: RelayProcess, n: number): Promise<string> {
  const id = `1700000000.${n}`;
  const ring = snapshot({
    Channel: `PJSIP/101-0000000${n}`,
    Uniqueid: id,
    Linkedid: id,
    ConnectedLineNum: `8916123450${n}`,
    Application: 'AppDial',
  });
  pbx.rows = [ring];
  const isAt = (state: string) =>
    relay.logs((line) => line.msg === 'call' && line['call'] === id && line['state'] === state, state);
  await isAt('ringing');
  pbx.rows = [];
  pbx.session().send(event('Hangup', { ...ring, Cause: 16, 'Cause-txt': 'x' }));
  await isAt('ended');
  return id;
}

test('what was missed while nobody was there is told, over a restart, until it was seen on one device', async () => {
  await using pbx = await startFakePbx();
  await using data = await dataFolder();
  const settings = { RINGCUE_DATA: data.path, RINGCUE_LOG_LEVEL: 'debug', RINGCUE_POLL_EVERY_MS: '100' };
  let logged = '';
  let office: Position;
  let home: Position;
  {
    await using relay = await startRelay(pbx.account, settings);
    await relay.isReady();
    {
      using first = await comeBack(relay, null);
      assert.deepEqual(first.missed, []);
      [office, home] = [first.place, first.place];
    }
    await missesACall(pbx, relay, 1);
    assert.equal(await relay.stop(), 0);
    logged += JSON.stringify(relay.log);
  }
  await using relay = await startRelay(pbx.account, settings);
  await relay.isReady();
  await missesACall(pbx, relay, 2);
  const [one, two] = ['1700000000.1 +79161234501', '1700000000.2 +79161234502'];
  {
    using newcomer = await comeBack(relay, null);
    assert.deepEqual(newcomer.missed, [], 'who never watched is not met with old calls');
    using returning = await comeBack(relay, office);
    assert.deepEqual(returning.missed, [two, one]);
    returning.sees('1700000000.1');
    await newcomer.isTold('seen');
    office = returning.place;
  }
  using again = await comeBack(relay, office);
  assert.deepEqual(again.missed, [], 'he has been told');
  using late = await comeBack(relay, home);
  assert.deepEqual(late.missed, [two], 'what was seen at the office is not told at home');
  assert.deepEqual(late.seenElsewhere(), ['1700000000.1']);

  assert.deepEqual(
    (await readdir(data.path)).filter((name) => name.endsWith('.sqlite')),
    ['journal.sqlite'],
  );
  const metrics = await (await fetch(`http://${relay.address}/metrics`)).text();
  assert.match(metrics, /^ringcue_journal_up 1$/m);
  assert.match(metrics, /^ringcue_journal_written_total [1-9]/m);
  logged += JSON.stringify(relay.log);
  assert.doesNotMatch(logged, /916123450/);
});

test('a backup made while the relay runs knows, in another folder, who missed what', async () => {
  await using pbx = await startFakePbx();
  await using data = await dataFolder();
  await using safe = await dataFolder();
  const settings = { RINGCUE_DATA: data.path, RINGCUE_POLL_EVERY_MS: '100' };
  const copy = join(safe.path, 'today');
  let place: Position;
  {
    await using relay = await startRelay(pbx.account, settings);
    await relay.isReady();
    using first = await comeBack(relay, null);
    place = first.place;
    await missesACall(pbx, relay, 1);
    using witness = await comeBack(relay, place); // whose question is answered from the file
    assert.equal(witness.missed.length, 1);
    assert.deepEqual(await ringcueBackup(data.path, copy), [0, [`${copy}/journal.sqlite`], []]);
    await missesACall(pbx, relay, 2);
  }
  assert.equal((await stat(join(copy, 'journal.sqlite'))).mode & 0o77, 0, 'for nobody else to read');
  await using restored = await startRelay(pbx.account, { ...settings, RINGCUE_DATA: copy });
  await restored.isReady();
  using returning = await comeBack(restored, place);
  assert.deepEqual(returning.missed, ['1700000000.1 +79161234501']);
});

test('a backup never goes over another, and where there is nothing to copy it says so', async () => {
  await using data = await dataFolder();
  await using safe = await dataFolder();
  assert.deepEqual(await ringcueBackup(data.path, safe.path), [
    1,
    [],
    [`There is nothing in ${data.path} yet.`],
  ]);
  await writeFile(join(data.path, 'journal.sqlite'), '');
  await writeFile(join(safe.path, 'journal.sqlite'), 'the backup of yesterday');
  const [code, , [complaint]] = await ringcueBackup(data.path, safe.path);
  assert.equal(code, 1);
  assert.match(complaint ?? '', /could not be made: EEXIST/);
  assert.equal(await readFile(join(safe.path, 'journal.sqlite'), 'utf8'), 'the backup of yesterday');
  await writeFile(join(data.path, 'journal.sqlite'), 'no database at all, but long enough '.repeat(100));
  assert.equal((await ringcueBackup(data.path, join(safe.path, 'new')))[0], 1);
  assert.deepEqual(await readdir(join(safe.path, 'new')), [], 'and no half one is left');
  assert.equal((await ringcueBackup('', safe.path))[0], 1, 'without a data folder');
});

/** Its exit code, what it said, what it complained of. */
async function ringcueBackup(data: string, into: string): Promise<[number, string[], string[]]> {
  const [out, error]: [string[], string[]] = [[], []];
  const code = await backup({
    parameters: [into],
    environment: {
      RINGCUE_AMI_HOST: '127.0.0.1',
      RINGCUE_AMI_USERNAME: 'u',
      RINGCUE_AMI_SECRET: 's',
      RINGCUE_AUTH: 'open',
      RINGCUE_COUNTRY: 'RU',
      RINGCUE_DATA: data,
    },
    say: (line) => void out.push(line),
    complain: (line) => void error.push(line),
  });
  return [code, out, error];
}

test('where the journal cannot be kept calls are told all the same, and IT is told once', async () => {
  await using pbx = await startFakePbx();
  await using data = await dataFolder();
  const blocked = join(data.path, 'file');
  await writeFile(blocked, '');
  await using relay = await startRelay(pbx.account, { RINGCUE_DATA: blocked });
  await relay.isReady();
  await using watcher = await watch(relay.feedUrl, '101');
  await missesACall(pbx, relay, 1);
  await watcher.isTold((call: Call) => call.endReason === 'missed', 'the missed call');
  const isFault = ({ msg }: { msg: string }) => msg.startsWith('journal: not kept now');
  await relay.logs(isFault, 'the fault');
  assert.equal(relay.log.filter(isFault).length, 1);
  const metrics = await (await fetch(`http://${relay.address}/metrics`)).text();
  assert.match(metrics, /^ringcue_journal_up 0$/m);
  assert.match(metrics, /^ringcue_journal_faults_total [1-9]/m);
  assert.equal(await relay.stop(), 0);
});

test('without a folder there is no journal, which is said once', async () => {
  await using pbx = await startFakePbx();
  for (const settings of [{}, { RINGCUE_DATA: '/nowhere', RINGCUE_JOURNAL_DAYS: '0' }]) {
    await using relay = await startRelay(pbx.account, settings);
    await relay.isReady();
    assert.equal(relay.log.filter(({ msg }) => msg.startsWith('no journal is kept')).length, 1);
    await using watcher = await watch(relay.feedUrl, '101');
    assert.ok(watcher.messages.every(({ type }) => type !== 'missed'));
    const metrics = await (await fetch(`http://${relay.address}/metrics`)).text();
    assert.doesNotMatch(
      metrics,
      /^ringcue_journal_up/m,
      'or an alert would tell of a journal that nobody wants',
    );
  }
});
