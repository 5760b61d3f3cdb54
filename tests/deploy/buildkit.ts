// Docker's own engine, for its BuildKit alone: started in a folder of its own, without a network of its own, beside a registry of
// images for bases of more than one processor. Called by tests/deploy. [dockerd(8), docker-build(1)]
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepareTool } from '../setup/tools.ts';
import { attempt, succeed } from './command.ts';
import type { RunOptions } from './command.ts';

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 15_000;

export type Docker = AsyncDisposable & {
  /** `127.0.0.1:…`, spoken to without TLS */
  readonly registry: string;
  docker(parameters: readonly string[], options?: RunOptions): Promise<string>;
};

export async function startDocker(progress: (text: string) => void): Promise<Docker> {
  const { binary, environment } = await prepareTool('docker', progress);
  const programs = resolve(dirname(binary), '../bin');
  const env = {
    ...environment,
    PATH: `${dirname(binary)}:${programs}:${process.env['PATH'] ?? ''}`,
    DOCKER_BUILDKIT: '1',
  };
  await using opened = new AsyncDisposableStack();
  const folder = opened.adopt(await mkdtemp(join(tmpdir(), 'ringcue-docker-')), async (path) => {
    // On a host whose mounts are shared, as systemd's are, the engine mounts its folder on itself and may leave that.
    await attempt('umount', ['--lazy', join(path, 'data')]);
    await rm(path, { recursive: true, force: true });
  });
  const registry = await startRegistry(opened, join(programs, 'docker-registry'), folder, env);
  const socket = join(folder, 'docker.sock');
  const parts = {
    '--config-file': join(folder, 'daemon.json'),
    '--data-root': join(folder, 'data'),
    '--exec-root': join(folder, 'run'),
    '--pidfile': join(folder, 'docker.pid'),
    '--host': `unix://${socket}`,
    '--storage-driver': 'overlay2',
    '--bridge': 'none',
    '--iptables': 'false',
    '--ip6tables': 'false',
    '--ip-forward': 'false',
  };
  await writeFile(parts['--config-file'], '{}');
  const daemon = start(
    opened,
    binary,
    Object.entries(parts).map(([name, value]) => `${name}=${value}`),
    env,
  );
  await says(daemon, /Daemon has completed initialization/, 'that it is ready');
  const docker: Docker['docker'] = (parameters, options) =>
    succeed(join(programs, 'docker'), ['--host', `unix://${socket}`, ...parameters], {
      ...options,
      environment: env,
    });
  const all = opened.move();
  return { registry, docker, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function startRegistry(
  opened: AsyncDisposableStack,
  binary: string,
  folder: string,
  env: Record<string, string>,
): Promise<string> {
  const file = join(folder, 'registry.json'); // JSON is YAML
  await mkdir(join(folder, 'registry'));
  const settings = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(folder, 'registry') } },
    http: { addr: '127.0.0.1:0' },
  };
  await writeFile(file, JSON.stringify(settings));
  const [, address = ''] = await says(
    start(opened, binary, ['serve', file], env),
    /listening on (127\.0\.0\.1:\d+)/,
    'where it listens',
  );
  return address;
}

function start(
  opened: AsyncDisposableStack,
  binary: string,
  parameters: readonly string[],
  env: Record<string, string>,
): ChildProcess {
  const child = spawn(binary, [...parameters], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  opened.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await ended;
    clearTimeout(killer);
  });
  return child;
}

/** Reads all that it ever says, so that it never waits for a reader. */
async function says(child: ChildProcess, fits: RegExp, what: string): Promise<RegExpExecArray> {
  const said: string[] = [];
  const found = new Promise<RegExpExecArray>((done, failed) => {
    const read = (line: string): void => {
      said.push(line);
      if (said.length > 50) said.shift();
      const match = fits.exec(line);
      if (match) done(match);
    };
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream as Readable }).on('line', read);
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`it ended with ${code}`)));
  });
  const late = sleep(START_DEADLINE_MS, undefined, { ref: false }).then(() => {
    throw new Error(`not within ${START_DEADLINE_MS} ms`);
  });
  try {
    return await Promise.race([found, late]);
  } catch (error) {
    throw new Error(`${child.spawnfile} did not say ${what}: ${String(error)}\n${said.join('\n')}`);
  }
}
