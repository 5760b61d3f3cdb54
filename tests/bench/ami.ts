// `npm run bench -- ami`: CPU time of each event through the whole core (connection, events, exchange, view, frame)
// against bare asterisk-manager that reads the same stream. Each side is a process of its own, in turns; this one is
// Asterisk. Called by `tests/run.ts`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openAmiServer } from '../relay/ami-server.ts';
import { busyHour } from './busy-hour.ts';
import { formatTable, judge, quantile } from './table.ts';

const EVENTS = 60_000;
const WARM_UP_ROUNDS = 2;
const ROUNDS = 15;
const ROUND_DEADLINE_MS = 60_000;
const GOAL = 1.15;
const ROUND = 'Event: BenchRound\r\nPrivilege: call,all\r\n\r\n';

type Figures = { events: number; frames: number; cpuUs: number };
type Side = { play(text: string): Promise<Figures>; stop(): Promise<void> };

/** Prints the table; the exit code. */
export async function benchAmi(print: (text: string) => void): Promise<number> {
  const { text, events } = busyHour(EVENTS);
  print(
    `${ROUNDS} rounds of ${events} events, ${(text.length / events).toFixed(0)} bytes each, for each side …`,
  );
  const [ringcue, bare] = [await startSide('ringcue'), await startSide('bare')];
  const [ours, anchors]: Figures[][] = [[], []];
  try {
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
      // Every other round the other one first, so that what drifts drifts for both.
      const sides = [
        { side: ringcue, kept: ours },
        { side: bare, kept: anchors },
      ] as const;
      for (const { side, kept } of round % 2 === 0 ? sides : sides.toReversed()) {
        const figures = await side.play(text);
        if (figures.events !== events) throw new Error(`${figures.events} events were read of ${events}`);
        if (round >= 0) kept?.push(figures);
      }
    }
  } finally {
    await Promise.all([ringcue.stop(), bare.stop()]);
  }
  const usAnEvent = (all: readonly Figures[] = []): number[] => all.map(({ cpuUs }) => cpuUs / events);
  for (const [name, all] of [
    ['ringcue', ours],
    ['bare asterisk-manager', anchors],
  ] as const)
    print(`${name}: ${(1e6 / quantile(usAnEvent(all), 0.5)).toFixed(0)} events a CPU second`);
  const frames = ours?.[0]?.frames ?? 0;
  if (frames < events / 20)
    throw new Error(`only ${frames} frames of ${events} events: the core did not work`);
  print(`ringcue made ${frames} frames of the ${events} events of a round`);
  const { cells, isMet } = judge({
    metric: 'CPU time of an event',
    unit: 'µs',
    ours: usAnEvent(ours),
    anchors: usAnEvent(anchors),
    anchor: 'bare asterisk-manager',
    goal: GOAL,
  });
  print(formatTable([cells]));
  return isMet ? 0 : 1;
}

async function startSide(name: 'ringcue' | 'bare'): Promise<Side> {
  const server = await openAmiServer('1.3', () => undefined);
  const path = fileURLToPath(new URL('./ami-reader.ts', import.meta.url));
  const child = spawn(process.execPath, [path, name, String(server.port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  while (server.sessions() === 0) {
    if (child.exitCode !== null) throw new Error(`${name} ended at once`);
    await sleep(5);
  }
  return {
    play: async (text) => {
      const told = once(lines, 'line', { signal: AbortSignal.timeout(ROUND_DEADLINE_MS) });
      server.tell(ROUND + text + ROUND);
      return JSON.parse(String((await told)[0])) as Figures;
    },
    stop: async () => {
      await server[Symbol.asyncDispose]();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
