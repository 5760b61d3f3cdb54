// `ringcue invite EXTENSION`, or `--csv` for a whole office: a code, and a link that holds it, by which one browser is paired
// without a phone being dialled. Whoever has it has the calls of that extension, once: hand it over as you would a password.
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { createPhones } from '../calls/phones.ts';
import type { Config } from '../config.ts';
import { hashOfInvitation, newInvitation } from '../pairing/secrets.ts';
import type { PairingStore, Work } from '../pairing/store.ts';
import { linkBase } from './link-base.ts';
import { Complaint, minuteOf, withPairingFile } from './pairing-file.ts';

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_MS = 30 * 86_400_000;
const MAX_PEOPLE = 10_000;

type Invited = { extension: string; code: string; link: string | null; expiresAt: number };

export const invite = withPairingFile(
  'invite EXTENSION [--ttl 24h] [--json]   or   invite --csv people.csv [--ttl 24h] [--json]',
  { json: { type: 'boolean' }, ttl: { type: 'string' }, csv: { type: 'string' } },
  1,
  ({ config, store, values, positionals: [extension], say, complain }) => {
    const expiresAt = Date.now() + readTtl(String(values['ttl'] ?? '24h'));
    const path = values['csv'];
    if ((path === undefined) === (extension === undefined))
      throw new Complaint('Whom? One extension, or --csv and a file with a column "extension".', 64);
    if (typeof path === 'string') {
      const people = readPeople(path);
      for (const { line, columns } of people)
        checkExtension(config, columns['extension'] ?? '', `${path}, line ${line}: `);
      const invited = people.map(({ columns }) => inviteOne(config, columns['extension'] ?? '', expiresAt));
      keep(store, invited);
      if (values['json']) return say(JSON.stringify(invited));
      // With the columns that were there, so that it can be mailed by name.
      const names = Object.keys(people[0]?.columns ?? {});
      say([...names, 'code', 'link', 'expires'].map(quoted).join(','));
      for (const [n, { code, link, expiresAt: until }] of invited.entries())
        say(
          [...names.map((name) => people[n]?.columns[name] ?? ''), code, link ?? '', minuteOf(until)]
            .map(quoted)
            .join(','),
        );
      return;
    }
    checkExtension(config, extension ?? '', '');
    const invited = inviteOne(config, extension ?? '', expiresAt);
    keep(store, [invited]);
    if (values['json']) return say(JSON.stringify(invited));
    say(`Invitation for extension ${invited.extension}, good once, until ${minuteOf(expiresAt)} UTC.`);
    say(`  code  ${invited.code}`);
    if (invited.link !== null) say(`  link  ${invited.link}`);
    else complain('Set RINGCUE_PUBLIC_URL to the address that staff enter, and there will be a link, too.');
  },
);

function readTtl(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS_MS[unit] ?? 0);
  if (ms < 60_000 || ms > LONGEST_MS)
    throw new Complaint('--ttl must be a time from 1m to 30d, for example 30m, 24h or 7d.', 64);
  return ms;
}

function checkExtension({ pbxs }: Config, extension: string, place: string): void {
  const isKnown = pbxs.some(({ extensions: pattern, phones: endpoints, prefix }) =>
    createPhones({ pattern, endpoints, prefix }).isExtension(extension),
  );
  if (!isKnown) throw new Complaint(`${place}"${extension}" is not an extension of this phone system.`);
}

type Person = { line: number; columns: Readonly<Record<string, string>> };

function readPeople(path: string): Person[] {
  try {
    const rows = parse(readFileSync(path), {
      ...{ bom: true, columns: true, info: true, trim: true, skip_empty_lines: true, to: MAX_PEOPLE + 1 },
      delimiter: [',', ';'],
    }) as unknown as { record: Record<string, string>; info: { lines: number } }[];
    if (rows.length === 0 || rows.length > MAX_PEOPLE)
      throw new Error(`it must list 1 to ${MAX_PEOPLE} people below the line that names its columns`);
    if (!('extension' in (rows[0]?.record ?? {}))) throw new Error('it has no column "extension"');
    return rows.map(({ record, info }) => ({ line: info.lines, columns: record }));
  } catch (error) {
    throw new Complaint(`${path}: ${(error as Error).message}`);
  }
}

function inviteOne(config: Config, extension: string, expiresAt: number): Invited {
  const code = newInvitation();
  const base = linkBase(config);
  return { extension, code, link: base === null ? null : `${base}/pair#${code}`, expiresAt };
}

function keep(store: PairingStore, invited: readonly Invited[]): void {
  const at = Date.now();
  store.write(
    invited.flatMap(({ extension, code, expiresAt }): Work[] => [
      { type: 'invited', invitation: { hash: hashOfInvitation(code), extension, expiresAt } },
      {
        type: 'audited',
        row: { at, what: 'invited', extension, by: 'command', reason: null, count: 1 },
      },
    ]),
  );
}

const quoted = (text: string): string => (/[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
