// The rows of a client list → clients. Pure; `directory/client-list.ts` feeds it. What is wrong with a row is told
// without its text, which may be a client's.
import { z } from 'zod';
import { cleanText } from '../numbers.ts';
import { splitNumbers } from './number-field.ts';
import type { Client } from './source.ts';

export type ClientRow = Client & { numbers: readonly string[] };
/** `line`: 1 for the first line of the file, as an editor counts. */
export type Problem = { line: number; message: string };
export type Column = 'id' | 'name' | 'numbers' | 'url' | 'image';
/** Where each column stands; -1: the list has none. */
export type Columns = Readonly<Record<Column, number>>;

/** What a header may be called, in lower case. */
const HEADERS: Readonly<Record<Column, readonly string[]>> = {
  id: ['id', 'код'],
  name: ['name', 'client', 'имя', 'клиент', 'название'],
  numbers: ['numbers', 'number', 'phones', 'phone', 'телефон', 'телефоны', 'номер', 'номера'],
  url: ['url', 'link', 'ссылка'],
  image: ['image', 'picture', 'фото'],
};
const REQUIRED: readonly Column[] = ['id', 'name', 'numbers'];

/** The header row of a list; a text says what is wrong with it and what to do. */
export function readHeader(cells: readonly string[]): Columns | string {
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
  };
}

const http = z
  .url({ protocol: /^https?$/ })
  .regex(/^https?:\/\//i)
  .max(2048);
const picture = z
  .union([http, z.string().regex(/^data:image\/(png|jpeg|gif|webp);base64,/)])
  .pipe(z.string().max(4096));

/** One row; a text says what is wrong with it. `describe`: number → E.164 or the text itself. */
export function readRow(
  cells: readonly string[],
  columns: Columns,
  columnCount: number,
  describe: (raw: string) => string | null,
): ClientRow | string {
  if (cells.length !== columnCount) return `${cells.length} columns where the first line has ${columnCount}`;
  const cell = (column: Column): string => (cells[columns[column]] ?? '').trim();
  const id = cell('id');
  const name = cleanText(cell('name'), 200);
  if (id === '') return 'no id';
  if (id.length > 200) return 'the id has more than 200 characters';
  if (name === '') return 'no name';
  if (name.includes('\ufffd')) return 'the name is not UTF-8: save the list as "CSV UTF-8"';
  const numbers = new Set<string>();
  for (const [index, text] of splitNumbers(cell('numbers')).entries()) {
    const number = describe(text);
    // Its text is not told: it would stand in the log.
    if (number === null || !NUMBER.test(number))
      return `number ${index + 1} of the row is not a phone number`;
    numbers.add(number);
  }
  const url = cell('url') || null;
  const image = cell('image') || null;
  if (url !== null && !http.safeParse(url).success) return 'the url must begin with http:// or https://';
  if (image !== null && !picture.safeParse(image).success)
    return 'the image must be an http(s) address, or data:image/… of at most 4096 characters';
  return { id, name, numbers: [...numbers], url, image, fields: {} };
}

/** As `describe` leaves it, else it could never be a caller's. */
const NUMBER = /^\+?[\d*#]{1,15}$/;
