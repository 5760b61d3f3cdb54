// A million clients in little memory: their texts as bytes, one after another, and a table of hashes of their numbers beside
// it. Three buffers that a thread hands over without a copy, that the garbage collector never looks through, and that are
// written to disk as they are. Pure; `pull.ts` packs, `snapshot.ts` looks up.
//
// A record: id, name, url, image, manager, marks, numbers apart by commas, then label and value of each field, apart by U+001F,
// which no checked text holds. The table: open addressing, two words a place: the hash, and the record + 1. A number stands in
// it twice: as it is, and by its last ten digits.
import { alikeKey } from './query.ts';
import type { Client, Query } from './source.ts';

const SEPARATOR = '\u001f';
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
  const marks = `${client.isVip ? 'v' : ''}${client.isBlocked ? 'b' : ''}`;
  const texts = [id, name, url ?? '', image ?? '', manager ?? '', marks, numbers?.join(',') ?? ''];
  for (const [label, value] of Object.entries(fields)) texts.push(label, value);
  return texts.join(SEPARATOR);
}

/** The clients with this number; else the only one with the same last ten digits. Where several share those: nobody. */
export function findPacked(packed: Packed, query: Query): readonly Client[] {
  const exact = clientsWith(packed, query.number, (numbers) => numbers.includes(query.number));
  if (exact.length > 0 || query.last10 === null) return exact;
  const last = query.last10;
  const alike = clientsWith(packed, LAST_TEN + last, (numbers) =>
    numbers.some((number) => alikeKey(number) === last),
  );
  return alike.length === 1 ? alike : [];
}

export const countOf = ({ starts }: Packed): number => Math.max(0, starts.length - 1);

function clientsWith(
  { starts, texts, table }: Packed,
  key: string,
  has: (numbers: readonly string[]) => boolean,
): Client[] {
  const hash = hashOf(key);
  const mask = table.length / 2 - 1;
  const found: Client[] = [];
  for (let place = hash & mask, n = 0; n <= mask; place = (place + 1) & mask, n += 1) {
    const record = table[place * 2 + 1] ?? 0;
    if (record === 0) break;
    if (table[place * 2] !== hash) continue;
    const client = clientAt(starts, texts, record - 1);
    // Some lists have a row for each number of a client.
    if (has(client.numbers ?? []) && !found.some(({ id }) => id === client.id)) found.push(client);
  }
  return found;
}

function clientAt(starts: Uint32Array, texts: Uint8Array<ArrayBuffer>, record: number): Client {
  const from = starts[record] ?? 0;
  const to = starts[record + 1] ?? from;
  const parts = Buffer.from(texts.buffer, texts.byteOffset + from, to - from)
    .toString('utf8')
    .split(SEPARATOR);
  const [id = '', name = '', url = '', image = '', manager = '', marks = '', numbers = ''] = parts;
  const fields: Record<string, string> = {};
  for (let at = 7; at + 1 < parts.length; at += 2) fields[parts[at] ?? ''] = parts[at + 1] ?? '';
  return {
    id,
    name,
    numbers: numbers === '' ? [] : numbers.split(','),
    url: url || null,
    image: image || null,
    fields,
    ...(manager !== '' && { manager }),
    ...(marks.includes('v') && { isVip: true }),
    ...(marks.includes('b') && { isBlocked: true }),
  };
}
