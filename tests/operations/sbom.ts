// `npm run sbom`: what the relay is made of, as a CycloneDX file. `npm sbom --omit dev` alone leaves out whatever a tool of the
// developers needs, too (ws and yaml are such), so npm is shown a lock file in which the tools do not stand.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEADLINE_MS = 60_000;
/** Debian 12's knows no `sbom`. */
const NPM = 'npm@11';

type Package = { dev?: true; devOptional?: true; devDependencies?: Record<string, string> };
type Lock = { packages: Record<string, Package> };

export async function makeSbom(): Promise<string> {
  const [manifest, lock] = await Promise.all(
    ['package.json', 'package-lock.json'].map((name) => readFile(join(ROOT, name), 'utf8')),
  );
  const own = { ...(JSON.parse(manifest ?? '') as Package), devDependencies: {} };
  const all = JSON.parse(lock ?? '') as Lock;
  const packages = Object.entries(all.packages)
    .filter(([, { dev, devOptional }]) => !dev && !devOptional)
    .map(([path, entry]) => [path, path === '' ? { ...entry, devDependencies: {} } : entry] as const);
  const outer = await mkdtemp(join(tmpdir(), 'ringcue-'));
  const folder = join(outer, 'ringcue'); // npm calls the program by the folder's name
  try {
    await mkdir(folder);
    await writeFile(join(folder, 'package.json'), JSON.stringify(own));
    await writeFile(
      join(folder, 'package-lock.json'),
      JSON.stringify({ ...all, packages: Object.fromEntries(packages) }),
    );
    const parameters = [
      ...['exec', '--yes', '--', NPM, 'sbom'],
      '--package-lock-only',
      '--sbom-format',
      'cyclonedx',
      '--sbom-type',
      'application',
    ];
    const { stdout } = await promisify(execFile)('npm', parameters, {
      cwd: folder,
      timeout: DEADLINE_MS,
      env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}` },
    });
    return stdout;
  } finally {
    await rm(outer, { recursive: true });
  }
}
