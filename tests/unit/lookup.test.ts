// `ringcue lookup`: what it prints for people and for programs, and how it ends.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lookup } from '../../relay/commands/lookup.ts';
import { createAuthority } from '../setup/certificates.ts';

const CLIENTS = `id;name;numbers;manager;vip;blocked;Company;Debt
17;Анна Петрова;8 (916) 123-45-67, +7 495 777-00-01 доб. 12;101;yes;;ООО "Ромашка";1 200 ₽
18;Пётр Смирнов;+7 495 777-00-01;;;;;
19;Spammer\u202e;+7 800 555-35-35;;;yes;;
`;
const SETTINGS = (folder: string): string => `
ami: { host: 127.0.0.1, username: x, secret: hunter2 }
auth: open
country: RU
numbers:
  rewrite: [{ match: '9(8\\d{10})', replace: $1 }]
notification:
  title: '{vip} {name}'
directory:
  clients: ${folder}/clients.csv
  fields: [Company, Debt]
  cardUrl: https://crm.example/{id}?by={extension}
  unknownUrl: https://crm.example/search?q={number}
`;
const SQLITE = (folder: string): string => `
  sources:
    - type: sqlite
      path: ${folder}/crm.db
      query: |
        SELECT id, nam AS name
        FROM clients WHERE last10 = :last10
`;

async function office(settings: (folder: string) => string, clients = CLIENTS) {
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-lookup-'));
  await writeFile(join(folder, 'clients.csv'), clients);
  await writeFile(join(folder, 'ringcue.yaml'), settings(folder));
  const database = new DatabaseSync(join(folder, 'crm.db'));
  database.exec('CREATE TABLE clients (id, name, last10)');
  database.close();
  /** Without the milliseconds and the folder's name. */
  const ask = async (...parameters: string[]) => {
    const [lines, complaints]: [string[], string[]] = [[], []];
    const code = await lookup({
      parameters,
      environment: { RINGCUE_CONFIG: join(folder, 'ringcue.yaml') },
      say: (line) => void lines.push(line),
      complain: (line) => void complaints.push(line),
    });
    const plain = (texts: string[]) =>
      texts
        .join('\n')
        .replaceAll(folder, '/srv')
        .replace(/\d+\.\d ms/g, '0.0 ms');
    return { code, text: plain(lines), complaint: plain(complaints) };
  };
  return { ask, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test('each step is told: the number’s forms, the sources, what is shown in both languages and opened', async () => {
  await using it = await office(SETTINGS);
  const { code, text } = await it.ask('9', '8', '(916)', '123-45-67', '--extension', '101');
  assert.equal(
    text,
    `Number
  as given     9 8 (916) 123-45-67
  rewritten    89161234567
  normal form  +79161234567
  for people   +7 916 123 45 67
  E.164        +79161234567
  national     9161234567
  digits       79161234567
  last ten     9161234567
Sources
  clients  knows 1 client, 0.0 ms
           17 Анна Петрова · VIP · manager 101 · Company: ООО "Ромашка" · Debt: 1 200 ₽
Shown
  en  VIP Анна Петрова
      +7 916 123 45 67 · incoming call
      VIP · your client
      Company: ООО "Ромашка" · Debt: 1 200 ₽
  ru  VIP Анна Петрова
      +7 916 123 45 67 · входящий звонок
      VIP · ваш клиент
      Company: ООО "Ромашка" · Debt: 1 200 ₽
Opened
  https://crm.example/17?by=101`,
  );
  assert.equal(code, 0);
});

test('several clients are a search, never a guess', async () => {
  await using it = await office(SETTINGS);
  const { text } = await it.ask('+74957770001');
  assert.match(text, /knows 2 clients/);
  assert.match(text, /2 clients have this number, Анна Петрова among them/);
  assert.match(text, /Opened\n {2}https:\/\/crm\.example\/search\?q=%2B74957770001$/);
});

test('the black list is told, and no name moves the cursor or turns the text', async () => {
  await using it = await office(SETTINGS);
  const { text } = await it.ask('88005553535');
  assert.match(text, /19 Spammer · black list/);
  assert.match(text, /in the popup only, no notification: black list/);
  assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Bidi_Control}]/u);
});

test('a colleague is known by the staff’s list', async () => {
  await using it = await office(
    (folder) =>
      `${SETTINGS(folder)}  staff: { type: sqlite, path: ${folder}/crm.db, query: "SELECT 1 AS id, 'Борис' AS name, '102' AS numbers" }\n`,
  );
  const { code, text } = await it.ask('102');
  assert.match(text, /Sources\n {2}staff {2}a colleague: Борис\n/);
  assert.match(text, /en {2}Борис\n {6}Internal call from 102/);
  assert.equal(code, 0);
});

