// Every way in which a source may fail, for each kind of source, all in one relay and one ring: the ring's line is out before
// any of them has answered, each is told in one clear line of the log and counted, and the good source behind them all still
// says who it is.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { event, snapshot, startFakePbx } from '../relay/fake-pbx.ts';
import { startRelay } from '../relay/relay-process.ts';
import { waitFor } from '../relay/wait.ts';
import { watch } from '../relay/watcher.ts';
import {
  closedPort,
  startBrokenServer,
  startClosing,
  startHanging,
  startHttp,
  startNonsense,
} from './broken-servers.ts';
import { makeSqlite, startMariadb, startPostgres } from './databases.ts';

/** What became of the question; `detail`: what the log says. A fault that is none in the end is `nobody` or `found`. */
type Case = { name: string; source: string; outcome: string; detail: RegExp | null };

const DEADLINE_MS = 25_000;
const LIMITS = 'softMs: 300, hardMs: 2000';
let folder = '';
before(async () => void (folder = await mkdtemp(join(tmpdir(), 'ringcue-faults-'))));
after(() => rm(folder, { recursive: true }));

const source = (name: string, settings: Record<string, string | number>): string =>
  `{name: ${name}, ${LIMITS}, ${Object.entries(settings)
    .map(
      ([key, value]) =>
        `${key}: ${typeof value === 'number' || value.startsWith('{') ? value : JSON.stringify(value)}`,
    )
    .join(', ')}}`;

/** One relay with all these sources, and a good one at their end; one ring. */
async function ringThrough(cases: readonly Case[]): Promise<void> {
  await using pbx = await startFakePbx();
  await using good = await makeSqlite();
  await good.run(`insert into clients (id, name, last10) values (1, 'Анна Петрова', '9161234567')`);
  const goodOne = source('good', {
    type: 'sqlite',
    path: good.access.path,
    query: 'select id, name from clients where last10 = :last10',
  });
  const file = join(folder, 'ringcue.yaml');
  const list = [...cases.map((one) => one.source), goodOne].map((one) => `    - ${one}\n`).join('');
  await writeFile(file, `directory:\n  sources:\n${list}`);
  await using relay = await startRelay(pbx.account, { RINGCUE_CONFIG: file });
  await relay.isReady();
  await using watcher = await watch(relay.feedUrl, '101');

  const ring = snapshot({ ConnectedLineNum: '89161234567' });
  pbx.session().send(event('Newchannel', { ...ring, ChannelState: 5 }));
  pbx.rows = [ring];
  const { call } = await watcher.isTold(({ state }) => state === 'ringing', 'that it rings');
  assert.equal(call.party.client, null, 'the ring is told before any source has answered');
  await waitFor(
    () => watcher.told.some(({ call: later }) => later.party.client?.name === 'Анна Петрова'),
    DEADLINE_MS,
    () => `the good source was not heard; the relay logged ${JSON.stringify(relay.log)}`,
  );
  for (const { name, outcome, detail } of cases) {
    if (detail === null) continue;
    const line = await relay.logs(
      ({ msg, source: told }) => msg === 'directory: source fails' && told === name,
      `that ${name} fails`,
    );
    assert.equal(line['code'], outcome, `${name}: ${String(line['detail'])}`);
    assert.match(String(line['detail']), detail, name);
  }
  const lines: string[] = relay.log
    .filter(({ msg }) => msg === 'directory: source fails')
    .map((line) => String(line['source']));
  assert.equal(new Set(lines).size, lines.length, 'each once');
  const metrics = await (await fetch(`http://${relay.address}/metrics`)).text();
  for (const { name, outcome } of cases)
    assert.ok(
      metrics.includes(`ringcue_directory_lookups_total{source="${name}",outcome="${outcome}"} 1`),
      `${name}: ${outcome}`,
    );
  assert.doesNotMatch(JSON.stringify(relay.log), /9161234567|Анна|-secret/);
  assert.equal(relay.child.exitCode, null);
  assert.equal(await relay.stop(), 0);
}

