// Debian packages that the tests and the demo need, installed where they are missing. Where nothing is missing only
// dpkg-query runs. Called by the set-up before browsers are started. [apt-get(8), apt.conf(5)]
import { execFile } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';

/** libnotify4 is what Firefox loads to reach the desktop, though it does not depend on it; l10n is for Russian. */
export const BROWSER_PACKAGES = [
  'chromium',
  'chromium-l10n',
  'firefox-esr',
  'firefox-esr-l10n-ru',
  'libnotify4',
  'dbus',
  'zip',
  'fonts-dejavu-core',
] as const;
/** promtool and the server itself, for the tests of the alerts. */
export const MONITORING_PACKAGES = ['prometheus'] as const;
/** For certificates of tests. */
export const TOOL_PACKAGES = ['openssl'] as const;
/** Real databases and a real address book, for the directory. */
export const DATABASE_PACKAGES = ['postgresql', 'mariadb-server', 'radicale'] as const;
/** For pictures of notifications as a person sees them: a screen, a notification daemon, a mouse, a camera. */
export const PICTURE_PACKAGES = ['xvfb', 'dunst', 'xdotool', 'scrot'] as const;

const QUERY_MS = 10_000;
const UPDATE_MS = 120_000;
const INSTALL_MS = 600_000;
const LOCK_SECONDS = 300;
const RETRY_MS = 1_000;
const MAX_TRIES = 120;

/** What a command did: its exit code (null: not there, or too slow) and everything it printed. */
export interface Outcome {
  code: number | null;
  output: string;
}

/** The machine underneath, so that a test can be another one. */
export interface Machine {
  userId: number;
  run(command: string, parameters: readonly string[], deadlineMs: number): Promise<Outcome>;
  pause(ms: number): Promise<unknown>;
}

type AptGet = (parameters: readonly string[], deadlineMs: number) => Promise<Outcome>;

const thisMachine: Machine = {
  userId: process.getuid?.() ?? -1,
  pause: (ms) => setTimeout(ms),
  run: (command, parameters, deadlineMs) =>
    new Promise((resolve) => {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
      const options = { env, timeout: deadlineMs, maxBuffer: 64 * 1024 * 1024 };
      const child = execFile(command, parameters, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({
          code,
          output: `${stdout}${stderr}${code === null && error !== null ? error.message : ''}`,
        });
      });
      child.stdin?.end();
    }),
};

/**
 * Installs those of `names` that are missing, as root or by `sudo` without a password. `progress` gets a line before
 * each long step. Throws, with the line to paste, where it cannot.
 */
export async function preparePackages(
  names: readonly string[],
  progress: (line: string) => void,
  machine: Machine = thisMachine,
): Promise<void> {
  const missing = await missingPackages(names, machine);
  if (missing.length === 0) return;

  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const paste = `Please run:\n  sudo apt-get update && sudo ${install}`;
  const isRoot = machine.userId === 0;
  if (!isRoot && (await machine.run('sudo', ['-n', 'true'], QUERY_MS)).code !== 0) {
    throw new Error(`Missing: ${missing.join(', ')}, and this user may not install them. ${paste}`);
  }
  const aptGet: AptGet = (parameters, deadlineMs) => {
    const all = [`-oDPkg::Lock::Timeout=${LOCK_SECONDS}`, ...parameters];
    // sudo starts with a clean environment, so the one variable that matters is named again
    return isRoot
      ? machine.run('apt-get', all, deadlineMs)
      : machine.run('sudo', ['-n', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...all], deadlineMs);
  };
  progress(`Reading Debian's package lists`);
  const updated = await update(aptGet, machine);
  progress(`Installing ${missing.join(', ')}`);
  const installed = await aptGet(['install', '-y', '--no-install-recommends', ...missing], INSTALL_MS);
  const stillMissing = await missingPackages(missing, machine);
  if (installed.code !== 0 || stillMissing.length > 0) {
    const said = updated.code === 0 ? installed.output : `${updated.output}\n${installed.output}`;
    throw new Error(`apt-get could not install ${stillMissing.join(', ')}:\n${lastLines(said)}\n${paste}`);
  }
}

/** `apt-get update` does not wait for another one that holds the lists, so it is asked again. */
async function update(aptGet: AptGet, machine: Machine): Promise<Outcome> {
  for (let tries = 1; ; tries++) {
    const outcome = await aptGet(['update'], UPDATE_MS);
    const isLocked = outcome.code !== 0 && outcome.output.includes('Could not get lock');
    if (!isLocked || tries === MAX_TRIES) return outcome;
    await machine.pause(RETRY_MS);
  }
}

async function missingPackages(names: readonly string[], machine: Machine): Promise<string[]> {
  const format = '-f=${Package} ${db:Status-Status}\\n';
  const { code, output } = await machine.run('dpkg-query', ['-W', format, ...names], QUERY_MS);
  if (code === null) {
    throw new Error(
      `Only Debian's packages can be installed from here. Needed: ${names.join(' ')}\n${output}`,
    );
  }
  const installed = new Set(
    output.split('\n').flatMap((line) => (line.endsWith(' installed') ? [line.split(' ')[0]] : [])),
  );
  return names.filter((name) => !installed.has(name));
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-15).join('\n');
