// The company's own database, three real ones: clients are found, nothing that a stranger says becomes SQL, nothing is
// written, and no answer is larger than it may be.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { SourceConfig } from '../../relay/config-directory.ts';
import { prepareQuery } from '../../relay/directory/named-parameters.ts';
import { openSource } from '../../relay/directory/open-source.ts';
import { queryFor } from '../../relay/directory/query.ts';
import type { Client, Source } from '../../relay/directory/source.ts';
import { makeSqlite, startMariadb, startPostgres } from './databases.ts';
import type { Database } from './databases.ts';

const LAST10 = {
  postgres: `right(regexp_replace(phones, '\\D', '', 'g'), 10)`,
  mysql: 'last10',
  sqlite: 'last10',
};
const COLUMNS = 'id, name, phones as numbers, vip, manager, company';

function configFor(database: Database, query: string, mode: 'live' | 'snapshot' = 'live'): SourceConfig {
  const prepared = prepareQuery(query, database.type);
  assert.ok(typeof prepared !== 'string', JSON.stringify(prepared));
  const limits = { softMs: 800, hardMs: 3_000, everyMinutes: 15 };
  return {
    name: 'crm',
    type: database.type,
    mode,
    query,
    prepared,
    ...limits,
    ...database.access,
  } as SourceConfig;
}

const open = (config: SourceConfig): Promise<Source> =>
  openSource(config, {
    country: 'RU',
    fields: ['company'],
    folder: null,
    wallClock: Date.now,
    random: Math.random,
    onList: () => undefined,
    onSnapshot: (_, told) => told.type === 'fault' && console.error(told),
  });

async function ask(database: Database, query: string, number: string): Promise<readonly Client[]> {
  const source = await open(configFor(database, query));
  try {
    return await source.find(queryFor(number), AbortSignal.timeout(20_000));
  } finally {
    await source.stop();
  }
}
const named = async (...parameters: Parameters<typeof ask>): Promise<string[]> =>
  (await ask(...parameters)).map(({ name }) => name);

