// Docker's own client where there is no Docker: the current docker-compose speaks to podman's service, which builds and runs.
// Called by tests/deploy/first-day.ts. [podman-system-service(1)]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../relay/wait.ts';
import { prepareTool } from '../setup/tools.ts';
import { BASE_IMAGE } from './base-image.ts';
import type { Engine } from './engine.ts';

export const CADDY_IMAGE = 'docker.io/library/caddy:2';
const START_DEADLINE_MS = 15_000;

export type Docker = AsyncDisposable & {
  /** Holds a program `docker` that knows `docker compose …`. */
  readonly binFolder: string;
  readonly environment: Readonly<Record<string, string>>;
};

export async function openDocker(engine: Engine): Promise<Docker> {
  const compose = await prepareTool('docker-compose');
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-docker-'));
  const socket = join(folder, 'docker.sock');
  const service = spawn(
    'podman',
    [...engine.podmanOptions, 'system', 'service', '--time', '0', `unix://${socket}`],
    {
      env: { ...process.env, ...engine.environment, BUILDAH_ISOLATION: 'chroot' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  service.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
  const removeAll = (): void => void service.kill('SIGKILL');
  process.once('exit', removeAll);
  const dispose = async (): Promise<void> => {
    process.off('exit', removeAll);
    if (service.exitCode === null && service.signalCode === null) {
      const ended = once(service, 'exit');
      service.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitFor(
      () => existsSync(socket) || service.exitCode !== null,
      START_DEADLINE_MS,
      () => `podman's service did not start: ${said}`,
    );
    const docker = join(folder, 'docker');
    await writeFile(
      docker,
      `#!/bin/sh\n[ "$1" = compose ] || { echo "only docker compose is here" >&2; exit 64; }\nshift\nexec '${compose.binary}' "$@"\n`,
    );
    await chmod(docker, 0o755);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    binFolder: folder,
    // The older way of building goes through the service's own builder; BuildKit would have to be fetched.
    environment: {
      DOCKER_HOST: `unix://${socket}`,
      DOCKER_BUILDKIT: '0',
      COMPOSE_ANSI: 'never',
      COMPOSE_PROGRESS: 'plain',
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** A stand-in for Caddy's image: Debian's Caddy on the base that is there anyway. */
export async function prepareCaddyImage(engine: Engine): Promise<void> {
  if ((await engine.tryPodman(['image', 'exists', CADDY_IMAGE])).code === 0) return;
  const { binary } = await prepareTool('caddy');
  const container = (await engine.buildah(['from', '--pull-never', BASE_IMAGE])).trim();
  try {
    await engine.buildah(['copy', '--quiet', container, binary, '/usr/bin/caddy']);
    const command = JSON.stringify([
      'caddy',
      'run',
      '--config',
      '/etc/caddy/Caddyfile',
      '--adapter',
      'caddyfile',
    ]);
    const homes = ['--env', 'XDG_CONFIG_HOME=/config', '--env', 'XDG_DATA_HOME=/data'];
    await engine.buildah(['config', '--cmd', command, ...homes, container]);
    await engine.buildah(['commit', '--quiet', '--format', 'docker', container, CADDY_IMAGE]);
  } finally {
    await engine.buildah(['rm', container]);
  }
}
