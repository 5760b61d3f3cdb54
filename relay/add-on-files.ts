// The packed add-on that the relay hands out to browsers that install or update it by themselves: what `npm run package` has
// written into one folder. Held in memory, so that no address of a request ever meets the disk and no disk a ring; new files
// are taken within seconds. The relay's pages are told what of it they may offer. Shell; `commands/keep-add-on.ts` opens it.
import { createHash } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';
import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NO_OFFER } from './pages/install.ts';
import type { AddOnOffer } from './pages/install.ts';

export type AddOnFile = { type: string; body: Buffer };

export type AddOnFiles = {
  /** What is there now. */
  offer(): AddOnOffer;
  /** A file by its whole name; undefined: it is none of these, or not there. */
  find(name: string): AddOnFile | undefined;
  stop(): void;
};

export type AddOnFilesOptions = {
  /** These files are handed out from now on. */
  onRead(version: string, names: string[]): void;
  /** What was handed out before stays. */
  onFault(message: string): void;
  lookEveryMs?: number;
};

const PATH = 'add-on/';
/** Says what the others are; the packing writes it last. */
const CONTENTS = 'contents.json';
/** All that is ever handed out. Chromium installs a package only when it is told to be one. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['ringcue.crx', 'application/x-chrome-extension'],
  ['ringcue.xpi', 'application/x-xpinstall'],
  ['updates.xml', 'text/xml; charset=utf-8'],
  ['updates.json', 'application/json; charset=utf-8'],
]);
const WATCHED = [...TYPES.keys(), CONTENTS];
const MAX_BYTES = 16 * 1024 * 1024;
const LOOK_EVERY_MS = 2_000;
const SETTLE_MS = 300;

const contents = z.object({
  version: z.string().regex(/^[\d.]{1,40}$/),
  chromiumId: z.string().regex(/^[a-p]{32}$/),
  crxSha256: z.string().regex(/^[0-9a-f]{64}$/),
});

type Package = { version: string; chromiumId: string; files: Map<string, AddOnFile> };

/** Reads from now on; what is wrong with the folder is told. Nothing waits for it, as disks may hang. */
export function openAddOnFiles(folder: string, options: AddOnFilesOptions): AddOnFiles {
  const { onRead, onFault, lookEveryMs = LOOK_EVERY_MS } = options;
  let held: Package | null = null;
  let settling: NodeJS.Timeout | undefined;

  const read = async (): Promise<void> => {
    try {
      held = await readPackage(folder);
    } catch (error) {
      onFault((error as Error).message);
      return;
    }
    onRead(held.version, [...held.files.keys()]);
  };
  const onChange = (now: Stats, before: Stats): void => {
    if (now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino) return;
    clearTimeout(settling);
    settling = setTimeout(() => void read(), SETTLE_MS).unref();
  };
  for (const name of WATCHED)
    watchFile(join(folder, name), { interval: lookEveryMs, persistent: false }, onChange);
  void read();

  return {
    offer: () => (held === null ? NO_OFFER : offerOf(held)),
    find: (name) => held?.files.get(name),
    stop: () => {
      clearTimeout(settling);
      for (const name of WATCHED) unwatchFile(join(folder, name), onChange);
    },
  };
}

function offerOf({ chromiumId: id, files }: Package): AddOnOffer {
  const hasChromium = files.has('ringcue.crx') && files.has('updates.xml');
  return {
    chromium: hasChromium ? { id, updatesPath: `${PATH}updates.xml`, crxPath: `${PATH}ringcue.crx` } : null,
    firefox: files.has('ringcue.xpi') ? { xpiPath: `${PATH}ringcue.xpi` } : null,
  };
}

/** Throws where these files are not of one packing. Firefox's may be another than was packed: Mozilla has signed it since. */
async function readPackage(folder: string): Promise<Package> {
  const text = await readSmall(join(folder, CONTENTS));
  if (text === undefined)
    throw new Error(
      `${join(folder, CONTENTS)} is not there: copy the folder add-on here that npm run package has written`,
    );
  const parsed = contents.safeParse(jsonOf(text));
  if (!parsed.success)
    throw new Error(`${join(folder, CONTENTS)} is not what npm run package writes: pack again`);
  const { version, chromiumId, crxSha256 } = parsed.data;
  const files = new Map<string, AddOnFile>();
  for (const [name, type] of TYPES) {
    const body = await readSmall(join(folder, name));
    if (body !== undefined) files.set(name, { type, body });
  }
  const crx = files.get('ringcue.crx');
  const updates = files.get('updates.xml')?.body.toString() ?? '';
  const isCrxRight = crx === undefined || createHash('sha256').update(crx.body).digest('hex') === crxSha256;
  const areUpdatesRight = updates === '' || updates.includes(`appid="${chromiumId}"`);
  if (!isCrxRight || !areUpdatesRight)
    throw new Error(
      `${folder}: its files are of different packings: copy all that npm run package has written`,
    );
  return { version, chromiumId, files };
}

/** undefined: it is not there. */
async function readSmall(path: string): Promise<Buffer | undefined> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new Error(`${path} is larger than any add-on`);
    return await readFile(path);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}

function jsonOf(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString());
  } catch {
    return null;
  }
}
