// The relay as a process with a directory that takes its time: the ring goes out at once, the name follows; and what is kept
// for a start without the source.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { startQuestionServer } from '../directory/question-server.ts';
import { event, snapshot, startFakePbx } from './fake-pbx.ts';
import type { FakePbx } from './fake-pbx.ts';
import { startRelay } from './relay-process.ts';
import type { RelayProcess } from './relay-process.ts';
import { watch } from './watcher.ts';

const ANNA = { id: 7, name: 'Анна Петрова', numbers: ['89161234567'], company: 'Ромашка' };

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'ringcue-directory-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function relayWith(pbx: FakePbx, place: string, directory: string): Promise<RelayProcess> {
  const file = join(place, 'ringcue.yaml');
  await writeFile(file, `data: ${join(place, 'data')}\ndirectory:\n${directory}`);
  const relay = await startRelay(pbx.account, { RINGCUE_CONFIG: file });
  await relay.isReady();
  return relay;
}

const ring = (n = 1) =>
  snapshot({
    ...{ Channel: `PJSIP/101-0000000${n}`, Uniqueid: `1700000000.${n}`, Linkedid: `1700000000.${n}` },
    ...{ ConnectedLineNum: '89161234567', Application: 'AppDial' },
  });

test('the ring is told at once, and the name follows as the same call', async () => {
  await using pbx = await startFakePbx();
  await using crm = await startQuestionServer();
  await using place = await folder();
  await using relay = await relayWith(
    pbx,
    place.path,
    `  fields: [company]\n  sources:\n    - ${crm.yaml()}\n`,
  );
  await using watcher = await watch(relay.feedUrl, '101');
  pbx.rows = [ring()];
  const { call } = await watcher.isTold(({ state }) => state === 'ringing', 'that it rings');
  assert.equal(call.party.client, null);
  await crm.answers(1, [ANNA]);
  const named = await watcher.isTold(({ party }) => party.client !== null, 'who it is');
  assert.deepEqual(
    [named.call.id, named.call.state, named.call.party.client?.name],
    [call.id, 'ringing', 'Анна Петрова'],
  );

  // Whoever calls again a little later is known at once.
  pbx.rows = [ring(), { ...ring(2), Channel: 'PJSIP/102-00000002' }];
  await using other = await watch(relay.feedUrl, '102');
  const again = await other.isTold(({ state }) => state === 'ringing', 'that it rings');
  assert.equal(again.call.party.client?.name, 'Анна Петрова');
  assert.equal(crm.questions.length, 1);
  const metrics = await (await fetch(`http://${relay.address}/metrics`)).text();
  assert.match(metrics, /ringcue_directory_lookups_total\{source="crm",outcome="found"\} 1/);
  assert.doesNotMatch(JSON.stringify(relay.log), /Анна|Ромашка|9161234567/);
});

test('a name that comes after the end is told to nobody, and stands in what was missed', async () => {
  await using pbx = await startFakePbx();
  await using crm = await startQuestionServer();
  await using place = await folder();
  await using relay = await relayWith(pbx, place.path, `  sources:\n    - ${crm.yaml()}\n`);
  await using watcher = await watch(relay.feedUrl, '101');
  pbx.rows = [ring()];
  await watcher.isTold(({ state }) => state === 'ringing', 'that it rings');
  pbx.rows = [];
  pbx.session().send(event('Hangup', { ...ring(), Cause: 16, 'Cause-txt': 'x' }));
  await watcher.isTold(({ state }) => state === 'ended', 'that it has ended');
  await crm.answers(1, [ANNA]);
  // A second call is the sentinel: what was to be told before it has been told.
  pbx.rows = [{ ...ring(2), ConnectedLineNum: '101' }];
  await watcher.isTold(({ id }) => id === '1700000000.2', 'the second call');
  const second = watcher.told.find(({ call }) => call.id === '1700000000.2');
  const isNamed = watcher.told.filter(({ call }) => call.party.client !== null);
  assert.ok(
    isNamed.every(({ at }) => at === second?.at),
    'no line is sent for the name alone',
  );
  const first = watcher.told
    .filter(({ call }) => call.id === '1700000000.1')
    .map(({ call }) => [call.state, call.party.client?.name]);
  assert.deepEqual(first.slice(0, 2), [
    ['ringing', undefined],
    ['ended', undefined],
  ]);
  assert.equal(await relay.stop(), 0);
  const { DatabaseSync } = await import('node:sqlite');
  using journal = new DatabaseSync(join(place.path, 'data', 'journal.sqlite'), { readOnly: true });
  const row = journal.prepare(`select call from ended where id = '1700000000.1'`).get();
  assert.match(String(row?.['call']), /Анна Петрова/);
});

test('a directory that never answers lets every ring through, and is told once', async () => {
  await using pbx = await startFakePbx();
  await using crm = await startQuestionServer();
  await using place = await folder();
  await using relay = await relayWith(
    pbx,
    place.path,
    `  sources:\n    - ${crm.yaml(', softMs: 50, hardMs: 100')}\n`,
  );
  await using watcher = await watch(relay.feedUrl, '101');
  for (let n = 1; n <= 7; n += 1) {
    pbx.rows = [{ ...ring(n), ConnectedLineNum: `8916123456${n}` }];
    await watcher.isTold(({ id, state }) => id === `1700000000.${n}` && state === 'ringing', `call ${n}`);
  }
  await relay.logs(
    ({ msg }) => msg === 'directory: source is left alone for a while',
    'that it is left alone',
  );
  const told = relay.log.filter(({ msg }) => msg === 'directory: source fails');
  assert.deepEqual(
    told.map(({ source, code, detail }) => [source, code, detail]),
    [['crm', 'directory.timeout', 'it did not answer within 100 ms']],
  );
  const metrics = await (await fetch(`http://${relay.address}/metrics`)).text();
  assert.match(metrics, /ringcue_directory_resting\{source="crm"\} 1/);
  assert.match(metrics, /ringcue_directory_seconds_count\{source="crm"\} \d/);
});