for (const [type, start] of [
  ['postgres', startPostgres],
  ['mysql', startMariadb],
  ['sqlite', makeSqlite],
] as const)
  describe(type, () => {
    let database: Database;
    const byLast10 = `select ${COLUMNS} from clients where ${LAST10[type]} = :last10 -- by the index`;
    before(async () => {
      database = await start();
      const rows = [
        `(1, 'Анна Петрова', '8 (916) 123-45-67', true, '101', 'ООО "Ромашка"')`,
        `(2, 'O''Brien; drop table clients', '+44 20 7946 0958', false, null, null)`,
        `(3, 'Общий один', '+7 916 000-00-00', false, null, null)`,
        `(4, 'Общий два', '89160000000', false, null, null)`,
      ];
      await database.run(
        `insert into clients (id, name, phones, vip, manager, company) values ${rows.join(', ')}`,
        ...(type === 'sqlite'
          ? [
              `update clients set last10 = substr(replace(replace(replace(replace(replace(phones,' ',''),'(',''),')',''),'-',''),'+',''), -10)`,
            ]
          : []),
      );
    });
    after(() => database[Symbol.asyncDispose]());

    test('a client is found by the last ten digits, with his fields, mark and manager', async () => {
      assert.deepEqual(await ask(database, byLast10, '+79161234567'), [
        {
          id: '1',
          name: 'Анна Петрова',
          numbers: ['+79161234567'],
          url: null,
          image: null,
          fields: { company: 'ООО "Ромашка"' },
          manager: '101',
          isVip: true,
        },
      ]);
    });

    test('several clients with one number are all told, nobody is told for another', async () => {
      assert.deepEqual(await named(database, byLast10, '+79160000000'), ['Общий один', 'Общий два']);
      assert.deepEqual(await named(database, byLast10, '+79169999999'), []);
      assert.deepEqual(await named(database, byLast10, '101'), [], 'it has no ten digits');
    });

    test('each form of the number can be asked for, also several times', async () => {
      const query = `select id, name from clients where name like 'Анна%' and (:e164 = '+79161234567' and :national = '9161234567'
        and :digits = '79161234567' and :last10 = '9161234567' and :extension is null and :e164 is not null)`;
      const typed = type === 'postgres' ? query.replace(/(:extension|:e164)( is)/g, '$1::text$2') : query;
      assert.deepEqual(await named(database, typed, '+79161234567'), ['Анна Петрова']);
    });

    for (const evil of [
      `' or '1'='1`,
      `'; drop table clients; --`,
      `\\' or 1=1 -- `,
      `") or ("1"="1`,
      '%',
      `:last10`,
      `$1`,
      `'||pg_sleep(9)||'`,
      `' union select 1, name, phones, vip, manager, company from clients -- `,
      'Иван\u0000',
    ])
      test(`a caller who calls himself ${JSON.stringify(evil)} finds nobody and harms nothing`, async () => {
        const query = `select ${COLUMNS} from clients where phones = :e164 or name = :digits or phones = :national`;
        const raw = {
          ...queryFor('+79161234567'),
          number: evil,
          e164: evil,
          national: evil,
          digits: evil,
          last10: evil,
        };
        const source = await open(configFor(database, query));
        // PostgreSQL takes no zero byte in a text, and says so; the other two find nobody.
        const found = await Promise.resolve(source.find(raw, AbortSignal.timeout(5_000))).catch(() => []);
        await source.stop();
        assert.deepEqual(found, []);
        assert.equal((await named(database, byLast10, '+79161234567')).length, 1, 'the table is there');
      });

    test('a client with SQL in his name is a client', async () => {
      assert.deepEqual(await named(database, byLast10, '+442079460958'), [`O'Brien; drop table clients`]);
    });

    test('a query that would write is refused', async () => {
      for (const query of [
        `insert into clients (id, name, phones) values (9, :e164, 'x')`,
        `update clients set name = :e164`,
        `delete from clients where phones <> :e164`,
        `with gone as (delete from clients where phones <> :e164 returning *) select * from gone`,
      ])
        await assert.rejects(ask(database, query, '+79161234567'), { code: 'directory.bad-query' });
      assert.equal((await named(database, byLast10, '+79161234567')).length, 1);
    });

    test('of a million rows no more is taken than an answer may hold', async () => {
      const numbers = {
        postgres: 'generate_series(1, 1000000) as n(n)',
        mysql: `(select row_number() over () as n from ${Array.from({ length: 10 }, (_, n) => `clients c${n}`).join(', ')}) as n`,
        sqlite:
          '(with recursive n(n) as (select 1 union all select n + 1 from n limit 1000000) select n from n) as n',
      }[type];
      const found = await ask(
        database,
        `select n as id, 'Клиент' as name from ${numbers} where :e164 <> ''`,
        '+79161234567',
      );
      assert.equal(found.length, 20);
    });

    test('a name of 10 MB is cut, or its answer given up', async () => {
      const long = {
        postgres: `repeat('я', 5000000)`,
        mysql: `repeat('я', 5000000)`,
        sqlite: `replace(hex(zeroblob(5000000)), '0', 'я')`,
      }[type];
      const found = await ask(
        database,
        `select 1 as id, ${long} as name where :e164 <> ''`,
        '+79161234567',
      ).catch((error: unknown) => (error as { code: string }).code);
      if (typeof found === 'string') assert.equal(found, 'directory.too-large');
      else assert.ok((found[0]?.name.length ?? 999) <= 200);
    });

    test('what is no client is told in words, with the fault of the database and without anybody’s number', async () => {
      for (const [query, code, words] of [
        [`select id, nmae as name from clients where phones = :e164`, 'directory.bad-query', /nmae/],
        [`select id, name from kunden where phones = :e164`, 'directory.bad-query', /kunden/],
        [`select id from clients where phones <> :e164`, 'directory.bad-answer', /no name/],
        [`select name from clients where phones <> :e164`, 'directory.bad-answer', /no id/],
      ] as const)
        await assert.rejects(ask(database, query, '+79161234567'), (error: Error & { code: string }) => {
          assert.equal(error.code, code, error.message);
          assert.match(error.message, words);
          assert.doesNotMatch(error.message, /9161234567/);
          return true;
        });
    });

    test('the whole list is held in memory as a snapshot', async () => {
      const source = await open(configFor(database, `select ${COLUMNS} from clients`, 'snapshot'));
      const found = await source.find(queryFor('+79161234567'), AbortSignal.timeout(1_000));
      assert.deepEqual(
        [source.size(), found.map(({ name, isVip }) => [name, isVip])],
        [4, [['Анна Петрова', true]]],
      );
      await source.stop();
    });
  });
