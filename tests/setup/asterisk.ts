// Fetches a real Asterisk into a cache folder, out of Debian packages that are unpacked and never installed: no root, no container.
// 16.28 is carried by Debian's bullseye, 22.10 by its sid; both come from the mirror that this host's apt already uses.
// Called by tests/lab, tests/run.ts and the demo. A cached root is complete or absent: it is made beside and renamed.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { debianMirrors } from './debian-mirror.ts';

export type AsteriskRelease = '16' | '22';

/** An unpacked Asterisk. `loader` must start `binary`, as its C library is newer or older than the host's. */
export interface AsteriskRoot {
  readonly release: AsteriskRelease;
  /** as its package says, e.g. `16.28.0` */
  readonly version: string;
  readonly folder: string;
  readonly loader: string;
  /** folders, apart by colons, as the loader takes them */
  readonly libraryPath: string;
  readonly binary: string;
  readonly modulesFolder: string;
  readonly documentationFolder: string;
}

/** No Asterisk can be had on this machine now; the message says why and what to do. */
export class AsteriskUnavailable extends Error {
  override name = 'AsteriskUnavailable';
}

export interface PrepareOptions {
  /** holds `asterisk-16` and `asterisk-22`; made if absent. Default: `defaultCacheFolder()` */
  readonly cacheFolder?: string;
  readonly progress?: (text: string) => void;
  /** addresses of Debian archives; default: those that this host's apt uses */
  readonly mirrors?: readonly string[];
}

const ARCHIVE_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const MARKER = 'ringcue-root.json';
/** Grows when this file lays the root out in another way, so that older caches are fetched anew. */
const LAYOUT = 1;

const PACKAGES =
  'asterisk asterisk-modules libc6 zlib1g libzstd1 libxslt1.1 libuuid1 liburiparser1 libtinfo6 libsystemd0 libsqlite3-0 libmd0 libjansson4 libgsm1 libgcc-s1 libedit2 libcrypt1 libcap2 libbsd0 libstdc++6 liblzma5 liblz4-1 libgcrypt20 libgpg-error0'.split(
    ' ',
  );
interface Source {
  readonly suite: string;
  readonly packages: readonly string[];
}

const SOURCES: Record<AsteriskRelease, Source> = {
  '16': { suite: 'bullseye', packages: [...PACKAGES, 'libssl1.1', 'libicu67', 'libxml2'] },
  '22': { suite: 'sid', packages: [...PACKAGES, 'libssl3t64', 'libxml2-16'] },
};

/** `RINGCUE_CACHE`, else `ringcue` in the user's own cache folder. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const userCache = environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return environment['RINGCUE_CACHE'] ?? join(userCache, 'ringcue');
}

/**
 * Gives the cached root of this release, fetching it first if need be (about 3 s, 16 to 24 MB).
 * @throws AsteriskUnavailable when it can neither be found nor fetched
 */
