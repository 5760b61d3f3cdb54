// `npm run bench -- directory`: a million clients in a real PostgreSQL, asked at the ring and held in memory; and the way of a
// ring past a directory that never answers, against a relay without one. Called by `tests/run.ts`.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SourceConfig } from '../../relay/config-directory.ts';
import { prepareQuery } from '../../relay/directory/named-parameters.ts';
import { openKept, openSource } from '../../relay/directory/open-source.ts';
import { queryFor } from '../../relay/directory/query.ts';
import type { SnapshotTold } from '../../relay/directory/snapshot.ts';
import type { Query, Source } from '../../relay/directory/source.ts';
import { startHanging } from '../directory/broken-servers.ts';
import { startPostgres } from '../directory/databases.ts';
import { playCall, startOurs } from './latency.ts';
import { formatTable, judge, quantile } from './table.ts';

const CLIENTS = 1_000_000;
const LIVE_QUESTIONS = 4_000;
/** Each round asks for so many clients, all over the list, so that no cache holds what they touch. */
const MEMORY_QUESTIONS = 250_000;
const MEMORY_ROUNDS = 4;
const ROUNDS = 10;
/** Three figures a call: a p99 of fewer scatters by more than what is to be seen. */
const CALLS_A_ROUND = 1_000;
const WARM_UP_CALLS = 300;
const GOAL = { liveP99Ms: 5, loadSeconds: 5, megabytes: 250, lookUpNs: 1_000, ringRatio: 1.1 };
const NEVER = new AbortController().signal;

type Print = (text: string) => void;

/** Prints the figures; the exit code. */
export async function benchDirectory(print: Print): Promise<number> {
  const isFast = await benchDatabase(print);
  const isOnTime = await benchRing(print);
  return isFast && isOnTime ? 0 : 1;
}

async function benchDatabase(print: Print): Promise<boolean> {
  await using database = await startPostgres();
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-bench-'));
  print(`${CLIENTS} clients are put into PostgreSQL …`);
  await database.run(
    'drop index clients_last10',
    `insert into clients (id, name, phones, company) select n, 'Клиент Иванович ' || n, '+7' || (9160000000 + n * 7), 'ООО Ромашка'
      from generate_series(1, ${CLIENTS}) as n`,
    `create index clients_last10 on clients (right(regexp_replace(phones, '\\D', '', 'g'), 10))`,
    'vacuum analyze clients',
  );
  const config = (query: string, mode: 'live' | 'snapshot'): SourceConfig => {
    const prepared = prepareQuery(query, 'postgres');
    if (typeof prepared === 'string') throw new Error(prepared);
    const limits = { softMs: 800, hardMs: 3_000, everyMinutes: 15 };
    return { type: 'postgres', name: 'bench', mode, query, prepared, ...limits, ...database.access };
  };
  let told: SnapshotTold | undefined;
  const options = {
    ...({ country: 'RU', fields: [], folder, wallClock: Date.now, random: Math.random } as const),
    onList: () => undefined,
    onSnapshot: (_: string, one: SnapshotTold) => void (told = one),
  };
  const columns = 'id, name, phones as numbers';
  const byIndex = `select ${columns} from clients where right(regexp_replace(phones, '\\D', '', 'g'), 10) = :last10`;
  const live = await openSource(config(byIndex, 'live'), options);
  const spans = await askLive(live);
  await live.stop();

  const before = residentBytes();
  const snapshot = await openKept(config(`select ${columns} from clients`, 'snapshot'), options);
  if (snapshot.size() === 0) await snapshot.nextReading();
  const pulled = secondsOf(told);
  const megabytes = (residentBytes() - before) / 2 ** 20;
  const size = snapshot.size();
  const lookUpNs = askMemory(snapshot);
  await snapshot.stop();
  const again = await openKept(config(`select ${columns} from clients`, 'snapshot'), options);
  const loaded = secondsOf(told);
  await again.stop();
  await rm(folder, { recursive: true });

  const p99 = quantile(spans, 0.99);
  const rows: [string, number, string, number | null][] = [
    ['live, p50 (ms)', quantile(spans, 0.5), '', null],
    ['live, p99 (ms)', p99, '≤', GOAL.liveP99Ms],
    [`snapshot of ${size} read from PostgreSQL (s)`, pulled, '≤', GOAL.loadSeconds],
    ['snapshot loaded from disk (s)', loaded, '≤', GOAL.loadSeconds],
    ['memory of the snapshot (MB)', megabytes, '≤', GOAL.megabytes],
    ['a look-up in it (ns)', lookUpNs, '≤', GOAL.lookUpNs],
  ];
  let isMet = size === CLIENTS;
  for (const [what, value, sign, goal] of rows) {
    const isGood = goal === null || value <= goal;
    isMet &&= isGood;
    const verdict = goal === null ? '' : `${sign} ${goal}  ${isGood ? 'PASS' : 'FAIL'}`;
    print(`${what.padEnd(52)} ${value.toFixed(value < 10 ? 2 : 0).padStart(8)}  ${verdict}`.trimEnd());
  }
  return isMet;
}

