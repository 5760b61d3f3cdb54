// A million clients in little memory: their texts as bytes, one after another, and a table of hashes of their numbers beside
// it. Three buffers that a thread hands over without a copy, that the garbage collector never looks through, and that are
// written to disk as they are. Pure; `pull.ts` packs, `snapshot.ts` looks up.
//
// A record: id, name, numbers apart by commas; and where one of those is there url, image, manager, marks, then label and
// value of each field; all apart by U+001F, which no checked text holds. The table: open addressing, two words a place: the
// hash, and the record + 1. A number that is written in no way we know stands in it twice: also by its last ten digits.
import { alikeKey } from './query.ts';
import type { Client, Query } from './source.ts';

const SEPARATOR = '\u001f';
/** Of a client of whom no more is known, as of most. */
const SHORT_PARTS = 3;
/** What stands before the fields. */
const FIXED_PARTS = 7;
/** Of more clients with one number the others are not counted. */
const MAX_SHARERS = 20;
const FIRST_BYTES = 64 * 1024;
const MAX_BYTES = 2 ** 31;

export type Packed = {
  /** Where each record begins in `texts`, and where the last one ends. */
  starts: Uint32Array<ArrayBuffer>;
  texts: Uint8Array<ArrayBuffer>;
  table: Uint32Array<ArrayBuffer>;
};

export type Packer = {
  /** Whether there was room for it. */
  add(client: Client): boolean;
  count(): number;
  finish(): Packed;
};

export function createPacker(): Packer {
  let texts = Buffer.allocUnsafeSlow(FIRST_BYTES);
  let starts = new Uint32Array(1024);
  let hashes = new Uint32Array(4096);
  let [bytes, count, keys] = [0, 0, 0];

  const addKey = (hash: number): void => {
    if (keys + 2 > hashes.length) hashes = grown(hashes);
    hashes[keys] = hash;
    hashes[keys + 1] = count;
    keys += 2;
  };
  return {
    add(client) {
      const record = recordOf(client);
      const most = record.length * 3;
      if (bytes + most > texts.length) {
        if (texts.length * 2 > MAX_BYTES) return false;
        const wider = Buffer.allocUnsafeSlow(Math.max(texts.length * 2, bytes + most));
        texts.copy(wider, 0, 0, bytes);
        texts = wider;
      }
      if (count + 2 > starts.length) starts = grown(starts);
      starts[count] = bytes;
      bytes += texts.write(record, bytes, 'utf8');
      for (const number of client.numbers ?? []) {
        addKey(hashOf(number));
        const last = alikeKey(number);
        if (last !== null) addKey(hashOf(LAST_TEN + last));
      }
      count += 1;
      starts[count] = bytes;
      return true;
    },
    count: () => count,
    finish() {
      const table = tableOf(hashes, keys);
      const own = new Uint8Array(bytes);
      own.set(texts.subarray(0, bytes));
      return { starts: starts.slice(0, count + 1), texts: own, table };
    },
  };
}

/** Before the last ten digits, so that they are no number. */
const LAST_TEN = '~';

/** Half of it stays empty, so a look-up takes one or two steps. */
function tableOf(hashes: Uint32Array, keys: number): Uint32Array<ArrayBuffer> {
  let places = 16;
  while (places < keys) places *= 2;
  const table = new Uint32Array(places * 2);
  for (let key = 0; key < keys; key += 2) {
    const hash = hashes[key] ?? 0;
    let place = hash & (places - 1);
    let sharers = 0;
    while (table[place * 2 + 1] !== 0) {
      if (table[place * 2] === hash && (sharers += 1) > MAX_SHARERS) break;
      place = (place + 1) & (places - 1);
    }
    if (sharers > MAX_SHARERS) continue;
    table[place * 2] = hash;
    table[place * 2 + 1] = (hashes[key + 1] ?? 0) + 1;
  }
  return table;
}

const grown = (words: Uint32Array): Uint32Array<ArrayBuffer> => {
  const wider = new Uint32Array(words.length * 2);
  wider.set(words);
  return wider;
};

/** [FNV-1a] */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function recordOf(client: Client): string {
  const { id, name, url, image, manager, numbers, fields } = client;
  const numbersText = numbers?.join(',') ?? '';
  const short = id + SEPARATOR + name + SEPARATOR + numbersText;
  const labels = Object.keys(fields);
  const isShort = url === null && image === null && labels.length === 0 && !manager;
  if (isShort && !client.isVip && !client.isBlocked) return short;
  const marks = `${client.isVip ? 'v' : ''}${client.isBlocked ? 'b' : ''}`;
  const texts = [short, url ?? '', image ?? '', manager ?? '', marks];
  for (const label of labels) texts.push(label, fields[label] ?? '');
  return texts.join(SEPARATOR);
}

export const countOf = ({ starts }: Packed): number => Math.max(0, starts.length - 1);

/**
 * Finds in a list the clients with a number; else the only one with the same last ten digits. Where several share those:
 * nobody.
 */
export function finderIn({ starts, texts, table }: Packed): (query: Query) => readonly Client[] {
  const buffer = Buffer.from(texts.buffer, texts.byteOffset, texts.byteLength);
  const mask = table.length / 2 - 1;

  const clientsWith = (key: string, isLastTen: boolean): Client[] => {
    const hash = hashOf(isLastTen ? LAST_TEN + key : key);
    const found: Client[] = [];
    for (let place = hash & mask, n = 0; n <= mask; place = (place + 1) & mask, n += 1) {
      const record = table[place * 2 + 1] ?? 0;
      if (record === 0) break;
      if (table[place * 2] !== hash) continue;
      const client = clientOf(buffer.toString('utf8', starts[record - 1], starts[record]));
      const { numbers = NO_NUMBERS } = client;
      const isMeant = isLastTen
        ? numbers.some((one) => alikeKey(one) === key)
        : numbers[0] === key || numbers.includes(key);
      // Some lists have a row for each number of a client.
      if (isMeant && (found.length === 0 || !found.some(({ id }) => id === client.id))) found.push(client);
    }
    return found;
  };
  return ({ number, last10 }) => {
    const exact = clientsWith(number, false);
    if (exact.length > 0 || last10 === null) return exact;
    const alike = clientsWith(last10, true);
    return alike.length === 1 ? alike : [];
  };
}

const NO_NUMBERS: readonly string[] = [];
const NO_FIELDS = Object.freeze({});

function clientOf(record: string): Client {
  const parts = record.split(SEPARATOR);
  const [id = '', name = '', told = '', url = '', image = '', manager = '', marks = ''] = parts;
  const numbers = told.includes(',') ? told.split(',') : told === '' ? NO_NUMBERS : [told];
  const client: Client = { id, name, numbers, url: url || null, image: image || null, fields: NO_FIELDS };
  if (parts.length <= SHORT_PARTS) return client;
  if (manager !== '') client.manager = manager;
  if (marks.includes('v')) client.isVip = true;
  if (marks.includes('b')) client.isBlocked = true;
  const fields: Record<string, string> = {};
  for (let at = FIXED_PARTS; at + 1 < parts.length; at += 2) fields[parts[at] ?? ''] = parts[at + 1] ?? '';
  client.fields = fields;
  return client;
}
