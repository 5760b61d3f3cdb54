// The configuration of where clients are found: what IT may write, and what it is told when it is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../relay/config.ts';

const SHARED = 'auth: open\ncountry: RU\nami: { host: pbx, username: u, secret: s }\ndirectory:\n';
const SECRETS: Record<string, string> = { '/run/db': 'hunter2\n' };
const read = (yaml: string, environment: Record<string, string> = {}) =>
  readConfig({ RINGCUE_CONFIG: '/c', ...environment }, (path) => {
    const text = path === '/c' ? SHARED + yaml : SECRETS[path];
    if (text === undefined) throw new Error(`ENOENT: '${path}'`);
    return text;
  });
function problemsOf(yaml: string): string[] {
  const result = read(yaml);
  assert.ok('problems' in result, 'there should be problems');
  return result.problems;
}
function configOf(yaml: string, environment: Record<string, string> = {}) {
  const result = read(yaml, environment);
  assert.ok('config' in result, JSON.stringify(result));
  return result.config;
}

const EVERY_KIND = `
  fields: [company, debt]
  sources:
    - type: postgres
      host: db.example
      user: ringcue
      passwordFile: /run/db
      database: crm
      query: select id, name from clients where last10 = :last10
    - { type: mysql, mode: snapshot, host: db, user: u, password: p, database: d, query: 'select id, name, phones as numbers from c' }
    - { type: sqlite, path: /srv/crm.sqlite, query: 'select id, name from c where p = :e164' }
    - { type: http, name: bitrix, preset: bitrix24, base: 'https://x.bitrix24.ru/rest/1', secretFile: /run/db }
    - type: http
      url: https://crm.example/find?phone={e164}
      headers: { Authorization: 'Bearer {secret}' }
      secretFile: /run/db
      answer: { clients: 'data[]', name: [first, last], numbers: 'phones[].value', fields: { company: company.name } }
    - { type: csv, path: /srv/clients.csv }
    - { type: vcard, path: /srv/clients.vcf, everyMinutes: 5 }
    - { type: carddav, url: 'https://cloud.example/dav/book/', user: u, secretFile: /run/db }
  staff: { type: csv, path: /srv/staff.csv }
`;

test('every kind of source is taken, in its order, each with a name', () => {
  const { directory, directoryFields } = configOf(EVERY_KIND);
  assert.deepEqual(directoryFields, ['company', 'debt']);
  assert.deepEqual(
    directory.sources.map(({ name, type, mode }) => `${name} ${type} ${mode}`),
    [
      'postgres postgres live',
      'mysql mysql snapshot',
      'sqlite sqlite live',
      'bitrix http live',
      'http-2 http live',
      'csv csv snapshot',
      'vcard vcard snapshot',
      'carddav carddav snapshot',
    ],
  );
  const [postgres, , , bitrix] = directory.sources;
  assert.ok(postgres?.type === 'postgres' && bitrix?.type === 'http');
  assert.deepEqual(
    [postgres.password, postgres.port, postgres.prepared.sql, postgres.softMs, postgres.hardMs],
    ['hunter2', 5432, 'select id, name from clients where last10 = $1', 800, 3_000],
  );
  assert.equal(bitrix.question.url, 'https://x.bitrix24.ru/rest/1/{secret}/batch.json');
  assert.deepEqual([directory.staff?.name, directory.staff?.type], ['staff', 'csv']);
});

test('the fields may be named in the environment, too', () => {
  assert.deepEqual(
    configOf('  cacheMinutes: 0\n', { RINGCUE_DIRECTORY_FIELDS: 'company, debt,company' }).directoryFields,
    ['company', 'debt'],
  );
});

const postgres = (line: string) =>
  `  sources:\n    - {type: postgres, host: db, user: u, password: hunter2, database: d, ${line}}\n`;
