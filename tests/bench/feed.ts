// `npm run bench -- fanout` and `-- storm`: the relay's feed with 10,000 add-ons, against bare ws and against socket.io in the
// same run. Server and add-ons are a process each, in turns. Called by `tests/run.ts`.
import { impossible, openOffice, SESSIONS } from './feed-office.ts';
import type { Office } from './feed-office.ts';
import type { Name } from './feed-side.ts';
import { formatTable, judge, quantile } from './table.ts';

const RATES = [
  { rate: 500, count: 1_000 },
  { rate: 5_000, count: 5_000 },
] as const;
const FANOUT_ROUNDS = 7;
const STORM_ROUNDS = 9;
/** Fresh processes for each, as the memory of a process depends on all that was before. */
const MEMORY_ROUNDS = 3;
/** Of bare ws, which keeps nothing and promises nothing. */
const GOAL = 1.25;
/** Of socket.io, which many would take for this. */
const GOAL_OF_SOCKET_IO = 0.5;

type Figures = Record<Name, number[]>;
type Row = readonly [metric: string, unit: string, of: Figures, anchor: Name, goal: number | null];
const figures = (): Figures => ({ ringcue: [], bare: [], 'socket.io': [] });
const ANCHORS: Record<Name, string> = { ringcue: '', bare: 'bare ws', 'socket.io': 'socket.io' };
/** Every other round the other way round, so that what drifts drifts for all. */
const inOrder = (names: readonly Name[], round: number): readonly Name[] =>
  round % 2 === 0 ? names : names.toReversed();

function conclude(rows: readonly Row[], print: (text: string) => void): number {
  const judged = rows.map(([metric, unit, of, anchor, goal]) =>
    judge({ metric, unit, ours: of.ringcue, anchors: of[anchor], anchor: ANCHORS[anchor], goal }),
  );
  print(formatTable(judged.map(({ cells }) => cells)));
  return judged.every(({ isMet }) => isMet) ? 0 : 1;
}

/** Prints the table; the exit code. */
export async function benchFanout(print: (text: string) => void): Promise<number> {
  const reason = impossible();
  if (reason !== null) return (print(reason), 0);
  const names = ['ringcue', 'bare', 'socket.io'] as const;
  print(`memory of ${SESSIONS} sessions, ${MEMORY_ROUNDS} times for each of ${names.join(', ')} …`);
  const memory = await memoryRows(names);
  print(`${FANOUT_ROUNDS} rounds of messages to one session each, for each of them …`);
  return conclude([...(await messageRows(names, print)), ...memory], print);
}

async function memoryRows(names: readonly Name[]): Promise<Row[]> {
  const [settled, atOnce] = [figures(), figures()];
  for (let round = 0; round < MEMORY_ROUNDS; round += 1)
    for (const name of inOrder(names, round)) {
      await using office = await openOffice(name);
      const before = (await office.bytes()).settled;
      await office.storm();
      const after = await office.bytes();
      const inKib = (bytes: number): number => (bytes - before) / SESSIONS / 1024;
      settled[name].push(inKib(after.settled));
      atOnce[name].push(inKib(after.atOnce));
    }
  return [
    ['memory of a session', 'KiB', settled, 'bare', GOAL],
    ['memory of a session', 'KiB', settled, 'socket.io', null],
    ['the same with the garbage of a storm', 'KiB', atOnce, 'bare', null],
  ];
}

async function messageRows(names: readonly Name[], print: (text: string) => void): Promise<Row[]> {
  await using ringcue = await openOffice('ringcue');
  await using bare = await openOffice('bare');
  await using socketIo = await openOffice('socket.io');
  const offices: Record<Name, Office> = { ringcue, bare, 'socket.io': socketIo };
  for (const name of names) await offices[name].storm();
  const rates = RATES.map((load) => ({ ...load, cpu: figures(), p50: figures(), p99: figures() }));
  for (let round = -1; round < FANOUT_ROUNDS; round += 1)
    for (const { rate, count, cpu, p50, p99 } of rates)
      for (const name of inOrder(names, round)) {
        const told = await offices[name].load(rate, count);
        if (round < 0) continue; // to warm up
        cpu[name].push(told.cpuUs);
        p50[name].push(told.p50);
        p99[name].push(told.p99);
      }
  // What nobody can do who writes to a socket is no fault of the relay: said, not excused.
  for (const { rate, cpu } of rates) {
    const share = quantile(cpu.bare, 0.5) / quantile(cpu['socket.io'], 0.5);
    print(`at ${rate}/s bare ws itself takes ${share.toFixed(2)} of socket.io`);
  }
  return rates.flatMap(({ rate, cpu, p50, p99 }): Row[] => [
    [`CPU time of a message at ${rate}/s`, 'µs', cpu, 'bare', GOAL],
    [`CPU time of a message at ${rate}/s`, 'µs', cpu, 'socket.io', GOAL_OF_SOCKET_IO],
    [`told → received at ${rate}/s, p50`, 'µs', p50, 'bare', null],
    [`told → received at ${rate}/s, p99`, 'µs', p99, 'bare', null],
  ]);
}

/** Prints the table; the exit code. */
export async function benchStorm(print: (text: string) => void): Promise<number> {
  const reason = impossible();
  if (reason !== null) return (print(reason), 0);
  const names = ['ringcue', 'bare'] as const;
  await using ringcue = await openOffice('ringcue');
  await using bare = await openOffice('bare');
  const offices = { ringcue, bare };
  const [ms, cpu, retries] = [figures(), figures(), { ringcue: 0, bare: 0 }];
  print(`${STORM_ROUNDS} rounds of ${SESSIONS} that come at once, for each of ${names.join(', ')} …`);
  for (let round = -1; round < STORM_ROUNDS; round += 1)
    for (const name of inOrder(names, round) as typeof names) {
      const storm = await offices[name].storm();
      retries[name] += storm.retries;
      if (round < 0) continue; // to warm up
      ms[name].push(storm.ms);
      cpu[name].push(storm.cpuUs / SESSIONS);
    }
  for (const name of names) print(`${name}: ${retries[name]} connections had to be tried again`);
  return conclude(
    [
      [`${SESSIONS} at once, until all hold their line`, 'ms', ms, 'bare', GOAL],
      ['CPU time of a session that comes', 'µs', cpu, 'bare', null],
    ],
    print,
  );
}
