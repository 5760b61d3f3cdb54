// `npm run transcript`: writes relay/deploy/TRANSCRIPT.md from a first day that was really played. Called by tests/run.ts.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { openEngine } from './engine.ts';
import { playFirstDay } from './first-day.ts';
import { PROJECT } from './image.ts';

const HEAD = `# A first day

A new administrator's way from the documents to the first notification, on a plain Asterisk 22: every command with what it
printed, and when (minutes and seconds since the start). \`npm run transcript\` has played it and written it; nothing is left
out or written by hand. Four things were not an administrator's: \`docker compose\` spoke to podman, the base image was
made here and not fetched, steps of the build that say "Using cache" had been done before (npm's takes some 10 seconds),
and addresses and ports of this machine stand as those of the documents.

`;

/** Returns what was done, in words. */
export async function writeTranscript(progress: (text: string) => void): Promise<string> {
  const { transcript, minutes } = await playFirstDay(await openEngine(progress), progress);
  const file = join(PROJECT, 'relay/deploy/TRANSCRIPT.md');
  const options = { ...(await resolveConfig(file)), filepath: file };
  await writeFile(file, await format(HEAD + transcript, options));
  return `relay/deploy/TRANSCRIPT.md is written: the first notification after ${minutes.toFixed(1)} minutes`;
}
