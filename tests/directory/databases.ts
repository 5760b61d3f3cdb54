// Real databases for the tests: PostgreSQL, MariaDB and SQLite with a table of clients, and an account that may only read it.
// Called by the tests of the directory and its benchmark.
import { writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { DatabaseAccess } from '../../relay/directory/postgres.ts';
import { DATABASE_PACKAGES, preparePackages } from '../setup/packages.ts';
import { freePort, ownFolder, runAs, runnerNamed, startServer } from './server-process.ts';

export type Database = AsyncDisposable & {
  type: 'postgres' | 'mysql' | 'sqlite';
  /** What the relay is told, as lines of its YAML. */
  access: DatabaseAccess | { path: string };
  /** Changes it, as its owner. */
  run(...statements: string[]): Promise<void>;
};

const SECRET = 'reader-secret';
const OWNER_SECRET = 'owner-secret';

export const prepareDatabases = (): Promise<void> => preparePackages(DATABASE_PACKAGES, () => undefined);

export async function startPostgres(): Promise<Database & { access: DatabaseAccess }> {
  await prepareDatabases();
  const runner = await runnerNamed('postgres');
  const folder = await ownFolder('postgres', runner);
  const port = await freePort();
  const [version = '15'] = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
  const binaries = `/usr/lib/postgresql/${version}/bin`;
  const data = join(folder, 'data');
  const secret = join(folder, 'secret');
  await writeFile(secret, OWNER_SECRET, { mode: 0o644 });
  await runAs(runner, `${binaries}/initdb`, [
    ...['-D', data, '-U', 'owner', '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    `--pwfile=${secret}`,
  ]);
  const settings = [
    'fsync=off',
    'max_connections=40',
    `unix_socket_directories=${folder}`,
    'shared_buffers=128MB',
  ];
  const parameters = ['-D', data, '-p', String(port), '-h', '127.0.0.1'];
  const server = await startServer(
    runner,
    `${binaries}/postgres`,
    [...parameters, ...settings.flatMap((one) => ['-c', one])],
    { port, folder, signal: 'SIGINT' },
  );
  const access = { host: '127.0.0.1', port, user: 'ringcue', password: SECRET, database: 'crm', tls: false };
  const asOwner = async (database: string, statements: readonly string[]): Promise<void> => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'owner',
      password: OWNER_SECRET,
      database,
    });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await whenReady(() => asOwner('postgres', ['select 1']), server.stop);
  await asOwner('postgres', [`create role ringcue login password '${SECRET}'`, 'create database crm']);
  await asOwner('crm', [
    'create table clients (id bigint primary key, name text, phones text, vip boolean, manager text, company text)',
    // relay/directory/README.md: the index for the last ten digits
    `create index clients_last10 on clients (right(regexp_replace(phones, '\\D', '', 'g'), 10))`,
    'grant select on clients to ringcue',
  ]);
  return {
    type: 'postgres',
    access,
    run: (...statements) => asOwner('crm', statements),
    [Symbol.asyncDispose]: server.stop,
  };
}

export async function startMariadb(): Promise<Database & { access: DatabaseAccess }> {
  await prepareDatabases();
  const runner = await runnerNamed('mysql');
  const folder = await ownFolder('mariadb', runner);
  const port = await freePort();
  const data = join(folder, 'data');
  await runAs(runner, 'mariadb-install-db', [
    ...['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
  ]);
  const server = await startServer(
    runner,
    'mariadbd',
    [
      ...['--no-defaults', `--datadir=${data}`, `--port=${port}`, '--bind-address=127.0.0.1'],
      ...[`--socket=${join(folder, 'socket')}`, `--pid-file=${join(folder, 'pid')}`, '--skip-log-bin'],
      ...['--innodb-flush-log-at-trx-commit=0', '--character-set-server=utf8mb4', '--skip-name-resolve'],
    ],
    { port, folder, signal: 'SIGTERM' },
  );
  const asOwner = async (database: string | undefined, statements: readonly string[]): Promise<void> => {
    const connection = await createConnection({
      host: '127.0.0.1',
      port,
      user: 'root',
      ...(database && { database }),
    });
    try {
      for (const statement of statements) await connection.query(statement);
    } finally {
      await connection.end();
    }
  };
  await whenReady(() => asOwner(undefined, ['select 1']), server.stop);
  await asOwner(undefined, ['create database crm']);
  await asOwner('crm', [
    `create table clients (id bigint primary key, name text, phones varchar(200), vip boolean, manager varchar(20), company text,
      last10 char(10) as (right(regexp_replace(phones, '[^0-9]', ''), 10)) stored, index (last10))`,
    `create user ringcue@'%' identified by '${SECRET}'`,
    `grant select on crm.clients to ringcue@'%'`,
  ]);
  return {
    type: 'mysql',
    access: { host: '127.0.0.1', port, user: 'ringcue', password: SECRET, database: 'crm', tls: false },
    run: (...statements) => asOwner('crm', statements),
    [Symbol.asyncDispose]: server.stop,
  };
}

/** It listens a little before it answers. */
async function whenReady(attempt: () => Promise<void>, giveUp: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      await attempt();
      return;
    } catch (error) {
      if (tries === 200) {
        await giveUp();
        throw error;
      }
      await sleep(100);
    }
}

export async function makeSqlite(): Promise<Database & { access: { path: string } }> {
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-sqlite-'));
  const path = join(folder, 'crm.sqlite');
  const run = (...statements: string[]): Promise<void> => {
    const database = new DatabaseSync(path);
    for (const statement of statements) database.exec(statement);
    database.close();
    return Promise.resolve();
  };
  await run(
    'create table clients (id integer primary key, name text, phones text, vip integer, manager text, company text, last10 text)',
    'create index clients_last10 on clients (last10)',
  );
  return {
    type: 'sqlite',
    access: { path },
    run,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
