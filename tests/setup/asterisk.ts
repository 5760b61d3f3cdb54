// Fetches a real Asterisk into a cache folder, out of Debian packages that are unpacked and never installed: no root, no container.
// 16.28 is carried by Debian's bullseye, 22.10 by its sid; both come from the mirror that this host's apt already uses.
// Called by tests/lab, tests/run.ts and the demo. A cached root is complete or absent: it is made beside and renamed.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import {
  ArchiveUnavailable,
  downloadPackages,
  explain,
  hostMirrors,
  unpackPackages,
} from './debian-archive.ts';

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
    mirrors = hostMirrors(),
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
    const wanted = { ...SOURCES[release], whole: 'asterisk' };
    const debs = await downloadPackages(wanted, { mirrors, workshop, progress });
    progress(`Unpacking ${debs.length} packages …`);
    const made = join(workshop, 'root');
    await unpackPackages(debs, made);
    await writeFile(join(made, MARKER), JSON.stringify(marker(release, debs), null, 2));
    if (!(await readRoot(release, made)))
      throw new Error(`the packages of ${SOURCES[release].suite} hold no Asterisk that can be started`);
    await moveIntoPlace(release, made, folder);
  } catch (error) {
    if (error instanceof AsteriskUnavailable) throw error;
    if (error instanceof ArchiveUnavailable) throw new AsteriskUnavailable(error.message, { cause: error });
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
