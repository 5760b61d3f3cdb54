// Stops a process as a deadlock does. Called by tests of what hangs. [signal(7), proc(5): the state of a thread]
import { readdirSync, readFileSync } from 'node:fs';
import { waitFor } from '../relay/wait.ts';

const DEADLINE_MS = 2_000;

/** Resolves when all its threads stand: one that runs on for a moment may still answer. */
export async function freeze(processId: number): Promise<void> {
  process.kill(processId, 'SIGSTOP');
  const threads = `/proc/${processId}/task`;
  const stands = (thread: string): boolean =>
    readFileSync(`${threads}/${thread}/stat`, 'utf8').includes(') T ');
  await waitFor(
    () => readdirSync(threads).every(stands),
    DEADLINE_MS,
    () => `process ${processId} did not stop`,
  );
}
