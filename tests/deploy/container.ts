// A relay in a container, as hardened as the documents say, on a published port, with Asterisk on the host: started, looked
// into, stopped, killed and started again. Called by tests/deploy.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine, PbxAccess } from '../relay/relay-process.ts';
import { NETWORK } from './engine.ts';
import type { Engine } from './engine.ts';
import { IMAGE } from './image.ts';

const LOG_DEADLINE_MS = 15_000;
const LOOK_EVERY_MS = 50;
export const MEMORY_LIMIT_MB = 256;

export type Container = AsyncDisposable & {
  readonly name: string;
  /** Where it is reached from the host. */
  readonly port: number;
  readonly feedUrl: string;
  readonly volume: string;
  /** Every line it logged since it was first started; what is no line of JSON stands under `text`. */
  log(): Promise<LogLine[]>;
  /** The first log line that fits, from `since` (ms since 1970) on, awaited. */
  logs(predicate: (line: LogLine) => boolean, what: string, since?: number): Promise<LogLine>;
  /** What a command in it prints. */
  exec(...command: string[]): Promise<string>;
  /** When its process was started, ms since 1970. */
  startedAt(): Promise<number>;
  /** As an orchestrator stops it: SIGTERM, then the exit code and how long that took. */
  stop(): Promise<{ code: number; ms: number }>;
  /** A power cut. */
  kill(): Promise<void>;
  /** The same container again, with its data. */
  restart(): Promise<void>;
};

export type ContainerOptions = {
  /** null: settings name another one */
  pbx: PbxAccess | null;
  settings?: Readonly<Record<string, string>>;
  /** Of podman, before the image. */
  options?: readonly string[];
  /** A named volume that is there already. */
  volume?: string;
};

const HARDENED = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'all', '--init', '--pids-limit', '100'];
let count = 0;

/** Starts it; resolves when it listens. */
export async function startContainer(engine: Engine, given: ContainerOptions): Promise<Container> {
  const name = `ringcue-test-${process.pid}-${(count += 1)}`;
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-container-'));
  const volume = given.volume ?? `${name}-data`;
  const logFile = join(folder, 'log');
  const secret = join(folder, 'ami-secret');
  await writeFile(secret, `${given.pbx?.secret ?? ''}\n`, { mode: 0o644 });
  const settings = {
    ...(given.pbx && {
      RINGCUE_AMI_HOST: given.pbx.host,
      RINGCUE_AMI_PORT: String(given.pbx.port),
      RINGCUE_AMI_USERNAME: given.pbx.username,
      RINGCUE_AMI_SECRET_FILE: '/run/secrets/ami-secret',
    }),
    RINGCUE_AUTH: 'open',
    RINGCUE_OPEN_BEYOND_LOOPBACK: 'yes',
    RINGCUE_COUNTRY: 'RU',
    ...given.settings,
  };
  const parameters = [
    ...['run', '--detach', '--pull', 'never', '--name', name, '--network', NETWORK],
    ...HARDENED,
    ...['--security-opt', 'no-new-privileges', '--memory', `${MEMORY_LIMIT_MB}m`],
    ...['--publish', '127.0.0.1::8088', '--volume', `${volume}:/data`],
    ...['--volume', `${secret}:/run/secrets/ami-secret:ro`],
    ...['--log-driver', 'k8s-file', '--log-opt', `path=${logFile}`],
    ...Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    ...(given.options ?? []),
    IMAGE,
  ];
  await engine.podman(parameters);

  const remove = async (): Promise<void> => {
    await engine.tryPodman(['rm', '--force', '--time', '0', name]);
    if (given.volume === undefined) await engine.tryPodman(['volume', 'rm', '--force', volume]);
    await rm(folder, { recursive: true, force: true });
  };
  const inspect = async (what: string): Promise<string> =>
    (await engine.podman(['inspect', '--format', what, name])).trim();
  const log = async (): Promise<LogLine[]> =>
    (await readFile(logFile, 'utf8').catch(() => '')).split('\n').flatMap(readLine);
  const logs: Container['logs'] = async (predicate, what, since = 0) => {
    const giveUpAt = performance.now() + LOG_DEADLINE_MS;
    for (;;) {
      const lines = (await log()).filter((line) => timeOf(line) >= since);
      const found = lines.find(predicate);
      if (found) return found;
      const isOver = (await inspect('{{.State.Running}}')) !== 'true';
      if (isOver || performance.now() > giveUpAt)
        throw new Error(
          `the container did not log ${what}${isOver ? ' and has ended' : ''}:\n${lines.map((line) => JSON.stringify(line)).join('\n')}`,
        );
      await sleep(LOOK_EVERY_MS);
    }
  };
  const startedAt = async (): Promise<number> =>
    Date.parse(await inspect('{{.State.StartedAt.Format "2006-01-02T15:04:05.000Z07:00"}}'));
  const isListening = (line: LogLine): boolean => line.msg === 'listening';
  try {
    await logs(isListening, 'that it listens');
    const port = Number((await engine.podman(['port', name, '8088/tcp'])).trim().split(':').at(-1));
    return {
      name,
      port,
      feedUrl: `ws://127.0.0.1:${port}/feed`,
      volume,
      log,
      logs,
      startedAt,
      exec: (...command) => engine.podman(['exec', name, ...command]),
      stop: async () => {
        const began = performance.now();
        await engine.podman(['stop', '--time', '10', name]);
        return { code: Number(await inspect('{{.State.ExitCode}}')), ms: performance.now() - began };
      },
      kill: async () => {
        await engine.podman(['kill', '--signal', 'KILL', name]);
        await engine.podman(['wait', name]);
      },
      restart: async () => {
        await engine.podman(['start', name]);
        await logs(isListening, 'that it listens again', await startedAt());
      },
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

const timeOf = ({ time }: LogLine): number => (typeof time === 'string' ? Date.parse(time) : Infinity);

/** [k8s-file: `TIME stdout F TEXT`] */
function readLine(text: string): LogLine[] {
  const said = /^\S+ (?:stdout|stderr) [FP] (.*)$/.exec(text)?.[1];
  if (said === undefined) return [];
  try {
    return [JSON.parse(said) as LogLine];
  } catch {
    return [{ msg: '', text: said }];
  }
}
