// Policies of a company on this very machine, where browsers look for them. What was there before is put back by a process of
// its own as soon as this one lets go of it or ends, however it ends; and what even that could not put back (the machine was
// switched off) is put back first. Called by fleet.test.ts; as root.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const KEPT = '.kept-by-ringcue-test';
const RESTORE_MS = 10_000;

/** `$1 …`: triples of the file, what was there before, and the first folder that was made for it ('': none). */
const RESTORE = `
cat >/dev/null
while [ $# -gt 0 ]; do
  if [ -e "$2" ]; then mv -f "$2" "$1"; else rm -f "$1"; fi
  rm -f "$1.next"
  folder=$(dirname "$1")
  while [ -n "$3" ] && rmdir "$folder" 2>/dev/null && [ "$folder" != "$3" ]; do folder=$(dirname "$folder"); done
  shift 3
done`;

export const CHROMIUM_POLICY = '/etc/chromium/policies/managed/ringcue-test.json';
export const FIREFOX_POLICY = '/etc/firefox/policies/policies.json';

export type PolicyFile = AsyncDisposable & {
  /** Chromium takes a changed file within seconds, Firefox at its next start. */
  write(policies: unknown): Promise<void>;
};

export async function openPolicyFile(path: string): Promise<PolicyFile> {
  const kept = path + KEPT;
  if (existsSync(kept)) await rename(kept, path);
  const made = (await mkdir(dirname(path), { recursive: true })) ?? '';
  // It waits for the end of its input, which comes whatever happens to us.
  const restorer = spawn('sh', ['-c', RESTORE, 'sh', path, kept, made], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  await once(restorer, 'spawn');
  if (existsSync(path)) await rename(path, kept);
  return {
    write: async (policies) => {
      const next = `${path}.next`;
      await writeFile(next, JSON.stringify(policies));
      await rename(next, path);
    },
    [Symbol.asyncDispose]: async () => {
      const ended = once(restorer, 'exit', { signal: AbortSignal.timeout(RESTORE_MS) });
      restorer.stdin.end();
      await ended;
    },
  };
}
