// What a command of `ringcue` is. Types only; each is a file in `commands/`, and `main.ts` knows them by name.
import type { Environment } from './config-source.ts';

export type Invocation = {
  /** What stands behind the command's name. */
  parameters: readonly string[];
  environment: Environment;
  /** To standard output, a line. */
  say(line: string): void;
  /** To standard error, a line. */
  complain(line: string): void;
};

/** Resolves with the exit code [sysexits]: 0 well, 1 a fault that was found or met, 64 used wrongly, 78 the configuration is wrong. */
export type Command = (invocation: Invocation) => Promise<number>;