const secondsOf = (told: SnapshotTold | undefined): number => {
  if (told?.type !== 'read') throw new Error(`the list was not read: ${JSON.stringify(told)}`);
  return told.tookMs / 1000;
};

/** Each a client that exists, and another one each time. */
const numberOf = (n: number): string => `+7${9_160_000_000 + (1 + ((n * 7_919) % CLIENTS)) * 7}`;

async function askLive(source: Source): Promise<number[]> {
  const spans: number[] = [];
  for (let n = 0; n < LIVE_QUESTIONS; n += 1) {
    const query = queryFor(numberOf(n));
    const startedAt = performance.now();
    const found = await source.find(query, NEVER);
    if (found.length !== 1) throw new Error(`${found.length} clients were found for one number`);
    if (n >= LIVE_QUESTIONS / 10) spans.push(performance.now() - startedAt);
  }
  return spans;
}

/** Nanoseconds a look-up, without making the question. */
function askMemory(source: Source): number {
  const queries: Query[] = Array.from({ length: MEMORY_QUESTIONS }, (_, n) => queryFor(numberOf(n)));
  const round = (): void => {
    for (const query of queries) void source.find(query, NEVER);
  };
  round();
  // CPU time and no clock: what else the machine does is not our cost.
  const before = process.cpuUsage();
  for (let n = 0; n < MEMORY_ROUNDS; n += 1) round();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1_000) / (MEMORY_QUESTIONS * MEMORY_ROUNDS);
}

/** After collecting garbage: what the snapshot itself holds. */
function residentBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * One relay without a directory and one whose directory hangs for ever. They take turns at every call, so that whatever else
 * the machine does meets both; each call has a number of its own.
 */
async function benchRing(print: Print): Promise<boolean> {
  const extensions = Array.from({ length: CALLS_A_ROUND }, (_, n) => String(10_000 + n));
  await using hanging = await startHanging();
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-bench-'));
  const file = join(folder, 'ringcue.yaml');
  const url = `http://127.0.0.1:${hanging.port}/find?phone={e164}`;
  await writeFile(
    file,
    `directory:\n  sources:\n    - {type: http, url: '${url}', answer: {clients: 'a[]'}}\n`,
  );
  print(`${ROUNDS} rounds of ${CALLS_A_ROUND} calls with and without a directory that hangs …`);
  const servers = [
    await startOurs(extensions, { RINGCUE_CONFIG: file }, 'hanging'),
    await startOurs(extensions),
  ];
  const p99 = new Map(servers.map(({ name }) => [name, [] as number[]]));
  const p50 = new Map(servers.map(({ name }) => [name, [] as number[]]));
  try {
    const play = async (server: (typeof servers)[number], n: number): Promise<number[]> =>
      playCall(server, extensions[n % extensions.length] ?? '', n, `+7916${1_000_000 + n}`);
    for (const server of servers) for (let n = 0; n < WARM_UP_CALLS; n += 1) await play(server, n);
    for (let round = 0, next = WARM_UP_CALLS; round < ROUNDS; round += 1, next += CALLS_A_ROUND) {
      const spans = new Map(servers.map(({ name }) => [name, [] as number[]]));
      for (let n = next; n < next + CALLS_A_ROUND; n += 1)
        for (const server of n % 2 === 0 ? servers : servers.toReversed())
          spans.get(server.name)?.push(...(await play(server, n)));
      for (const [name, figures] of spans) {
        p50.get(name)?.push(quantile(figures, 0.5));
        p99.get(name)?.push(quantile(figures, 0.99));
      }
    }
  } finally {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true });
  }
  const judged = (
    [
      ['event → frame past a directory that hangs, p50', p50, null],
      ['event → frame past a directory that hangs, p99', p99, GOAL.ringRatio],
    ] as const
  ).map(([metric, figures, goal]) =>
    judge({
      ...{ metric, unit: 'µs', anchor: 'without', goal },
      ours: figures.get('hanging') ?? [],
      anchors: figures.get('ringcue') ?? [],
    }),
  );
  print(formatTable(judged.map(({ cells }) => cells)));
  return judged.every(({ isMet }) => isMet);
}
