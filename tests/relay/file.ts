// A file for one test, gone after it. Called by tests of what the relay reads from files.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function fileOf(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-file-'));
  const path = join(folder, 'file');
  await writeFile(path, text);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