for (const [type, start] of [
  ['postgres', startPostgres],
  ['mysql', startMariadb],
] as const)
  test(`${type}: down, slow, hanging, nonsense, closing, refused, wrong, huge`, async () => {
    await using database = await start();
    await using hanging = await startHanging();
    await using nonsense = await startNonsense();
    await using closing = await startClosing();
    const { user, password, database: name, port, host } = database.access;
    const access = {
      type,
      host,
      port,
      user,
      password,
      database: name,
      query: 'select id, name from clients where phones = :e164',
    };
    const sleep = type === 'postgres' ? 'pg_sleep(1)' : 'sleep(1)';
    const from = type === 'postgres' ? '' : ' from dual';
    await ringThrough([
      {
        name: 'down',
        source: source('down', { ...access, port: await closedPort() }),
        outcome: 'directory.unreachable',
        detail: /ECONNREFUSED/,
      },
      {
        name: 'slow',
        source: source('slow', {
          ...access,
          query: `select 1 as id, 'x' as name from (select ${sleep} as s) as t where :e164 = ''`,
        }),
        outcome: 'nobody',
        detail: null,
      },
      {
        name: 'hanging',
        source: source('hanging', { ...access, port: hanging.port }),
        outcome: 'directory.timeout',
        detail: /did not answer|timeout/i,
      },
      {
        name: 'nonsense',
        source: source('nonsense', { ...access, port: nonsense.port }),
        outcome: 'directory.timeout',
        detail: /./,
      },
      {
        name: 'closing',
        source: source('closing', { ...access, port: closing.port }),
        outcome: 'directory.unreachable',
        detail: /./,
      },
      {
        name: 'refused',
        source: source('refused', { ...access, password: 'wrong-secret' }),
        outcome: 'directory.refused',
        detail: /password|denied/,
      },
      {
        name: 'wrong',
        source: source('wrong', { ...access, query: 'select id, name from kunden where phones = :e164' }),
        outcome: 'directory.bad-query',
        detail: /kunden/,
      },
      {
        name: 'huge',
        source: source('huge', {
          ...access,
          query: `select 1 as id, repeat('x', 10000000) as name${from} where :e164 <> ''`,
        }),
        outcome: 'directory.too-large',
        detail: /more than 1024 KiB/,
      },
    ]);
  });

test('sqlite: gone, hanging, nonsense, wrong, locked', async () => {
  await using database = await makeSqlite();
  const nonsense = join(folder, 'nonsense.sqlite');
  await writeFile(nonsense, 'SQLite format 3\u0000'.padEnd(8_192, 'nonsense'));
  const query = 'select id, name from clients where phones = :e164';
  const at = (name: string, path: string, text = query): string =>
    source(name, { type: 'sqlite', path, query: text });
  const endless = `with recursive n(n) as (select 1 union all select n + 1 from n) select max(n) as id, 'x' as name from n where :e164 <> ''`;
  await ringThrough([
    {
      name: 'gone',
      source: at('gone', join(folder, 'gone.sqlite')),
      outcome: 'directory.unreachable',
      detail: /ENOENT/,
    },
    {
      name: 'hanging',
      source: at('hanging', database.access.path, endless),
      outcome: 'directory.timeout',
      detail: /did not answer/,
    },
    {
      name: 'nonsense',
      source: at('nonsense', nonsense),
      outcome: 'directory.bad-answer',
      detail: /malformed|not a database/,
    },
    {
      name: 'wrong',
      source: at('wrong', database.access.path, 'select id, name from kunden where p = :e164'),
      outcome: 'directory.bad-query',
      detail: /kunden/,
    },
    {
      name: 'folder',
      source: at('folder', folder),
      outcome: 'directory.unreachable',
      detail: /disk I\/O error|unable to open/,
    },
  ]);
});

