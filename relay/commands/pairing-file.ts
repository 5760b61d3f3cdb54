// What the commands about pairing share: they open the file that the running relay uses, too, and say plainly why they cannot.
// Shell; `invite.ts`, `devices.ts`, `revoke.ts` and `audit.ts` use it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ParseArgsOptionsConfig } from 'node:util';
import type { Command, Invocation } from '../command.ts';
import type { Config } from '../config.ts';
import { FILE_NAME, openPairingStore } from '../pairing/store.ts';
import type { PairingStore } from '../pairing/store.ts';
import { configured } from './configured.ts';

export type Values = Readonly<Record<string, string | boolean | undefined>>;
export type PairingInvocation = Pick<Invocation, 'say' | 'complain'> & {
  config: Config;
  store: PairingStore;
  values: Values;
  positionals: readonly string[];
};

/** A fault that is told as it is. */
export class Complaint extends Error {
  readonly code: 1 | 64;
  constructor(message: string, code: 1 | 64 = 1) {
    super(message);
    this.code = code;
  }
}

/** `usage`: told where it is used wrongly, exit code 64. `most`: how many words may stand behind it. */
export const withPairingFile =
  (
    usage: string,
    options: ParseArgsOptionsConfig,
    most: number,
    run: (invocation: PairingInvocation) => void,
  ): Command =>
  async (invocation) => {
    const parsed = parse(invocation.parameters, options);
    if (typeof parsed === 'string' || parsed.positionals.length > most) {
      invocation.complain(typeof parsed === 'string' ? parsed : 'That is too much.');
      invocation.complain(`Usage: ringcue ${usage}`);
      return 64;
    }
    return configured((config) => Promise.resolve(runWith(config, { ...invocation, ...parsed }, run)))(
      invocation,
    );
  };

type Parsed = { values: Values; positionals: string[] };

function parse(parameters: readonly string[], options: ParseArgsOptionsConfig): Parsed | string {
  try {
    const { values, positionals } = parseArgs({ args: [...parameters], options, allowPositionals: true });
    return { values: values as Values, positionals };
  } catch (error) {
    return (error as Error).message;
  }
}

function runWith(
  config: Config,
  invocation: Omit<PairingInvocation, 'config' | 'store'>,
  run: (invocation: PairingInvocation) => void,
): number {
  let store: PairingStore | null = null;
  try {
    store = open(config);
    run({ ...invocation, config, store });
    return 0;
  } catch (error) {
    const isTold = error instanceof Complaint;
    invocation.complain(isTold ? error.message : `The pairing file: ${(error as Error).message}`);
    return isTold ? error.code : 1;
  } finally {
    store?.close();
  }
}

function open({ data }: Config): PairingStore {
  if (data === null) throw new Complaint('RINGCUE_DATA names no folder: nothing is kept of pairings.');
  const path = join(data, FILE_NAME);
  // Made here, it could belong to another account than the relay's, which could not write it then.
  if (!existsSync(path))
    throw new Complaint(`There is no ${path} yet: start the relay first (auth: pairing).`);
  return openPairingStore(path);
}

/** The words of a table, one below the other. */
export function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((word, n) => word.padEnd(widths[n] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `2026-11-28 02:21`, in UTC. */
export const minuteOf = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
