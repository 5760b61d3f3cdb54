// A real relay as its own process, on a port of its own choosing, ended by its pid. Called by lab tests, browser tests,
// the demo and the benchmarks.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait.ts';

const MAIN = fileURLToPath(new URL('../../relay/main.ts', import.meta.url));
const START_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 6_000;

export type LogLine = Readonly<Record<string, unknown>> & { msg: string };

export type RelayProcess = AsyncDisposable & {
  readonly port: number;
  /** What staff enter in the add-on. */
  readonly address: string;
  readonly feedUrl: string;
  /** Every line it logged so far. */
  readonly log: readonly LogLine[];
  readonly child: ChildProcess;
  /** The first log line that fits, awaited. */
  logs(predicate: (line: LogLine) => boolean, what: string): Promise<LogLine>;
  /** Asterisk is connected and was polled. */
  isReady(): Promise<void>;
  /** SIGTERM, then the exit code. */
  stop(): Promise<number | null>;
};

/** The account of an AMI, as `office.ami` gives it. */
export type PbxAccess = { host: string; port: number; username: string; secret: string };

/**
 * `settings` go into its environment over sensible ones for tests: open mode, Russian numbers, port 0. `pbx`: null where
 * a file of settings lists several. `onSpawn`: before it listens. `main`: what Node runs, its sources unless told.
 */
export async function startRelay(
  pbx: PbxAccess | null,
  settings: Record<string, string> = {},
  { onSpawn, main = MAIN }: { onSpawn?: (child: ChildProcess) => void; main?: string } = {},
): Promise<RelayProcess> {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      ...(pbx && {
        RINGCUE_AMI_HOST: pbx.host,
        RINGCUE_AMI_PORT: String(pbx.port),
        RINGCUE_AMI_USERNAME: pbx.username,
        RINGCUE_AMI_SECRET: pbx.secret,
      }),
      RINGCUE_LISTEN: '127.0.0.1:0',
      RINGCUE_AUTH: 'open',
      RINGCUE_COUNTRY: 'RU',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onSpawn?.(child);
  const log: LogLine[] = [];
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const parsed: unknown = JSON.parse(line); // a line that is not JSON is a fault of the relay
    log.push(parsed as LogLine);
  });

  const logs: RelayProcess['logs'] = async (predicate, what) => {
    let found: LogLine | undefined;
    await waitFor(
      () => (found = log.find(predicate)) !== undefined || child.exitCode !== null,
      START_DEADLINE_MS,
      () =>
        `the relay did not log ${what}; it logged:\n${log.map((line) => JSON.stringify(line)).join('\n')}\n${errors}`,
    );
    if (!found) throw new Error(`the relay ended with ${child.exitCode} and did not log ${what}: ${errors}`);
    return found;
  };
  const stop = async (): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await exited;
    clearTimeout(killer);
    return child.exitCode;
  };

  const listening = await logs((line) => line.msg === 'listening', 'that it listens').catch(
    async (error: unknown) => {
      await stop();
      throw error;
    },
  );
  const port = Number(listening['port']);
  return {
    port,
    address: `127.0.0.1:${port}`,
    feedUrl: `ws://127.0.0.1:${port}/feed`,
    log,
    child,
    logs,
    isReady: async () => {
      await logs((line) => line.msg === 'pbx up', 'that the PBX is up');
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}
