// An administrator's terminal: each command line goes through a real shell, and what it printed is kept as a transcript.
// Called by tests/deploy/first-day.ts.
import { stripVTControlCharacters } from 'node:util';
import { attempt } from './command.ts';

const COMMAND_MS = 300_000;

export type Terminal = {
  /** Runs the line and returns what it printed; rejects unless it exits with 0. */
  run(line: string): Promise<string>;
  /** Words between the commands. */
  tells(text: string): void;
  /** What happened elsewhere than at the terminal. */
  shows(text: string): void;
  /** All of it as Markdown. */
  transcript(): string;
};

export type TerminalOptions = {
  folder: string;
  environment: Readonly<Record<string, string>>;
  /** What stands in the output for this machine only → what a reader sees instead. */
  substitutes: readonly (readonly [string, string])[];
};

export function openTerminal({ folder, environment, substitutes }: TerminalOptions): Terminal {
  const parts: string[] = [];
  const startedAt = performance.now();
  const clean = (text: string): string =>
    substitutes
      .reduce((before, [there, here]) => before.replaceAll(there, here), stripVTControlCharacters(text))
      .trimEnd();
  return {
    run: async (line) => {
      const options = { folder, environment: { ...environment, BASH_ENV: '' }, deadlineMs: COMMAND_MS };
      const { code, stdout, stderr } = await attempt(
        'bash',
        ['--norc', '-eo', 'pipefail', '-c', `exec 2>&1\n${line}`],
        options,
      );
      const output = `${stdout}${stderr}`;
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
      const shown = clean(output);
      parts.push(
        `\`\`\`console\n[${time}] # ${clean(line).replaceAll('\n', '\n> ')}\n${shown === '' ? '' : `${shown}\n`}\`\`\``,
      );
      if (code !== 0) throw new Error(`${line}: exit code ${code}\n${output.slice(-4_000)}`);
      return output;
    },
    tells: (text) => void parts.push(text),
    shows: (text) => void parts.push(`\`\`\`text\n${clean(text)}\n\`\`\``),
    transcript: () => `${parts.join('\n\n')}\n`,
  };
}
