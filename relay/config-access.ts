// The settings of who may watch whose calls: open mode or pairing, and what belongs to pairing. Called by `config.ts`.
import { z } from 'zod';
import { EXTENSION_PATTERN } from '../shared/protocol.ts';
import { text, wholeNumber } from './config-fields.ts';
import type { Settings } from './config-source.ts';
import { DEFAULT_PREFIX } from './pairing/dialplan.ts';

export const ACCESS_SETTINGS = {
  auth: {
    yaml: 'auth',
    environment: 'RINGCUE_AUTH',
    describes:
      'Who may watch a phone. With "pairing" only who has dialled a code from it or was invited; with "open" everybody who reaches the relay can watch every phone, which is for trials.',
    example: 'pairing',
  },
  publicUrl: {
    yaml: 'publicUrl',
    environment: 'RINGCUE_PUBLIC_URL',
    describes: 'The address that staff enter: it stands on the relay’s own page, and links begin with it.',
    example: 'https://ringcue.example',
  },
  pairingPrefix: {
    yaml: 'pairing.prefix',
    environment: 'RINGCUE_PAIRING_PREFIX',
    describes: 'What is dialled before the six digits of a code. The same stands in the dialplan.',
    example: "'*78'",
  },
  pairingContexts: {
    yaml: 'pairing.contexts',
    environment: 'RINGCUE_PAIRING_CONTEXTS',
    describes:
      'The contexts of the dialplan that phones dial in; a code dialled in another pairs nothing. Without it any context counts.',
    example: '[from-internal]',
  },
  tokenDays: {
    yaml: 'pairing.tokenDays',
    environment: 'RINGCUE_TOKEN_DAYS',
    describes: 'For how many days a paired browser stays paired after it was last there.',
    example: '90',
  },
  watchers: {
    yaml: 'pairing.watchers',
    environment: 'RINGCUE_WATCHERS',
    describes:
      'Who may watch the lines of others, as a table, extension: [extensions]. In the environment: 100=101+102.',
    example: '{ 100: [101, 102] }',
  },
} as const satisfies Settings;

/** `[a, b]` in the file, `a,b` in the environment. */
const words = (told: unknown, separator: RegExp): string[] | null => {
  const parts = typeof told === 'string' ? told.split(separator) : told;
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) return null;
  return parts.map((part) => part.trim()).filter((part) => part !== '');
};

const contexts = z
  .unknown()
  .optional()
  .transform((told, context) => {
    if (told === undefined || told === null) return null;
    const list = words(told, /[,\s]+/);
    if (list && list.length > 0 && list.every((name) => /^[^\s,<>"]{1,79}$/.test(name))) return list;
    context.addIssue('must list contexts of the dialplan that phones dial in, for example from-internal');
    return z.NEVER;
  });

/** `{100: [101, 102]}`, or `100=101+102,200=201` in the environment. */
const watchers = z
  .union([text(), z.record(z.string(), z.unknown())], 'must be a table, extension: [extensions]')
  .default('')
  .transform((told, context) => {
    const rows: [string, unknown][] =
      typeof told === 'string'
        ? (words(told, /,/) ?? []).map((row) => {
            const [watcher = '', ...list] = row.split('=');
            return [watcher.trim(), list.join('=')];
          })
        : Object.entries(told);
    const table = new Map<string, readonly string[]>();
    for (const [watcher, value] of rows) {
      const list = words(value, /[+,\s]+/) ?? [];
      const isWell = list.length > 0 && [watcher, ...list].every((one) => EXTENSION_PATTERN.test(one));
      if (!isWell)
        context.addIssue({
          code: 'custom',
          message: 'must say by extension whose lines this one may watch, for example 100: [101, 102]',
          path: [watcher],
        });
      table.set(watcher, list);
    }
    return table;
  });

const publicUrl = z
  .nullable(text())
  .default(null)
  .superRefine((url, context) => {
    if (url === null) return;
    const { protocol = '', search = '', hash = '', username = '' } = URL.parse(url) ?? {};
    if (!/^https?:$/.test(protocol) || search + hash + username !== '')
      context.addIssue('must be the address that staff enter, for example https://ringcue.example');
  });

export const ACCESS_SHAPE = {
  auth: z.enum(['pairing', 'open'], 'must be pairing or open').default('pairing'),
  publicUrl,
  pairingPrefix: text()
    .regex(/^[*#\d]{1,8}$/, 'must be what is dialled before a code, digits, * and #, for example *77')
    .default(DEFAULT_PREFIX),
  pairingContexts: contexts,
  tokenDays: wholeNumber(1, 3650).default(180),
  watchers,
};
