// Runs the programs that an administrator would: each with a deadline, its whole output kept for when it fails. Called by
// all of tests/deploy.
import { execFile } from 'node:child_process';

export type Outcome = { code: number; stdout: string; stderr: string };
export type RunOptions = {
  deadlineMs?: number;
  folder?: string;
  environment?: Readonly<Record<string, string>>;
};

/** Whatever its exit code is; rejects only where it could not be started or was too slow. */
export const attempt = (
  command: string,
  parameters: readonly string[],
  { deadlineMs = 60_000, folder, environment = {} }: RunOptions = {},
): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const options = {
      cwd: folder,
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...environment },
      timeout: deadlineMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 64 * 1024 * 1024,
    };
    const child = execFile(command, [...parameters], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') {
        resolve({ code, stdout, stderr });
        return;
      }
      const why = error?.killed === true ? `took longer than ${deadlineMs / 1000} s` : (error?.message ?? '');
      reject(new Error(`${[command, ...parameters].join(' ')}: ${why}\n${stdout}${stderr}`.slice(-4_000)));
    });
    child.stdin?.end();
  });

/** What it printed; rejects with all of that unless it exits with 0. */
export async function succeed(
  command: string,
  parameters: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await attempt(command, parameters, options);
  if (code === 0) return stdout;
  throw new Error(
    `${[command, ...parameters].join(' ')}: exit code ${code}\n${`${stdout}${stderr}`.slice(-4_000)}`,
  );
}
