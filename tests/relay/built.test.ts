// The relay as it is shipped, built by `relay/build.ts`: its threads, its processes and the packages that it loads when they are
// used come along, and nothing else is needed beside it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { buildRelay } from '../../relay/build.ts';
import { startFakePbx } from './fake-pbx.ts';
import { startRelay } from './relay-process.ts';

const DATABASE = 'host: 127.0.0.1, port: 1, user: u, database: d, query: "select :e164 as id"';
const FILES = {
  'ringcue.yaml': `ami: {host: 127.0.0.1, username: x, secret: x}
auth: open
country: RU
directory:
  clients: HERE/clients.csv
  sources:
    - {type: sqlite, name: live, path: HERE/clients.db, query: "select * from live where number = :e164"}
    - {type: sqlite, name: book, mode: snapshot, path: HERE/clients.db, query: "select * from book"}
    - {type: vcard, name: cards, path: HERE/clients.vcf}
    - {type: postgres, name: erp, ${DATABASE}}
    - {type: mysql, name: shop, ${DATABASE}}
`,
  'clients.csv': 'id,name,number\n1,Of the list,+79160000001\n',
  'clients.vcf': 'BEGIN:VCARD\nVERSION:4.0\nFN:Of the cards\nUID:4\nTEL:+79160000004\nEND:VCARD\n',
};

let place: string;
before(async () => {
  place = await mkdtemp(join(tmpdir(), 'ringcue-built-'));
  // Outside the project, as its packages must not be found.
  await buildRelay(join(place, 'relay'));
  for (const [name, text] of Object.entries(FILES))
    await writeFile(join(place, name), text.replaceAll('HERE', place));
  const database = new DatabaseSync(join(place, 'clients.db'));
  database.exec("create table live as select 2 id, 'Of the database' name, '+79160000002' number");
  database.exec("create table book as select 3 id, 'Of the snapshot' name, '+79160000003' numbers");
  database.close();
  await writeFile(join(place, 'package.json'), '{"type": "module"}');
});
after(() => rm(place, { recursive: true }));

/** What it prints, however it ends. */
const ringcue = (...words: string[]): Promise<string> =>
  promisify(execFile)(process.execPath, [join(place, 'relay/start.js'), ...words], {
    env: { RINGCUE_CONFIG: join(place, 'ringcue.yaml') },
    timeout: 20_000,
  }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { stdout: string; stderr: string }).stdout,
  );

for (const [source, digit] of [
  ['list', 1],
  ['database', 2],
  ['snapshot', 3],
  ['cards', 4],
] as const)
  test(`built, it finds a client of the ${source}`, async () => {
    assert.match(await ringcue('lookup', `+7916000000${digit}`), new RegExp(`Of the ${source}`));
  });

test('built, it asks PostgreSQL and MySQL, whose drivers came along', async () => {
  const said = await ringcue('lookup', '+79160000009');
  assert.equal([...said.matchAll(/ECONNREFUSED/g)].length, 2, said);
});

test('built, it serves: journal and pairing are kept by its thread', async () => {
  await using pbx = await startFakePbx();
  const settings = { RINGCUE_AUTH: 'pairing', RINGCUE_DATA: join(place, 'data') };
  await using relay = await startRelay(pbx.account, settings, { main: join(place, 'relay/start.js') });
  await relay.isReady();
  for (const said of ['journal: kept', 'pairing: who is paired is read, and kept'])
    await relay.logs(({ msg }) => msg === said, said);
  assert.equal(await relay.stop(), 0);
});

test('the licences of all that was built in are told beside it', async () => {
  const told = await readFile(join(place, 'relay/licenses.md'), 'utf8');
  for (const name of ['ws', 'asterisk-manager', 'zod', 'pg', 'mysql2', 'libphonenumber-js'])
    assert.match(told, new RegExp(`^## ${name} - `, 'm'));
  const names = await readdir(join(place, 'relay'));
  assert.ok(names.every((name) => /\.(?:js|js\.map|md)$/.test(name)));
});
