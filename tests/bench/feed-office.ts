// A server and its 10,000 add-ons for `npm run bench -- fanout` and `-- storm`, a process each. Called by `feed.ts`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Name, SideFigures, SideOrder } from './feed-side.ts';

export const SESSIONS = 10_000;
/** Beside one for each session: what Node itself has open. */
const MORE_FILES = 200;
const DEADLINE_MS = 120_000;

type Asked = Record<string, number>;
type Child = { first(): Promise<Asked>; ask(order: string): Promise<Asked>; stop(): Promise<void> };

export type Office = AsyncDisposable & {
  /** All go, and then connect at once; until all hold their line. */
  storm(): Promise<{ ms: number; cpuUs: number; retries: number }>;
  /** Microseconds: of CPU time a message, and from told to received. */
  load(rate: number, count: number): Promise<{ cpuUs: number; p50: number; p99: number }>;
  /** Resident at once, and when what nobody holds is given back. */
  bytes(): Promise<{ atOnce: number; settled: number }>;
};

/** Why this machine cannot; null: it can. */
export function impossible(): string | null {
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
  const wanted = SESSIONS + MORE_FILES;
  if (!(limit < wanted)) return null;
  return `SKIPPED: ${wanted} open files are needed, the limit is ${limit}. First say: ulimit -n ${wanted}`;
}

export async function openOffice(name: Name): Promise<Office> {
  const server = startChild('feed-side.ts', name);
  const { port } = await server.first();
  const crowd = startChild('feed-crowd.ts', name, String(port), String(SESSIONS));
  const ask = (order: SideOrder): Promise<SideFigures> =>
    server.ask(JSON.stringify(order)) as unknown as Promise<SideFigures>;
  return {
    storm: async () => {
      await crowd.ask('leave');
      await ask({ order: 'settle' });
      const before = (await ask({ order: 'figures' })).cpuUs;
      const { ms = Number.NaN, retries = 0 } = await crowd.ask('storm');
      return { ms, retries, cpuUs: (await ask({ order: 'figures' })).cpuUs - before };
    },
    load: async (rate, count) => {
      const { cpuUs } = await ask({ order: 'load', sessions: SESSIONS, rate, count });
      await sleep(200); // the last are on their way
      const { told, p50 = Number.NaN, p99 = Number.NaN } = await crowd.ask('spans');
      if (told !== count) throw new Error(`${name}: ${told} of ${count} messages came`);
      return { cpuUs: cpuUs / count, p50, p99 };
    },
    bytes: async () => {
      const atOnce = (await ask({ order: 'figures' })).bytes;
      return { atOnce, settled: (await ask({ order: 'settle' })).bytes };
    },
    [Symbol.asyncDispose]: async () => {
      await crowd.stop();
      await server.stop();
    },
  };
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
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
