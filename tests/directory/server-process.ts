// A database server of the tests' own: its folder, its port, a user who may do nothing else, ended by its id. Called by the
// starters of PostgreSQL, MariaDB and Radicale.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 15_000;
const runFile = promisify(execFile);

/** Who runs it: the package's own user where we are root, as servers refuse to run as root. */
export type Runner = { uid?: number; gid?: number };

export async function runnerNamed(name: string): Promise<Runner> {
  if (process.getuid?.() !== 0) return {};
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((one) => one.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error(`there is no user ${name}: is its package installed?`);
  return { uid: Number(uid), gid: Number(gid) };
}

export async function ownFolder(what: string, { uid, gid }: Runner): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `ringcue-${what}-`));
  if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid);
  return folder;
}

/** Below those that the system gives away itself [ip_local_port_range]. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

export async function runAs(runner: Runner, command: string, parameters: readonly string[]): Promise<void> {
  await runFile(command, parameters, { ...runner, cwd: tmpdir(), timeout: START_DEADLINE_MS });
}

/** Resolves when its port answers. */
export async function startServer(
  runner: Runner,
  command: string,
  parameters: readonly string[],
  { port, folder, signal }: { port: number; folder: string; signal: NodeJS.Signals },
) {
  const child = spawn(command, parameters, { ...runner, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-20_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill(signal);
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
      await exited;
      clearTimeout(killer);
    }
    await rm(folder, { recursive: true, force: true });
  };
  const giveUpAt = performance.now() + START_DEADLINE_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      await stop();
      throw new Error(`${command} did not start:\n${output}`);
    }
    await sleep(50);
  }
  return { child, stop, output: () => output };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
