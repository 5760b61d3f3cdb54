// The link that opens /setup once, on its way from `ringcue setup-link` to the running relay: a file in the data folder that
// holds the hash of its secret. It is read when somebody tries a link, and goes with the first that is right. Shell.
import { randomBytes } from 'node:crypto';
import { chownSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const FILE_NAME = 'setup-link.json';
const kept = z.object({ hash: z.string().length(43), expiresAt: z.number() });
export type SetupLink = z.infer<typeof kept>;

/** In place of the one before, if there is one. Throws the file system's errors. */
export function writeSetupLink(folder: string, link: SetupLink): void {
  const path = join(folder, FILE_NAME);
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(draft, JSON.stringify(link), { mode: 0o600, flag: 'wx' });
    // Root must not keep the relay from reading it.
    const { uid, gid } = statSync(folder);
    if (process.getuid?.() === 0) chownSync(draft, uid, gid);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/**
 * Whether this is its secret's hash, in time; then nobody can use it again. A link that cannot be taken away opens nothing,
 * as it would open more than once.
 */
export function useSetupLink(folder: string, hash: string, at: number): boolean {
  const path = join(folder, FILE_NAME);
  try {
    const link = kept.parse(JSON.parse(readFileSync(path, 'utf8')));
    const isOver = at >= link.expiresAt;
    // The hash of what nobody can guess: how long the comparison takes tells nothing that helps.
    if (!isOver && link.hash !== hash) return false;
    unlinkSync(path);
    return !isOver;
  } catch {
    return false; // there is none, or none that could be used
  }
}
