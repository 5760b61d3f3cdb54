// Packs the relay into `ringcue-relay-VERSION.tgz`, which needs only Node: for hosts without containers. The same files give
// the same bytes. Shell; `npm run package:relay` calls it.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildRelay } from '../build.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONTENTS = ['package.json', 'LICENSE', 'README.md', 'CHANGELOG.md'];
/** What its administrators read and copy. */
const PAPERS = /^relay\/(?:deploy(?:\/.*)?|[^/]*\.(?:md|schema\.json))$/;
const UNNEEDED = /^relay\/deploy\/(?:secrets|\.env|.*\.ts$)/;

/** Returns the archive's path in `folder`. */
export async function packRelay(folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(`${ROOT}package.json`, 'utf8')) as { version: string };
  const name = `ringcue-relay-${version}`;
  const workshop = await mkdtemp(join(tmpdir(), 'ringcue-pack-'));
  try {
    const packed = join(workshop, name);
    await buildRelay(join(packed, 'relay'));
    const isPaper = (path: string): boolean => PAPERS.test(path) && !UNNEEDED.test(path);
    for (const path of CONTENTS) await cp(ROOT + path, join(packed, path));
    await cp(`${ROOT}relay`, join(packed, 'relay'), {
      recursive: true,
      filter: (path) => path === `${ROOT}relay` || isPaper(relative(ROOT, path)),
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
