// The last good snapshot on disk, so that a start without the database still knows everybody. It is whole or not there: written
// beside and renamed, and checked when it is read. Readable by the relay's account only. Called in the thread of a snapshot.
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SourceFault } from './fault.ts';
import type { Packed } from './packed-clients.ts';

const FORMAT = 'ringcue clients 3';
/** [packed-clients.ts: a billion bytes is far above what two million clients need] */
const MAX_FILE_BYTES = 2 ** 31 - 1;

type Header = {
  format: string;
  at: number;
  count: number;
  parts: [texts: number, table: number];
  sha256: string;
};

export async function writeSnapshotFile(path: string, packed: Packed, at: number): Promise<void> {
  const parts = [packed.texts, packed.table].map(
    (part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
  );
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const [texts = 0, table = 0] = parts.map((part) => part.byteLength);
  const { count } = packed;
  const header: Header = { format: FORMAT, at, count, parts: [texts, table], sha256: hash.digest('hex') };
  await mkdir(dirname(path), { recursive: true });
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(header)}\n`);
    for (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** null: there is none. A file that is damaged, or of another version, is a fault. */
export async function readSnapshotFile(path: string): Promise<{ packed: Packed; at: number } | null> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  });
  if (bytes === null) return null;
  const end = bytes.indexOf('\n');
  const { format, at, count, parts, sha256 } = headerOf(bytes.subarray(0, Math.max(0, end)).toString('utf8'));
  const [texts, table] = parts;
  const body = bytes.subarray(end + 1);
  const isWhole =
    format === FORMAT &&
    bytes.length <= MAX_FILE_BYTES &&
    body.length === texts + table &&
    createHash('sha256').update(body).digest('hex') === sha256;
  if (!isWhole) throw new SourceFault('directory.bad-answer', `${path} is damaged or of another version`);
  const cut = (from: number, length: number): Uint8Array<ArrayBuffer> =>
    new Uint8Array(body.subarray(from, from + length));
  return {
    at,
    packed: {
      count,
      texts: cut(0, texts),
      table: new Uint32Array(cut(texts, table).buffer),
    },
  };
}

const NO_HEADER: Header = { format: '', at: 0, count: 0, parts: [0, 0], sha256: '' };

function headerOf(line: string): Header {
  try {
    const header = JSON.parse(line) as Partial<Header> | null;
    return Array.isArray(header?.parts) ? { ...NO_HEADER, ...header } : NO_HEADER;
  } catch {
    return NO_HEADER;
  }
}
