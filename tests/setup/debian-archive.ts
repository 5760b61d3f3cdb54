// Fetches packages of any Debian suite from the mirror that this host's apt already uses, and unpacks them into a folder:
// nothing is installed, no service is started, no root is needed. Called by setup/asterisk.ts and setup/tools.ts.
// [apt-get(8), apt.conf(5), dpkg-deb(1)]

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianMirrors } from './debian-mirror.ts';

/** No packages can be had on this machine now; the message says why and what to do. */
export class ArchiveUnavailable extends Error {
  override name = 'ArchiveUnavailable';
}

export interface Wanted {
  /** Debian's name, e.g. `bookworm` */
  readonly suite: string;
  readonly packages: readonly string[];
  /** fetched with all that it depends on where one of `packages` has moved */
  readonly whole?: string;
}

export interface Place {
  readonly mirrors: readonly string[];
  /** apt's own folder, which the caller removes */
  readonly workshop: string;
  readonly progress: (text: string) => void;
}

const ARCHIVE_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** @returns the downloaded package files. @throws ArchiveUnavailable */
export async function downloadPackages(
  { suite, packages, whole }: Wanted,
  { mirrors, workshop, progress }: Place,
): Promise<string[]> {
  if (!existsSync('/usr/bin/apt-get'))
    throw new ArchiveUnavailable(
      'This host has no apt. What the tests need can only be fetched on Debian or its derivatives.',
    );
  if (!existsSync(ARCHIVE_KEYRING))
    throw new ArchiveUnavailable(
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
    if (whole === undefined) throw error;
    // Sid moves: a library may carry another name by now. Apt then finds out by itself, at the price of many more packages.
    progress(`A package has moved at ${mirror} (${explain(error)}); fetching all dependencies …`);
    const all = ['install', '--download-only', '--yes', '--no-install-recommends', whole];
    await run('apt-get', [...aptOptions(workshop), ...all], { deadlineMs: 600_000, folder: debs });
  }
  return (await readdir(debs)).filter((name) => name.endsWith('.deb')).map((name) => join(debs, name));
}

/** Tries the mirrors in turn until one gives the suite's list of packages. */
async function reachMirror(suite: string, mirrors: readonly string[], workshop: string): Promise<string> {
  if (mirrors.length === 0)
    throw new ArchiveUnavailable(
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
  throw new ArchiveUnavailable(
    `No mirror of this host gives Debian's ${suite}: ${reason}\nTried ${mirrors.join(', ')}. Check the network, or put a mirror that carries ${suite} into /etc/apt/sources.list.d.`,
  );
}

/** The mirrors that this host itself uses. */
export const hostMirrors = (): string[] => debianMirrors(hostSources());

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

/** Lays the packages out below `root`, as dpkg would, without their scripts. */
export async function unpackPackages(debs: readonly string[], root: string): Promise<void> {
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
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const output = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  const isLate = 'killed' in error && error.killed === true;
  if (isLate) return `it took too long. ${output.slice(-500)}`;
  return output === '' ? error.message : output.slice(-800);
}
