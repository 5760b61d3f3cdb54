// The base of the relay's image where no registry of images can be reached: a minimal Debian with Node and npm, under the
// very name that the Dockerfile gives. Called by tests/deploy/image.ts; it is made once and stays in the store.
// [Node's official image: node:24-bookworm-slim]
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostMirrors } from '../setup/debian-archive.ts';
import { succeed } from './command.ts';
import type { Engine } from './engine.ts';

export const BASE_IMAGE = 'docker.io/library/node:24-bookworm-slim';
const NPM = 'npm@11';
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

/** Makes the base unless the store has it (about a minute). */
export async function prepareBaseImage(engine: Engine, progress: (text: string) => void): Promise<void> {
  if ((await engine.tryPodman(['image', 'exists', BASE_IMAGE])).code === 0) return;
  progress('Making a stand-in for the image of Node, as a registry of images may not be within reach …');
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-base-'));
  try {
    const archive = join(folder, 'debian.tar');
    const [mirror = ''] = hostMirrors();
    const bootstrap = ['--variant=minbase', '--mode=root', '--include=ca-certificates', 'bookworm'];
    await succeed('mmdebstrap', [...bootstrap, archive, mirror], { deadlineMs: 300_000 });
    await layOutNode(join(folder, 'node'));
    await commit(engine, archive, join(folder, 'node'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The project's own Node, an npm of the age that the official image has, and the host's certificates. */
async function layOutNode(root: string): Promise<void> {
  const modules = join(root, 'usr/local/lib/node_modules');
  for (const path of ['usr/local/bin', 'usr/local/etc', 'etc/ssl/certs'])
    await mkdir(join(root, path), { recursive: true });
  await mkdir(join(modules, 'npm'), { recursive: true });
  await cp(process.execPath, join(root, 'usr/local/bin/node'));
  const packed = await succeed('npm', ['pack', NPM, '--silent', '--pack-destination', root], {
    folder: root,
  });
  const archive = join(root, packed.trim());
  await succeed('tar', [
    '-xf',
    archive,
    '--strip-components=1',
    '--no-same-owner',
    '-C',
    join(modules, 'npm'),
  ]);
  await rm(archive);
  for (const name of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/local/bin', name));
  // A company's own authority, as this host trusts it; and the way to packages that this host takes.
  await cp(BUNDLE, join(root, BUNDLE));
  const registry = (await succeed('npm', ['config', 'get', 'registry'], { folder: tmpdir() })).trim();
  await writeFile(join(root, 'usr/local/etc/npmrc'), `cafile=${BUNDLE}\nregistry=${registry}\n`);
}

async function commit(engine: Engine, archive: string, node: string): Promise<void> {
  const container = (await engine.buildah(['from', 'scratch'])).trim();
  try {
    await engine.buildah(['add', '--quiet', container, archive, '/'], { deadlineMs: 120_000 });
    await engine.buildah(['copy', '--quiet', container, node, '/'], { deadlineMs: 120_000 });
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const user = ['groupadd --gid 1000 node', 'useradd --uid 1000 --gid node --create-home node'].join(
      ' && ',
    );
    await engine.buildah(['run', '--isolation', 'chroot', container, '--', 'sh', '-c', user]);
    await engine.buildah(['config', '--env', `PATH=${path}`, '--cmd', '["node"]', container]);
    await engine.buildah(['commit', '--quiet', '--format', 'docker', container, BASE_IMAGE], {
      deadlineMs: 120_000,
    });
  } finally {
    await engine.buildah(['rm', container]);
  }
}
