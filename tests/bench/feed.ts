// `npm run bench -- fanout` and `-- storm`: the relay's feed with 10,000 add-ons, against bare ws in the same run. Server
// and add-ons are a process each, in turns. socket.io is no anchor here: it would be a dependency for this alone.
// Called by `tests/run.ts`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SideFigures, SideOrder } from './feed-side.ts';
import { formatTable, judge } from './table.ts';

const SESSIONS = 10_000;
/** Beside one for each session: what Node itself has open. */
const MORE_FILES = 200;
const RATES = [
  { rate: 500, count: 2_000 },
  { rate: 5_000, count: 15_000 },
] as const;
const FANOUT_ROUNDS = 5;
const STORM_ROUNDS = 3;
/** Fresh processes for each, as memory is never given back. */
const MEMORY_ROUNDS = 3;
const DEADLINE_MS = 120_000;
const GOAL = 1.25;
const SIDES = ['ringcue', 'bare'] as const;
type Name = (typeof SIDES)[number];

type Asked = Record<string, number>;
type Child = { first(): Promise<Asked>; ask(order: string): Promise<Asked>; stop(): Promise<void> };
type Office = AsyncDisposable & {
  /** All connect at once; until all hold their line. */
  storm(): Promise<{ ms: number; cpuUs: number; retries: number }>;
  load(rate: number, count: number): Promise<{ cpuUs: number; p50: number; p99: number }>;
  /** Resident, after collecting garbage. */
  bytes(): Promise<number>;
};

/** Why this machine cannot; null: it can. */
function impossible(): string | null {
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
  const wanted = SESSIONS + MORE_FILES;
  if (!(limit < wanted)) return null;
  return `SKIPPED: ${wanted} open files are needed, the limit is ${limit}. First say: ulimit -n ${wanted}`;
}

function startChild(file: string, ...parameters: string[]): Child {
  const path = fileURLToPath(new URL(`./${file}`, import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', path, ...parameters], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${file} ended`)));
  ended.catch(() => undefined); // who asks is told
  const next = async (): Promise<Asked> => {
    const line = once(lines, 'line', { signal: AbortSignal.timeout(DEADLINE_MS) });
    return JSON.parse(String(((await Promise.race([line, ended])) as unknown[])[0])) as Asked;
  };
  return {
    first: next,
    ask: (order) => {
      const answer = next();
      child.stdin.write(`${order}\n`);
      return answer;
    },
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function openOffice(name: Name): Promise<Office> {
  const server = startChild('feed-side.ts', name);
  const { port } = await server.first();
  const crowd = startChild('feed-crowd.ts', String(port), String(SESSIONS));
  const ask = (order: SideOrder): Promise<SideFigures> =>
    server.ask(JSON.stringify(order)) as unknown as Promise<SideFigures>;
  return {
    storm: async () => {
      const before = (await ask({ order: 'cpu' })).cpuUs;
      const { ms = Number.NaN, retries = 0 } = await crowd.ask('storm');
      return { ms, retries, cpuUs: (await ask({ order: 'cpu' })).cpuUs - before };
    },
    load: async (rate, count) => {
      const { cpuUs } = await ask({ order: 'load', sessions: SESSIONS, rate, count });
      await sleep(200); // the last are on their way
      const { told, p50 = Number.NaN, p99 = Number.NaN } = await crowd.ask('spans');
      if (told !== count) throw new Error(`${name}: ${told} of ${count} messages came`);
      return { cpuUs: cpuUs / count, p50, p99 };
    },
    bytes: async () => (await ask({ order: 'memory' })).bytes ?? Number.NaN,
    [Symbol.asyncDispose]: async () => {
      await crowd.stop();
      await server.stop();
    },
  };
}

type Figures = Record<Name, number[]>;
const figures = (): Figures => ({ ringcue: [], bare: [] });
/** Every other round the other one first, so that what drifts drifts for both. */
const inOrder = (round: number): readonly Name[] => (round % 2 === 0 ? SIDES : SIDES.toReversed());

function conclude(
  rows: readonly (readonly [metric: string, unit: string, of: Figures, goal: number | null])[],
  print: (text: string) => void,
): number {
  const judged = rows.map(([metric, unit, { ringcue: ours, bare: anchors }, goal]) =>
    judge({ metric, unit, ours, anchors, anchor: 'bare ws', goal }),
  );
  print(formatTable(judged.map(({ cells }) => cells)));
  return judged.every(({ isMet }) => isMet) ? 0 : 1;
}

/** Prints the table; the exit code. */
export async function benchFanout(print: (text: string) => void): Promise<number> {
  const reason = impossible();
  if (reason !== null) return (print(reason), 0);
  const memory = figures();
  print(`memory of ${SESSIONS} sessions, ${MEMORY_ROUNDS} times for each side …`);
  for (let round = 0; round < MEMORY_ROUNDS; round += 1)
    for (const name of inOrder(round)) {
      await using office = await openOffice(name);
      const before = await office.bytes();
      await office.storm();
      memory[name].push((await office.bytes()) - before);
    }
  await using ringcue = await openOffice('ringcue');
  await using bare = await openOffice('bare');
  const offices = { ringcue, bare };
  for (const office of [ringcue, bare]) await office.storm();
  const rates = RATES.map((load) => ({ ...load, cpu: figures(), p50: figures(), p99: figures() }));
  print(`${FANOUT_ROUNDS} rounds of messages to one session each, for each side …`);
  for (let round = -1; round < FANOUT_ROUNDS; round += 1)
    for (const { rate, count, cpu, p50, p99 } of rates)
      for (const name of inOrder(round)) {
        const told = await offices[name].load(rate, count);
        if (round < 0) continue; // to warm up
        cpu[name].push(told.cpuUs);
        p50[name].push(told.p50);
        p99[name].push(told.p99);
      }
  const inKib = (all: readonly number[]): number[] => all.map((bytes) => bytes / SESSIONS / 1024);
  return conclude(
    [
      ...rates.flatMap(
        ({ rate, cpu, p50, p99 }) =>
          [
            [`CPU time of a message at ${rate}/s`, 'µs', cpu, GOAL],
            [`told → received at ${rate}/s, p50`, 'µs', p50, null],
            [`told → received at ${rate}/s, p99`, 'µs', p99, null],
          ] as const,
      ),
      ['memory of a session', 'KiB', { ringcue: inKib(memory.ringcue), bare: inKib(memory.bare) }, GOAL],
    ],
    print,
  );
}

/** Prints the table; the exit code. */
export async function benchStorm(print: (text: string) => void): Promise<number> {
  const reason = impossible();
  if (reason !== null) return (print(reason), 0);
  await using ringcue = await openOffice('ringcue');
  await using bare = await openOffice('bare');
  const offices = { ringcue, bare };
  const [ms, cpu] = [figures(), figures()];
  let retries = 0;
  print(`${STORM_ROUNDS} rounds of ${SESSIONS} that come at once, for each side …`);
  for (let round = -1; round < STORM_ROUNDS; round += 1)
    for (const name of inOrder(round)) {
      const storm = await offices[name].storm();
      retries += storm.retries;
      if (round < 0) continue; // to warm up
      ms[name].push(storm.ms);
      cpu[name].push(storm.cpuUs / SESSIONS);
    }
  print(`${retries} connections were refused and tried again`);
  return conclude(
    [
      [`${SESSIONS} at once, until all hold their line`, 'ms', ms, GOAL],
      ['CPU time of a session that comes', 'µs', cpu, null],
    ],
    print,
  );
}
