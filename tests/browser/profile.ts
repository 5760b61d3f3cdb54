// A browser's temporary profile, and the certainty that the browser which uses it is gone: it is asked to close, and
// where it does not, its processes are killed, found by the profile's unique folder on its command line.
// Called by chromium.ts, firefox.ts and plainly.ts. [proc(5)]
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until, within } from './wait.ts';

const CLOSE_MS = 8_000;
const GONE_MS = 5_000;

export interface Profile {
  readonly folder: string;
  /** Closes the browser by `ask` or by force; what it has written stays. */
  quit(ask: () => Promise<unknown>): Promise<void>;
  remove(): Promise<void>;
}

export async function makeProfile(): Promise<Profile> {
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-profile-'));
  return {
    folder,
    quit: async (ask) => {
      const isClosed = await within(CLOSE_MS, 'the browser to close', ask()).then(
        () => true,
        () => false,
      );
      if (!isClosed) for (const id of await processesOf(folder)) kill(id);
      await until(GONE_MS, `the processes of ${folder} to end`, async () =>
        (await processesOf(folder)).length === 0 ? true : undefined,
      );
    },
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** The ids of the processes that were started with that folder on their command line. */
async function processesOf(folder: string): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      const commandLine = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''); // ended meanwhile
      return commandLine.includes(folder) ? [Number(id)] : [];
    }),
  );
  return found.flat();
}

function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // it ended meanwhile
  }
}
