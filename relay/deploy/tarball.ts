// Packs the relay into `ringcue-relay-VERSION.tgz`, which needs only Node: for hosts without containers. The same files give
// the same bytes. Shell; `npm run package:relay` calls it.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONTENTS = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'relay',
  'shared',
];
/** What only those need who write code. [The Dockerfile leaves out the same.] */
const UNNEEDED = /\.(?:map|d\.[cm]?ts)$|node_modules\/.*\.md$/;
const INSTALL_MS = 300_000;

/** Returns the archive's path in `folder`. */
export async function packRelay(folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(`${ROOT}package.json`, 'utf8')) as { version: string };
  const name = `ringcue-relay-${version}`;
  const workshop = await mkdtemp(join(tmpdir(), 'ringcue-pack-'));
  try {
    const [home, packed] = [join(workshop, 'all'), join(workshop, name)];
    await mkdir(home);
    for (const path of CONTENTS) await cp(ROOT + path, join(home, path), { recursive: true });
    const install = [
      'ci',
      '--omit=dev',
      '--omit=optional',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    await run('npm', install, { cwd: home, timeout: INSTALL_MS });
    for (const path of [
      '.npmrc',
      'package-lock.json',
      'node_modules/.package-lock.json',
      'relay/deploy/secrets',
    ])
      await rm(join(home, path), { force: true, recursive: true });
    await cp(home, packed, {
      recursive: true,
      filter: (path) => !UNNEEDED.test(path),
      verbatimSymlinks: true,
    });
    const archive = join(workshop, `${name}.tgz`);
    const same = [
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mode=u+rwX,go+rX,go-w',
    ];
    await run('tar', [...same, '--use-compress-program=gzip -9n', '-cf', archive, '-C', workshop, name]);
    await mkdir(folder, { recursive: true });
    // Over the border of file systems a file cannot be renamed.
    const target = join(folder, `${name}.tgz`);
    await cp(archive, `${target}.partial`);
    await rename(`${target}.partial`, target);
    return target;
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}