export async function prepareAsterisk(
  release: AsteriskRelease,
  {
    cacheFolder = defaultCacheFolder(),
    progress = () => undefined,
    mirrors = debianMirrors(hostSources()),
  }: PrepareOptions = {},
): Promise<AsteriskRoot> {
  const folder = join(cacheFolder, `asterisk-${release}`);
  const cached = await readRoot(release, folder);
  if (cached) return cached;
  await mkdir(cacheFolder, { recursive: true });
  await removeAbandoned(folder);
  const workshop = `${folder}.partial-${process.pid}-${randomBytes(3).toString('hex')}`;
  try {
    progress(`Fetching Asterisk ${release} (Debian ${SOURCES[release].suite}) …`);
    const debs = await download(SOURCES[release], mirrors, workshop, progress);
    progress(`Unpacking ${debs.length} packages …`);
    const made = join(workshop, 'root');
    await unpack(debs, made);
    await writeFile(join(made, MARKER), JSON.stringify(marker(release, debs), null, 2));
    if (!(await readRoot(release, made)))
      throw new Error(`the packages of ${SOURCES[release].suite} hold no Asterisk that can be started`);
    await moveIntoPlace(release, made, folder);
  } catch (error) {
    if (error instanceof AsteriskUnavailable) throw error;
    throw new AsteriskUnavailable(`Asterisk ${release} could not be prepared: ${explain(error)}`, {
      cause: error,
    });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  const root = await readRoot(release, folder);
  if (!root) throw new AsteriskUnavailable(`${folder} is not usable. Remove that folder and try again.`);
  progress(`Asterisk ${root.version} is ready in ${root.folder}`);
  return root;
}

// --- the cache ---

function marker(release: AsteriskRelease, debs: readonly string[]) {
  const packages = debs.map((file) => decodeURIComponent(basename(file, '.deb')));
  const version = /^asterisk_(?:\d+:)?([\d.]+)/.exec(
    packages.find((name) => name.startsWith('asterisk_')) ?? '',
  )?.[1];
  return { layout: LAYOUT, release, version, packages };
}

/** The root in this folder if its marker says that it was finished and its parts are there, else null. */
async function readRoot(release: AsteriskRelease, folder: string): Promise<AsteriskRoot | null> {
  const markerFile = join(folder, MARKER);
  if (!existsSync(markerFile)) return null;
  const read: unknown = JSON.parse(await readFile(markerFile, 'utf8'));
  if (
    typeof read !== 'object' ||
    read === null ||
    !('layout' in read && 'release' in read && 'version' in read)
  )
    return null;
  if (read.layout !== LAYOUT || read.release !== release || typeof read.version !== 'string') return null;
  const libraries = join(folder, 'usr/lib');
  const triplet = (await readdir(libraries)).find((name) => name.endsWith('-linux-gnu'));
  if (triplet === undefined) return null;
  const nativeLibraries = join(libraries, triplet);
  const loaderName = (await readdir(nativeLibraries)).find((name) => /^ld-linux.*\.so\.\d+$/.test(name));
  if (loaderName === undefined) return null;
  // Bullseye keeps Asterisk's own library and modules in usr/lib, sid below the architecture's name.
  const libraryPath = `${nativeLibraries}:${libraries}`;
  const modulesFolder = [nativeLibraries, libraries]
    .map((path) => join(path, 'asterisk/modules'))
    .find(existsSync);
  const binary = join(folder, 'usr/sbin/asterisk');
  if (modulesFolder === undefined || !existsSync(binary)) return null;
  const loader = join(nativeLibraries, loaderName);
  const documentationFolder = join(folder, 'usr/share/asterisk/documentation');
  return {
    release,
    version: read.version,
    folder,
    loader,
    libraryPath,
    binary,
    modulesFolder,
    documentationFolder,
  };
}

/** Renames the finished root into the cache. Whoever comes second leaves the first one's root, which is as good. */
async function moveIntoPlace(release: AsteriskRelease, made: string, folder: string): Promise<void> {
  const isUsable = (await readRoot(release, folder)) !== null;
  if (existsSync(folder) && !isUsable) await rename(folder, join(dirname(made), 'unusable'));
  try {
    await rename(made, folder);
  } catch (error) {
    if ((await readRoot(release, folder)) === null) throw error;
  }
}

/** Removes what fetches that were killed have left beside the cache. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    const owner = name.startsWith(`${basename(folder)}.partial-`) ? Number(name.split('-').at(-2)) : 0;
    if (owner > 0 && !existsSync(`/proc/${owner}`))
      await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

// --- fetching ---

/** @returns the downloaded package files */
async function download(
  { suite, packages }: Source,
  mirrors: readonly string[],
  workshop: string,
  progress: (text: string) => void,
): Promise<string[]> {
  if (!existsSync('/usr/bin/apt-get'))
    throw new AsteriskUnavailable(
      'This host has no apt. A real Asterisk can only be fetched on Debian or its derivatives.',
    );
  if (!existsSync(ARCHIVE_KEYRING))
    throw new AsteriskUnavailable(
      `${ARCHIVE_KEYRING} is missing. Install the package debian-archive-keyring and try again.`,
    );
  const debs = join(workshop, 'archives');
  for (const name of ['lists/partial', 'archives/partial'])
    await mkdir(join(workshop, name), { recursive: true });
  await writeFile(join(workshop, 'status'), '');
  const mirror = await reachMirror(suite, mirrors, workshop);
  try {
    await run('apt-get', [...aptOptions(workshop), 'download', ...packages], {
      deadlineMs: 300_000,
      folder: debs,
    });
  } catch (error) {
    // Sid moves: a library may carry another name by now. Apt then finds out by itself, at the price of many more packages.
    progress(`A package has moved at ${mirror} (${explain(error)}); fetching all dependencies …`);
    const all = ['install', '--download-only', '--yes', '--no-install-recommends', 'asterisk'];
    await run('apt-get', [...aptOptions(workshop), ...all], { deadlineMs: 600_000, folder: debs });
  }
  return (await readdir(debs)).filter((name) => name.endsWith('.deb')).map((name) => join(debs, name));
}

/** Tries the mirrors in turn until one gives the suite's list of packages. */
async function reachMirror(suite: string, mirrors: readonly string[], workshop: string): Promise<string> {
  if (mirrors.length === 0)
    throw new AsteriskUnavailable(
      'No Debian mirror stands in /etc/apt/sources.list or /etc/apt/sources.list.d. Add one (types deb, component main) and try again.',
    );
  let reason = '';
  for (const mirror of mirrors) {
    await writeFile(
      join(workshop, 'sources.list'),
      `deb [signed-by=${ARCHIVE_KEYRING}] ${mirror} ${suite} main\n`,
    );
    try {
      await run('apt-get', [...aptOptions(workshop), '--error-on=any', 'update'], {
        deadlineMs: 120_000,
        folder: workshop,
      });
      return mirror;
    } catch (error) {
      reason = explain(error);
    }
  }
  throw new AsteriskUnavailable(
    `No mirror of this host gives Debian's ${suite}: ${reason}\nTried ${mirrors.join(', ')}. Check the network, or put a mirror that carries ${suite} into /etc/apt/sources.list.d.`,
  );
}

function hostSources(): string[] {
  const folder = '/etc/apt/sources.list.d';
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const files = names.filter((name) => /\.(?:list|sources)$/.test(name)).map((name) => join(folder, name));
  return ['/etc/apt/sources.list', ...files].filter(existsSync).map((file) => readFileSync(file, 'utf8'));
}

/** A private apt: its own lists, sources, status and cache; the host's proxies and certificates stay in force. */
function aptOptions(workshop: string): string[] {
  const settings = {
    'Dir::State::Lists': join(workshop, 'lists'),
    'Dir::State::status': join(workshop, 'status'),
    'Dir::State::extended_states': join(workshop, 'extended'),
    'Dir::Cache': workshop,
    'Dir::Etc::SourceList': join(workshop, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'APT::Default-Release': '',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'Acquire::Check-Valid-Until': 'false', // sid's Release may be past its date
    'Acquire::PDiffs': 'false',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '15',
    'Debug::NoLocking': 'true',
  };
  return ['-qq', ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
}

// --- unpacking ---

async function unpack(debs: readonly string[], root: string): Promise<void> {
  // Debian's packages expect the merged /usr; older ones still carry /lib, which must land in the same place.
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(root, name));
  }
  const script =
    'root=$1; shift; for deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink --no-same-owner --exclude=./usr/share/doc --exclude=./usr/share/man -C "$root" || exit 1; done';
  await run('bash', ['-o', 'pipefail', '-c', script, 'unpack', root, ...debs], {
    deadlineMs: 120_000,
    folder: root,
  });
}

const executeFile = promisify(execFile);

async function run(
  command: string,
  args: string[],
  { deadlineMs, folder }: { deadlineMs: number; folder: string },
) {
  const environment = { ...process.env, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' };
  await executeFile(command, args, {
    cwd: folder,
    env: environment,
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
  });
}

/** What a child process said last, which tells more than its command line. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const output = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  const isLate = 'killed' in error && error.killed === true;
  if (isLate) return `it took too long. ${output.slice(-500)}`;
  return output === '' ? error.message : output.slice(-800);
}