test('a hidden number is not looked up', async () => {
  await using it = await office(SETTINGS);
  const { code, text } = await it.ask('anonymous');
  assert.match(text, /normal form {2}hidden\nSources\n {2}not asked: the number is hidden/);
  assert.equal(code, 1);
});

test('a bad row is told with file, line and column, a bad query with the query', async () => {
  await using it = await office(
    (folder) => SETTINGS(folder) + SQLITE(folder),
    'id;name;numbers\n17;Анна;89161234567\n18;Пётр;none\n',
  );
  const { code, text } = await it.ask('+79161234567');
  assert.match(text, /\/srv\/clients\.csv, line 3: column 3: number 1 of the row is not a phone number/);
  assert.match(
    text,
    /sqlite {3}directory\.bad-query, 0\.0 ms\n +SQLite: no such column: nam\n +in the query:\n +SELECT id, nam AS name\n +FROM clients WHERE last10 = :last10\n/,
  );
  assert.equal(code, 1, 'although Anna is found');
});

test('a list that cannot be used is told as that, not as one that knows nobody', async () => {
  await using it = await office(
    (folder) =>
      `${SETTINGS(folder)}  sources:\n    - { type: sqlite, name: book, mode: snapshot, path: ${folder}/crm.db, query: "SELECT 1 AS id, 'Anna' AS name, 7 AS phone" }\n`,
  );
  const { code, text } = await it.ask('+79161111111');
  assert.match(
    text,
    /book {5}directory\.bad-answer, [\d.]+ ms\n +no client has a number: .* phone as numbers\),.*TEL\n/,
  );
  assert.equal(code, 1);
});

test('programs read the same as JSON', async () => {
  await using it = await office(SETTINGS);
  const { text } = await it.ask('--json', '89161234567');
  const told = JSON.parse(text) as Record<string, unknown> & {
    shown: { words: { en: { title: string } }; opens: string };
    steps: { outcome: string; clients: { id: string }[] }[];
  };
  assert.equal(told['number'], '+79161234567');
  assert.equal(told.shown.words.en.title, 'VIP Анна Петрова');
  assert.equal(told.shown.opens, 'https://crm.example/17?by=');
  assert.deepEqual(
    told.steps.map(({ outcome, clients }) => [outcome, clients.map(({ id }) => id)]),
    [['found', ['17']]],
  );
});

test('without a number, or with an option that is none, it says how it is used', async () => {
  await using it = await office(SETTINGS);
  for (const parameters of [[], ['--jsn', '1']]) {
    const { code, complaint } = await it.ask(...parameters);
    assert.equal(code, 64);
    assert.match(complaint, /Usage: ringcue lookup NUMBER \[--extension 101\] \[--json\]/);
  }
});

test('a wrong configuration is told as at the start of the relay', async () => {
  await using it = await office((folder) => `${SETTINGS(folder)}  cardURL: x\n`);
  const { code, complaint } = await it.ask('1');
  assert.equal(code, 78);
  assert.match(complaint, /\/srv\/ringcue\.yaml: directory\.cardURL is not a setting/);
  assert.doesNotMatch(complaint, /hunter2/);
});

test('a CRM whose certificate the company signed itself is asked where the relay knows that authority', async () => {
  await using authority = await createAuthority();
  const { cert, key } = await authority.sign('crm');
  const server = createServer({ cert: await readFile(cert), key: await readFile(key) }, (_, response) =>
    response.end('{"clients": [{"id": 1, "name": "Анна"}]}'),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/?phone={e164}`;
  const file = join(authority.folder, 'ringcue.yaml');
  await writeFile(
    file,
    `ami: {host: 127.0.0.1, username: x, secret: x}\nauth: open\ncountry: RU\ndirectory:\n  sources:\n    - {type: http, url: '${url}', answer: {clients: 'clients[]'}}\n`,
  );
  const ask = async (more: Record<string, string>): Promise<string> => {
    const main = fileURLToPath(new URL('../../relay/main.ts', import.meta.url));
    const env = { RINGCUE_CONFIG: file, ...more };
    const asked = promisify(execFile)(process.execPath, [main, 'lookup', '+79161234567'], {
      ...{ env, timeout: 20_000 },
    });
    return asked.then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { stdout: string }).stdout,
    );
  };
  try {
    assert.match(await ask({ NODE_EXTRA_CA_CERTS: authority.caFile }), /Анна/);
    assert.doesNotMatch(await ask({}), /Анна/);
  } finally {
    server.close();
  }
});
