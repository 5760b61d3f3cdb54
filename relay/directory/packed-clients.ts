// A million clients in little memory: their texts as bytes, one after another, and a table of hashes of their numbers beside
// it. Two buffers that a thread hands over without a copy, that the garbage collector never looks through, and that are
// written to disk as they are. Pure; `pull.ts` packs, `snapshot.ts` looks up.
//
// A record: its length in four bytes, beside the text as each place of memory that a look-up visits costs it; then numbers
// apart by commas, id, name; and where one of those is there url, image, manager, marks, then label and value of each field;
// all apart by U+001F, which no checked text holds. The table: open addressing, two words a place: the hash, and where the
// record's text begins. A number that is written in no way we know stands in it twice: also by its last ten digits.
import { alikeKey } from './query.ts';
import type { Client, Query } from './source.ts';

const SEPARATOR = '\u001f';
const SEPARATOR_BYTE = 0x1f;
const LENGTH_BYTES = 4;
/** Of more clients with one number the others are not counted. */
const MAX_SHARERS = 20;
const FIRST_BYTES = 64 * 1024;
const MAX_BYTES = 2 ** 31;

export type Packed = {
  count: number;
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
  let hashes = new Uint32Array(4096);
  let [bytes, count, keys] = [0, 0, 0];

  const addKey = (hash: number, begin: number): void => {
    if (keys + 2 > hashes.length) hashes = grown(hashes);
    hashes[keys] = hash;
    hashes[keys + 1] = begin;
    keys += 2;
  };
  return {
    add(client) {
      const record = recordOf(client);
      const most = LENGTH_BYTES + record.length * 3;
      if (bytes + most > texts.length) {
        if (texts.length * 2 > MAX_BYTES) return false;
        const wider = Buffer.allocUnsafeSlow(Math.max(texts.length * 2, bytes + most));
        texts.copy(wider, 0, 0, bytes);
        texts = wider;
      }
      const begin = bytes + LENGTH_BYTES;
      const length = texts.write(record, begin, 'utf8');
      texts.writeUInt32LE(length, bytes);
      bytes = begin + length;
      for (const number of client.numbers ?? []) {
        addKey(hashOf(number), begin);
        const last = alikeKey(number);
        if (last !== null) addKey(hashOf(LAST_TEN + last), begin);
      }
      count += 1;
      return true;
    },
    count: () => count,
    finish() {
      const table = tableOf(hashes, keys);
      const own = new Uint8Array(bytes);
      own.set(texts.subarray(0, bytes));
      return { count, texts: own, table };
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
    table[place * 2 + 1] = hashes[key + 1] ?? 0; // never 0, as a length stands before
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
  const short = numbersText + SEPARATOR + id + SEPARATOR + name;
  const labels = Object.keys(fields);
  const isShort = url === null && image === null && labels.length === 0 && !manager;
  if (isShort && !client.isVip && !client.isBlocked) return short;
  const marks = `${client.isVip ? 'v' : ''}${client.isBlocked ? 'b' : ''}`;
  const texts = [short, url ?? '', image ?? '', manager ?? '', marks];
  for (const label of labels) texts.push(label, fields[label] ?? '');
  return texts.join(SEPARATOR);
}

/**
 * Finds in a list the clients with a number; else the only one with the same last ten digits. Where several share those:
 * nobody.
 */
export function finderIn({ texts, table }: Packed): (query: Query) => readonly Client[] {
  const buffer = Buffer.from(texts.buffer, texts.byteOffset, texts.byteLength);
  const mask = table.length / 2 - 1;

  const clientsWith = (key: string, isLastTen: boolean): Client[] => {
    const hash = hashOf(isLastTen ? LAST_TEN + key : key);
    const found: Client[] = [];
    for (let place = hash & mask, n = 0; n <= mask; place = (place + 1) & mask, n += 1) {
      const begin = table[place * 2 + 1] ?? 0;
      if (begin === 0) break;
      if (table[place * 2] !== hash) continue;
      const end = begin + buffer.readUInt32LE(begin - LENGTH_BYTES);
      const client = clientAt(buffer, begin, end, key);
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

/** `key` is most likely his only number: then that is compared as bytes, and need not be made a text again. */
function clientAt(buffer: Buffer, begin: number, end: number, key: string): Client {
  let at = 0;
  while (at < key.length && buffer[begin + at] === key.charCodeAt(at)) at += 1;
  if (at === key.length && buffer[begin + at] === SEPARATOR_BYTE)
    return clientOf([key], buffer.toString('utf8', begin + at + 1, end));
  const record = buffer.toString('utf8', begin, end);
  const idAt = record.indexOf(SEPARATOR) + 1;
  const numbers = idAt === 1 ? NO_NUMBERS : record.slice(0, idAt - 1).split(',');
  return clientOf(numbers, record.slice(idAt));
}

/** Cut by hand up to the name, where most records end: a split of the whole would be the dearest part of a look-up. */
function clientOf(numbers: readonly string[], record: string): Client {
  const nameAt = record.indexOf(SEPARATOR) + 1;
  const nameEnd = record.indexOf(SEPARATOR, nameAt);
  const client: Client = {
    id: record.slice(0, nameAt - 1),
    name: nameEnd < 0 ? record.slice(nameAt) : record.slice(nameAt, nameEnd),
    numbers,
    url: null,
    image: null,
    fields: NO_FIELDS,
  };
  if (nameEnd >= 0) addRest(client, record.slice(nameEnd + 1).split(SEPARATOR));
  return client;
}

function addRest(client: Client, parts: readonly string[]): void {
  const [url = '', image = '', manager = '', marks = '', ...told] = parts;
  client.url = url || null;
  client.image = image || null;
  if (manager !== '') client.manager = manager;
  if (marks.includes('v')) client.isVip = true;
  if (marks.includes('b')) client.isBlocked = true;
  const fields: Record<string, string> = {};
  for (let at = 0; at + 1 < told.length; at += 2) fields[told[at] ?? ''] = told[at + 1] ?? '';
  client.fields = fields;
}
