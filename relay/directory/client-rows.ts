// The rows of a client list → clients. Pure; `directory/client-list.ts` feeds it. What is wrong with a row is told
// without its text, which may be a client's.
import { isCardAddress } from '../address.ts';
import { cleanText } from '../numbers.ts';
import { splitNumbers } from './number-field.ts';
import type { Client } from './source.ts';

export type ClientRow = Client & { numbers: readonly string[] };
/** `line`: 1 for the first line of the file, as an editor counts. */
export type Problem = { line: number; message: string };
export type Column = 'id' | 'name' | 'numbers' | 'url' | 'image' | 'manager' | 'vip' | 'blocked';
/** Where each column stands; -1: the list has none. */
export type Columns = Readonly<Record<Column, number>> & {
  /** Those of further fields, in the order in which they are shown. */
  fields: readonly (readonly [label: string, place: number])[];
};

/** What a header may be called, in lower case. */
const HEADERS: Readonly<Record<Column, readonly string[]>> = {
  id: ['id', 'код'],
  name: ['name', 'client', 'имя', 'клиент', 'название'],
  numbers: ['numbers', 'number', 'phones', 'phone', 'телефон', 'телефоны', 'номер', 'номера'],
  url: ['url', 'link', 'ссылка'],
  image: ['image', 'picture', 'фото'],
  manager: ['manager', 'менеджер', 'ответственный'],
  vip: ['vip', 'вип'],
  blocked: ['blocked', 'black list', 'чёрный список', 'черный список'],
};
const REQUIRED: readonly Column[] = ['id', 'name', 'numbers'];

/** The header row of a list; a text says what is wrong with it and what to do. */
export function readHeader(cells: readonly string[], fields: readonly string[] = []): Columns | string {
  const names = cells.map((cell) => cleanText(cell, 64).toLowerCase());
  const place = (column: Column): number => names.findIndex((name) => HEADERS[column].includes(name));
  const missing = REQUIRED.filter((column) => place(column) < 0);
  if (missing.length > 0)
    return (
      `the first line must name the columns ${REQUIRED.join(', ')} (and, if wanted, url and image), ` +
      `in UTF-8; not found: ${missing.join(', ')}`
    );
  return {
    id: place('id'),
    name: place('name'),
    numbers: place('numbers'),
    url: place('url'),
    image: place('image'),
    manager: place('manager'),
    vip: place('vip'),
    blocked: place('blocked'),
    fields: fields.flatMap((label) => {
      const at = names.indexOf(label.toLowerCase());
      return at < 0 ? [] : [[label, at] as const];
    }),
  };
}

/** What a column is called by all kinds of sources. */
export function headerName(cell: string): string {
  const name = cleanText(cell, 64).toLowerCase();
  const known = Object.entries(HEADERS).find(([, names]) => names.includes(name));
  return known?.[0] ?? name;
}

const MAX_URL_LENGTH = 2048;
const MAX_IMAGE_LENGTH = 4096;

const isWebAddress = (text: string): boolean =>
  text.length <= MAX_URL_LENGTH && /^https?:\/\//i.test(text) && URL.canParse(text);

export const isPicture = (text: string): boolean =>
  isWebAddress(text) ||
  (text.length <= MAX_IMAGE_LENGTH && /^data:image\/(png|jpeg|gif|webp);base64,/.test(text));

/** One row; a text says what is wrong with it. `describe`: number → E.164 or the text itself. */
export function readRow(
  cells: readonly string[],
  columns: Columns,
  columnCount: number,
  describe: (raw: string) => string | null,
): ClientRow | string {
  if (cells.length !== columnCount) return `${cells.length} columns where the first line has ${columnCount}`;
  const cell = (column: Column): string => (cells[columns[column]] ?? '').trim();
  const at = (column: Column, problem: string): string => `column ${columns[column] + 1}: ${problem}`;
  const id = cell('id');
  const name = cleanText(cell('name'), 200);
  if (id === '') return at('id', 'no id');
  if (id.length > 200) return at('id', 'the id has more than 200 characters');
  if (name === '') return at('name', 'no name');
  if (name.includes('\ufffd')) return at('name', 'it is not UTF-8: save the list as "CSV UTF-8"');
  const numbers = new Set<string>();
  for (const [index, text] of splitNumbers(cell('numbers')).entries()) {
    const number = describe(text);
    // Its text is not told: it would stand in the log.
    if (number === null || !NUMBER.test(number))
      return at('numbers', `number ${index + 1} of the row is not a phone number`);
    numbers.add(number);
  }
  const url = cell('url') || null;
  const image = cell('image') || null;
  if (url !== null && !isCardAddress(url))
    return at('url', 'the url must begin with http:// or https://, or a scheme that directory.schemes lists');
  if (image !== null && !isPicture(image))
    return at('image', 'the image must be an http(s) address, or data:image/… of at most 4096 characters');
  const manager = cleanText(cell('manager'), 64);
  return {
    id,
    name,
    numbers: [...numbers],
    url,
    image,
    fields: fieldsOf(cells, columns),
    ...(manager !== '' && { manager }),
    ...(isYes(cell('vip')) && { isVip: true }),
    ...(isYes(cell('blocked')) && { isBlocked: true }),
  };
}

function fieldsOf(cells: readonly string[], { fields }: Columns): Record<string, string> {
  const told: Record<string, string> = {};
  for (const [label, at] of fields) {
    const value = cleanText(cells[at] ?? '', 200);
    if (value !== '') told[label] = value;
  }
  return told;
}

export const isYes = (text: string): boolean => /^(1|y|yes|t|true|да|истина)$/i.test(text);

/** As `describe` leaves it, else it could never be a caller's. */
const NUMBER = /^\+?[\d*#]{1,15}$/;
