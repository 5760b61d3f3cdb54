// The door of the directory: every configured source in its order, the staff, and what is told of them. Shell; called by
// `client-directory.ts`.
import type { SourceConfig } from '../config-directory.ts';
import { createDirectory } from './directory.ts';
import type { Asked, Directory, DirectoryOptions } from './directory.ts';
import { openKept, openSource } from './open-source.ts';
import type { OpenOptions } from './open-source.ts';
import { queryFor } from './query.ts';
import type { Source } from './source.ts';

const MAX_NUMBERS_REMEMBERED = 10_000;
/** A client who is new in the database is known a minute later. */
const LONGEST_NOBODY_MS = 60_000;

export type DirectoryDoorOptions = OpenOptions &
  Pick<DirectoryOptions, 'onStep' | 'onBreaker' | 'now'> & {
    sources: readonly SourceConfig[];
    staff: SourceConfig | null;
    /** How long a client's data is remembered who was asked for. */
    cacheMs: number;
  };

export type OpenDirectory = Directory & {
  /** What the staff's list calls the colleague with this extension; null: nothing, or several. */
  colleagueName(extension: string): string | null;
  sources: readonly Source[];
};

export async function openDirectory(options: DirectoryDoorOptions): Promise<OpenDirectory> {
  const asked: Asked[] = await Promise.all(
    options.sources.map(async (config) => ({
      source: await openSource(config, options),
      softMs: config.softMs,
      hardMs: config.hardMs,
    })),
  );
  const staff = options.staff && (await openKept(options.staff, options));
  const directory = createDirectory({
    sources: asked,
    foundMs: options.cacheMs,
    nobodyMs: Math.min(options.cacheMs, LONGEST_NOBODY_MS),
    maxNumbers: MAX_NUMBERS_REMEMBERED,
    onStep: options.onStep,
    onBreaker: options.onBreaker,
    now: options.now,
    random: options.random,
  });
  return {
    ...directory,
    sources: [...asked.map(({ source }) => source), ...(staff ? [staff] : [])],
    colleagueName: (extension) => {
      const known = staff?.find(queryFor(extension), NEVER);
      return known && !(known instanceof Promise) && known.length === 1 ? (known[0]?.name ?? null) : null;
    },
    stop: async () => {
      await directory.stop();
      await staff?.stop();
    },
  };
}
const NEVER = new AbortController().signal;