test('a colleague is called as the staff’s list calls him', async () => {
  await using pbx = await startFakePbx();
  await using place = await folder();
  const staff = join(place.path, 'staff.csv');
  await writeFile(staff, 'id;name;numbers\n1;Борис из отдела продаж;102\n2;Вера;103\n3;Глеб;103\n');
  await using relay = await relayWith(pbx, place.path, `  staff: {type: csv, path: ${staff}}\n`);
  await using watcher = await watch(relay.feedUrl, '101');
  const own = { Linkedid: '1700000000.0' };
  const colleague = (extension: string) => ({
    ...snapshot({
      Channel: `PJSIP/${extension}-0000000a`,
      ChannelState: 4,
      Uniqueid: '1700000000.0',
      ...own,
    }),
    ...{
      CallerIDNum: extension,
      CallerIDName: 'bob',
      ConnectedLineNum: '101',
      Exten: '101',
      Application: 'Dial',
    },
  });
  pbx.rows = [colleague('102'), { ...ring(), ...own, ConnectedLineNum: '102', ConnectedLineName: 'bob' }];
  const { call } = await watcher.isTold(({ state }) => state === 'ringing', 'that it rings');
  assert.deepEqual([call.party.internal, call.party.name], [true, 'Борис из отдела продаж']);
  pbx.rows = [];
  await watcher.isTold(({ state }) => state === 'ended', 'its end');
  pbx.rows = [
    { ...colleague('103'), Uniqueid: '1700000000.5', Linkedid: '1700000000.5' },
    { ...ring(6), Linkedid: '1700000000.5', ConnectedLineNum: '103', ConnectedLineName: 'gleb' },
  ];
  const second = await watcher.isTold(
    ({ party, state }) => party.number === '103' && state === 'ringing',
    'the second',
  );
  assert.equal(second.call.party.name, 'gleb', 'of two the list tells none, and the PBX is believed');
});

test('a start without the source knows everybody of the last good list, which no half list replaces', async () => {
  await using pbx = await startFakePbx();
  await using place = await folder();
  const vcf = join(place.path, 'clients.vcf');
  const card = (n: number) => `BEGIN:VCARD\nUID:${n}\nFN:Клиент ${n}\nTEL:+7916${1_234_000 + n}\nEND:VCARD\n`;
  await writeFile(vcf, Array.from({ length: 600 }, (_, n) => card(n)).join(''));
  const yaml = `  sources:\n    - {type: vcard, name: book, path: ${vcf}}\n`;
  const knows = async (relay: RelayProcess): Promise<string | undefined> => {
    await using watcher = await watch(relay.feedUrl, '101');
    pbx.rows = [{ ...ring(), ConnectedLineNum: '+79161234567' }];
    const { call } = await watcher.isTold(({ state }) => state === 'ringing', 'that it rings');
    pbx.rows = [];
    return call.party.client?.name;
  };
  const isRead = (relay: RelayProcess, msg: string) => relay.logs((line) => line.msg === msg, msg);
  {
    await using relay = await relayWith(pbx, place.path, yaml);
    assert.deepEqual((await isRead(relay, 'directory: list read'))['clients'], 600);
    assert.equal(await knows(relay), 'Клиент 567');
  }
  assert.ok((await readdir(join(place.path, 'data'))).includes('clients-book.snapshot'));
  await rm(vcf);
  {
    await using relay = await relayWith(pbx, place.path, yaml);
    await isRead(relay, 'directory: list of the last time loaded');
    const fault = await isRead(relay, 'directory: list not read, the last good one stays');
    assert.equal(fault['code'], 'directory.unreachable');
    assert.equal(await knows(relay), 'Клиент 567');
  }
  await writeFile(vcf, card(1) + card(2));
  {
    await using relay = await relayWith(pbx, place.path, yaml);
    const fault = await isRead(relay, 'directory: list not read, the last good one stays');
    assert.match(
      String(fault['detail']),
      /^only 2 clients are left, less than half: if that is right, delete .*clients-book\.snapshot/,
    );
    assert.equal(await knows(relay), 'Клиент 567');
    const metrics = await (await fetch(`http://${relay.address}/metrics`)).text();
    assert.match(metrics, /ringcue_directory_clients\{source="book"\} 600/);
    assert.match(metrics, /ringcue_directory_age_seconds\{source="book"\} \d/);
  }
  assert.ok((await readFile(vcf, 'utf8')).length > 0);
});

test('a query of SQLite that never ends keeps no relay from stopping', async () => {
  await using pbx = await startFakePbx();
  await using place = await folder();
  const path = join(place.path, 'crm.sqlite');
  new DatabaseSync(path).close();
  const endless =
    'with recursive n(i) as (select 1 union all select i + 1 from n) select i as id from n where i < 0';
  await using relay = await relayWith(
    pbx,
    place.path,
    `  sources:\n    - {type: sqlite, mode: snapshot, path: ${path}, query: "${endless}"}\n`,
  );
  assert.equal(await relay.stop(), null, 'it ends by a signal');
  assert.match(relay.log.at(-1)?.msg ?? '', /did not end in time/);
});