test('http: down, hanging, nonsense, closing, refused, wrong, flooding, slow headers', async () => {
  await using hanging = await startHanging();
  await using nonsense = await startNonsense();
  await using closing = await startHttp((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"clients":[{');
    setImmediate(() => socket.resetAndDestroy());
  });
  const status = (line: string) =>
    startHttp((socket) => socket.end(`HTTP/1.1 ${line}\r\nContent-Length: 2\r\n\r\n{}`));
  await using refused = await status('401 Unauthorized');
  await using wrong = await status('404 Not Found');
  await using flooding = await startHttp((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const more = (): void => {
      while (socket.writable && socket.write(' '.repeat(65_536)));
    };
    socket.on('drain', more);
    more();
  });
  await using dripping = await startBrokenServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('X: y\r\n'), 50);
      socket.on('close', () => clearInterval(timer));
    });
  });
  const at = (name: string, port: number): string =>
    source(name, {
      type: 'http',
      url: `http://127.0.0.1:${port}/find?phone={e164}`,
      answer: `{clients: 'clients[]'}`,
    });
  await ringThrough([
    {
      name: 'down',
      source: at('down', await closedPort()),
      outcome: 'directory.unreachable',
      detail: /ECONNREFUSED/,
    },
    {
      name: 'hanging',
      source: at('hanging', hanging.port),
      outcome: 'directory.timeout',
      detail: /did not answer/,
    },
    { name: 'nonsense', source: at('nonsense', nonsense.port), outcome: 'directory.bad-answer', detail: /./ },
    { name: 'closing', source: at('closing', closing.port), outcome: 'directory.unreachable', detail: /./ },
    { name: 'refused', source: at('refused', refused.port), outcome: 'directory.refused', detail: /401/ },
    { name: 'wrong', source: at('wrong', wrong.port), outcome: 'directory.bad-query', detail: /404/ },
    {
      name: 'flooding',
      source: at('flooding', flooding.port),
      outcome: 'directory.too-large',
      detail: /256 KiB/,
    },
    {
      name: 'dripping',
      source: at('dripping', dripping.port),
      outcome: 'directory.timeout',
      detail: /did not answer/,
    },
  ]);
});

test('a source that comes and goes is told each time it goes and comes', async () => {
  await using pbx = await startFakePbx();
  let isWell = true;
  await using flapping = await startHttp((socket) => {
    const body = '{"clients":[{"id":1,"name":"x"}]}';
    if (isWell)
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    else socket.resetAndDestroy();
  });
  const file = join(folder, 'flapping.yaml');
  const one = source('crm', {
    type: 'http',
    url: `http://127.0.0.1:${flapping.port}/?p={e164}`,
    answer: `{clients: 'clients[]'}`,
  });
  await writeFile(file, `directory:\n  cacheMinutes: 0\n  sources:\n    - ${one}\n`);
  await using relay = await startRelay(pbx.account, { RINGCUE_CONFIG: file });
  await relay.isReady();
  await using watcher = await watch(relay.feedUrl, '101');
  const count = (msg: string): number => relay.log.filter((line) => line.msg === msg).length;
  for (const n of [1, 2, 3, 4]) {
    isWell = n % 2 === 0;
    const ids = {
      Uniqueid: `1700000000.${n}`,
      Linkedid: `1700000000.${n}`,
      Channel: `PJSIP/101-0000000${n}`,
    };
    pbx.rows = [snapshot({ ...ids, ConnectedLineNum: '89161234567' })];
    await watcher.isTold(({ id, state }) => id === ids.Uniqueid && state === 'ringing', `call ${n}`);
    const msg = isWell ? 'directory: source answers again' : 'directory: source fails';
    await waitFor(
      () => count(msg) === Math.ceil(n / 2),
      8_000,
      () => `${msg} was not logged a ${Math.ceil(n / 2)}. time: ${JSON.stringify(relay.log)}`,
    );
  }
});
