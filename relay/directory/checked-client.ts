// The one funnel that everything from a source passes: whatever a database or a web server says becomes a client, clean
// and bounded, or a sentence that says what is wrong with it and none of its text. Pure; called by `live.ts` and `pull.ts`.
import { isCardAddress } from '../address.ts';
import { cleanText } from '../numbers.ts';
import { isPicture, isYes } from './client-rows.ts';
import { splitNumbers } from './number-field.ts';
import type { Client } from './source.ts';

export const MAX_CLIENTS_IN_ANSWER = 20;
export const MAX_FIELDS = 8;
export const MAX_NUMBERS = 32;
const MAX_ID_LENGTH = 200;
const MAX_NAME_LENGTH = 200;
const MAX_VALUE_LENGTH = 200;
const MAX_URL_LENGTH = 2048;
const MAX_IMAGE_LENGTH = 4096;
/** Of a text of 10 MB no more is even looked at. */
const MAX_RAW_LENGTH = 8192;

/** What a source gives for a client: by the names of `COLUMNS`, and a field by any other name. */
export type RawClient = Readonly<Record<string, unknown>>;

export type Rules = {
  /** The labels of the fields that add-ons may be sent. */
  fields: readonly string[];
  /** A number as people write it → its normal form; null: hidden or nothing. */
  describe(raw: string): string | null;
};

/** The names that mean something; every other one is a field's. */
export const COLUMNS = ['id', 'name', 'numbers', 'url', 'image', 'manager', 'vip', 'blocked'] as const;

/** `numbers` are told where the source told some; one that is no number is left out. */
export function checkClient(raw: unknown, rules: Rules): Client | string {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return 'a client is no table of values';
  const values = valuesOf(raw as RawClient);
  const id = textOf(values('id'), MAX_ID_LENGTH + 1);
  if (id === '') return 'a client has no id';
  if (id.length > MAX_ID_LENGTH) return `an id has more than ${MAX_ID_LENGTH} characters`;
  const name = textOf(values('name'), MAX_NAME_LENGTH);
  if (name === '') return 'a client has no name';
  const url = textOf(values('url'), MAX_URL_LENGTH + 1);
  const image = textOf(values('image'), MAX_IMAGE_LENGTH + 1);
  const manager = textOf(values('manager'), 64);
  const told = values('numbers');
  const client: Client = {
    id,
    name,
    url: isCardAddress(url) ? url : null,
    image: isPicture(image) ? image : null,
    fields: fieldsOf(values, rules),
  };
  if (told !== undefined && told !== null) client.numbers = numbersOf(told, rules);
  if (manager !== '') client.manager = manager;
  if (isYes(textOf(values('vip'), 8))) client.isVip = true;
  if (isYes(textOf(values('blocked'), 8))) client.isBlocked = true;
  return client;
}

/** Databases spell the names of columns in capitals as they like; a list of a million mostly does not. */
function valuesOf(raw: RawClient): (name: string) => unknown {
  let others: Map<string, unknown> | null = null;
  return (name) => (Object.hasOwn(raw, name) ? raw[name] : (others ??= lowerCased(raw)).get(name));
}

function lowerCased(raw: RawClient): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const key in raw) {
    if (values.size >= 64) break;
    if (Object.hasOwn(raw, key)) values.set(key.toLowerCase(), raw[key]);
  }
  return values;
}

/** What `cleanText` would leave as it is: most texts of a list are so, and this costs a tenth. */
const CLEAN = /^[\p{L}\p{N}.,:;@_+()/-]+(?: [\p{L}\p{N}.,:;@_+()/-]+)*$/u;

/** One line of text; '' for what is no single value. */
export function textOf(value: unknown, maxLength: number): string {
  if (typeof value === 'string' && value.length <= maxLength && CLEAN.test(value)) return value;
  if (typeof value === 'string') return cleanText(value.slice(0, MAX_RAW_LENGTH), maxLength);
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return cleanText(String(value), maxLength);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString().slice(0, 10);
  return '';
}

function numbersOf(told: unknown, { describe }: Rules): string[] {
  if (typeof told === 'string' && /^\+\d{7,15}$/.test(told)) {
    const number = describe(told);
    return number === null ? [] : [number];
  }
  const texts = (Array.isArray(told) ? told.slice(0, MAX_NUMBERS) : [told]).flatMap((one) =>
    typeof one === 'string' || typeof one === 'number' || typeof one === 'bigint'
      ? splitNumbers(String(one).slice(0, MAX_RAW_LENGTH)).slice(0, MAX_NUMBERS)
      : [],
  );
  const numbers = new Set<string>();
  for (const text of texts.slice(0, MAX_NUMBERS)) {
    const number = describe(text.slice(0, 64));
    if (number !== null && /^\+?[\d*#]{1,15}$/.test(number)) numbers.add(number);
  }
  return [...numbers];
}

const NO_FIELDS = Object.freeze({});

/** In the order of the list, whatever the source's own is. */
function fieldsOf(values: ReturnType<typeof valuesOf>, { fields }: Rules): Record<string, string> {
  if (fields.length === 0) return NO_FIELDS;
  const told: Record<string, string> = {};
  for (const label of fields.slice(0, MAX_FIELDS)) {
    const value = textOf(values(label.toLowerCase()), MAX_VALUE_LENGTH);
    if (value !== '') Object.defineProperty(told, label, { value, enumerable: true, configurable: true });
  }
  return told;
}
