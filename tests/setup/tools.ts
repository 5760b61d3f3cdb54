// Programs that the tests of the deployment run once and that must not be installed for that: Debian's package of a proxy
// would start it at port 80 of this machine. They are unpacked into the cache folder, like Asterisk. Called by tests/deploy.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheFolder } from './asterisk.ts';
import { downloadPackages, hostMirrors, unpackPackages } from './debian-archive.ts';

interface Recipe {
  readonly suite: string;
  readonly packages: readonly string[];
  readonly binary: string;
}

const SHARED = ['libcrypt1', 'libpcre2-8-0', 'libssl3'];

const RECIPES = {
  nginx: { suite: 'bookworm', packages: ['nginx', 'zlib1g', ...SHARED], binary: 'usr/sbin/nginx' },
  caddy: { suite: 'bookworm', packages: ['caddy', 'libzstd1'], binary: 'usr/bin/caddy' },
  haproxy: {
    suite: 'bookworm',
    packages: [
      'haproxy',
      'liblua5.3-0',
      'libopentracing-c-wrapper0',
      'libopentracing1',
      'libstdc++6',
      'libsystemd0',
      ...SHARED,
    ],
    binary: 'usr/sbin/haproxy',
  },
  // Docker's engine, whose BuildKit builds for other processors, and a registry of images, where none can be reached.
  docker: {
    suite: 'bookworm',
    packages: [
      'docker.io',
      'containerd',
      'runc',
      'docker-registry',
      'libdevmapper1.02.1',
      'libsystemd0',
      'libseccomp2',
    ],
    binary: 'usr/sbin/dockerd',
  },
  // Bookworm's own docker-compose (1.29) and kubectl (1.20) are older than what companies run.
  'docker-compose': {
    suite: 'trixie',
    packages: ['docker-compose'],
    binary: 'usr/libexec/docker/cli-plugins/docker-compose',
  },
  kubectl: { suite: 'trixie', packages: ['kubectl'], binary: 'usr/bin/kubectl' },
} as const satisfies Record<string, Recipe>;

export type ToolName = keyof typeof RECIPES;

export interface Tool {
  readonly binary: string;
  /** to be added to its environment */
  readonly environment: { LD_LIBRARY_PATH: string };
}

/** Gives the unpacked tool, fetching it first if need be (1 to 30 MB). @throws ArchiveUnavailable */
export async function prepareTool(
  name: ToolName,
  progress: (text: string) => void = () => undefined,
): Promise<Tool> {
  const { suite, packages, binary } = RECIPES[name];
  const cache = join(defaultCacheFolder(), 'tools');
  const folder = join(cache, `${name}-${suite}`);
  if (!existsSync(folder)) {
    await mkdir(cache, { recursive: true });
    const workshop = `${folder}.partial-${process.pid}-${randomBytes(3).toString('hex')}`;
    try {
      progress(`Fetching ${name} (Debian ${suite}) …`);
      const debs = await downloadPackages(
        { suite, packages },
        { mirrors: hostMirrors(), workshop, progress },
      );
      await unpackPackages(debs, join(workshop, 'root'));
      // Whoever comes second leaves the first one's folder, which is as good.
      await rename(join(workshop, 'root'), folder).catch((error: unknown) => {
        if (!existsSync(folder)) throw error;
      });
    } finally {
      await rm(workshop, { recursive: true, force: true });
    }
  }
  const libraries = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  return {
    binary: join(folder, binary),
    environment: { LD_LIBRARY_PATH: `${join(folder, libraries)}:${join(folder, 'usr/lib')}` },
  };
}