for (const [what, yaml, problem] of [
  ['no list', '  sources: crm\n', /^\/c: directory\.sources must be a list of at most \d+, each beginning/],
  [
    'no type',
    '  sources:\n    - path: /x\n',
    /^\/c: directory\.sources\[0\]\.type must be csv, postgres, mysql/,
  ],
  ['an unknown type', '  sources:\n    - type: oracle\n', /must be csv, postgres/],
  ['what is no table', '  sources:\n    - crm\n', /^\/c: directory\.sources\[0\]/],
  [
    'a query that is missing',
    '  sources:\n    - {type: sqlite, path: /x}\n',
    /\[0\]\.query is missing: the SELECT/,
  ],
  [
    'a parameter that is not known',
    postgres('query: "select 1 where a = :phone"'),
    /\[0\]\.query line 1, column 20 of the query: :phone is not known; known: :e164/,
  ],
  [
    'a live query that asks for no number',
    postgres('query: select 1'),
    /\[0\]\.query asks for no number: use one of :e164/,
  ],
  [
    'a snapshot that asks for one',
    postgres('mode: snapshot, query: "select :e164"'),
    /\[0\]\.query of a snapshot gives all clients/,
  ],
  [
    'a mode that is none',
    postgres('mode: often, query: "select :e164"'),
    /\[0\]\.mode must be live or snapshot/,
  ],
  ['a setting of another kind', postgres('path: /x, query: "select :e164"'), /Unrecognized key|path/],
  [
    'a list that cannot be asked',
    '  sources:\n    - {type: vcard, mode: live, path: /x}\n',
    /mode must be snapshot/,
  ],
  [
    'a soft limit of nothing',
    postgres('softMs: 1, query: "select :e164"'),
    /softMs must be a whole number from 50/,
  ],
  [
    'a preset that is none',
    '  sources:\n    - {type: http, preset: sap, base: "https://x"}\n',
    /preset must be one of bitrix24, amocrm/,
  ],
  [
    'a preset without an address',
    '  sources:\n    - {type: http, preset: amocrm}\n',
    /\[0\]\.base is missing/,
  ],
  [
    'an address without an answer',
    '  sources:\n    - {type: http, url: "https://x/{e164}"}\n',
    /\[0\]\.answer is missing/,
  ],
  [
    'an address with a value in its host',
    '  sources:\n    - {type: http, url: "https://{e164}.x/", answer: {clients: a}}\n',
    /\[0\]\.url must begin/,
  ],
  [
    'a place that is none',
    '  sources:\n    - {type: http, url: "https://x/{e164}", answer: {clients: "a["}}\n',
    /"a\[" is not a place in JSON/,
  ],
  [
    'two with one name',
    '  sources:\n    - {type: csv, name: a, path: /x}\n    - {type: csv, name: a, path: /y}\n',
    /\[1\]\.name is the same/,
  ],
  [
    'the name of another list',
    '  sources:\n    - {type: csv, name: staff, path: /x}\n',
    /\[0\]\.name is the name of another list/,
  ],
  [
    'a secret that cannot be read',
    '  sources:\n    - {type: carddav, url: "https://x/", secretFile: /gone}\n',
    /\[0\]\.secretFile: ENOENT/,
  ],
  ['a staff that is nothing', '  staff: yes\n', /directory\.staff/],
  ['too many fields', '  fields: [a, b, c, d, e, f, g, h, i]\n', /directory\.fields.* lists more than 8/],
  ['a field that is no extra one', '  fields: [name]\n', /directory\.fields\.0 is sent anyway/],
] as const)
  test(`${what} is told as ${String(problem)}`, () => {
    const problems = problemsOf(yaml);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
    assert.doesNotMatch(problems[0] ?? '', /hunter2/);
  });

test('all faults of all sources are told at once', () => {
  const problems = problemsOf(
    '  sources:\n    - {type: csv}\n    - {type: sqlite, path: /x, query: "?"}\n    - {type: x}\n',
  );
  assert.equal(problems.length, 3, problems.join('\n'));
});
