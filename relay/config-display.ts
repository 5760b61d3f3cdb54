// The settings of what people see and open: the words of notifications, the addresses of cards and pictures, and the
// schemes these may have. Called by `config.ts`.
import { z } from 'zod';
import { LANGUAGES, MAX_TEMPLATE_LENGTH } from '../shared/protocol.ts';
import type { Language } from '../shared/protocol.ts';
import { NOTICE_NAMES } from '../shared/notice.ts';
import { parseTemplate, TemplateError } from '../shared/template.ts';
import type { TemplateNames } from '../shared/template.ts';
import { ADDRESS_NAMES, addressProblem, schemeProblem } from './address.ts';
import { text } from './config-fields.ts';

export const DISPLAY_SETTINGS = {
  notificationTitle: {
    yaml: 'notification.title',
    environment: 'RINGCUE_NOTIFICATION_TITLE',
    describes: 'The first line of a notification, one for everybody or one for each language.',
    example: "'{name}'",
  },
  notificationText: {
    yaml: 'notification.text',
    environment: 'RINGCUE_NOTIFICATION_TEXT',
    describes: 'The lines below it, one text for everybody or one for each language.',
    example: "'{number}'",
  },
  cardUrl: {
    yaml: 'directory.cardUrl',
    environment: 'RINGCUE_CARD_URL',
    describes: 'What a click on a known client opens, with {id}, {name} and {number} where they belong.',
    example: 'https://crm.example/clients/{id}',
    isReloaded: true,
  },
  unknownUrl: {
    yaml: 'directory.unknownUrl',
    environment: 'RINGCUE_UNKNOWN_URL',
    describes: 'What a click on an unknown number opens, with {number} where it belongs.',
    example: 'https://crm.example/search?number={number}',
    isReloaded: true,
  },
  imageUrl: {
    yaml: 'directory.imageUrl',
    environment: 'RINGCUE_IMAGE_URL',
    describes: "The address of a client's picture, with {id} where it belongs.",
    example: 'https://crm.example/pictures/{id}',
    isReloaded: true,
  },
  schemes: {
    yaml: 'directory.schemes',
    environment: 'RINGCUE_SCHEMES',
    describes: 'What else than https an address of a card may begin with, for programs of your own.',
    example: '[callto, e1c]',
    isReloaded: true,
  },
} as const;

const IN_EACH_LANGUAGE = `must be one text for everybody, or one for each language: ${LANGUAGES.join(', ')}`;

/** `{en: …, ru: …}`, or one text for both. */
const wording = z
  .union([z.string(), z.strictObject({ en: text(), ru: text() })], IN_EACH_LANGUAGE)
  .transform((told, context): Record<Language, string> => {
    const wordings = typeof told === 'string' ? { en: told, ru: told } : told;
    for (const [language, source] of Object.entries(wordings)) {
      const problem = wordingProblem(source);
      const path = typeof told === 'string' ? [] : [language];
      if (problem !== null) context.addIssue({ code: 'custom', message: problem, path });
      if (problem !== null && typeof told === 'string') break;
    }
    return wordings;
  });

function wordingProblem(source: string): string | null {
  if (source.trim() === '') return 'is empty: leave it out for the usual words';
  if (source.length > MAX_TEMPLATE_LENGTH) return `has more than ${MAX_TEMPLATE_LENGTH} characters`;
  try {
    parseTemplate(source, NOTICE_NAMES);
    return null;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

/** `[callto, e1c]`, or `callto, e1c`. */
const schemes = z
  .union([z.string(), z.array(text())], 'must be a list of schemes, for example [callto, e1c]')
  .default('')
  .transform((told, context) => {
    const listed = (typeof told === 'string' ? told.split(',') : told)
      .map((one) => one.trim().replace(/:(?:\/\/)?$/, ''))
      .filter((one) => one !== '');
    for (const [n, scheme] of listed.entries()) {
      const problem = schemeProblem(scheme);
      if (problem !== null)
        context.addIssue({ code: 'custom', message: `"${scheme.slice(0, 40)}" ${problem}`, path: [n] });
    }
    return listed;
  });

export const displayFields = {
  notificationTitle: z.nullable(wording).default(null),
  notificationText: z.nullable(wording).default(null),
  cardUrl: z.nullable(text()).default(null),
  unknownUrl: z.nullable(text()).default(null),
  imageUrl: z.nullable(text()).default(null),
  schemes,
};

const ADDRESSES: readonly ['cardUrl' | 'unknownUrl' | 'imageUrl', TemplateNames][] = [
  ['cardUrl', ADDRESS_NAMES.card],
  ['unknownUrl', ADDRESS_NAMES.unknown],
  ['imageUrl', ADDRESS_NAMES.image],
];

type Told = Readonly<Record<'cardUrl' | 'unknownUrl' | 'imageUrl', string | null>> & { schemes: string[] };

/** The addresses are judged once the schemes are known. */
export function judgeAddresses(told: Told, context: z.RefinementCtx): void {
  for (const [key, names] of ADDRESSES) {
    const template = told[key];
    const problem =
      template === null ? null : addressProblem(template, names, key === 'imageUrl' ? [] : told.schemes);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem, path: [key] });
  }
}
