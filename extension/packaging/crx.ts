// CRX3, the signed package that Chromium takes from outside its store: a zip behind a header with the public key, of which
// the add-on's id is made, and a signature. [Chromium components/crx_file/crx3.proto] Called by package.ts.
import { createHash, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const MAGIC = Buffer.from('Cr24');
const VERSION = 3;
const SIGNED = Buffer.from('CRX3 SignedData\0');
/** Numbers of fields in the header. */
const FIELD = { publicKey: 1, signature: 2, crxId: 1, sha256WithRsa: 2, signedHeaderData: 10_000 };
const ID_BYTES = 16;

export const publicKeyOf = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ type: 'spki', format: 'der' });

/** The id that Chromium gives to whatever this key has signed: 32 letters from a to p. */
export const chromiumIdOf = (key: KeyObject): string =>
  idBytes(publicKeyOf(key))
    .toString('hex')
    .replace(/./g, (digit) => String.fromCharCode('a'.charCodeAt(0) + parseInt(digit, 16)));

/** `key`: RSA. The signature [RFC 8017 8.2] knows no chance, so the same zip gives the same package. */
export function packCrx(zip: Uint8Array, key: KeyObject): Buffer {
  const publicKey = publicKeyOf(key);
  const signedHeader = field(FIELD.crxId, idBytes(publicKey));
  const signature = sign(
    'sha256',
    Buffer.concat([SIGNED, littleEndian(signedHeader.length), signedHeader, zip]),
    key,
  );
  const proof = Buffer.concat([field(FIELD.publicKey, publicKey), field(FIELD.signature, signature)]);
  const header = Buffer.concat([
    field(FIELD.sha256WithRsa, proof),
    field(FIELD.signedHeaderData, signedHeader),
  ]);
  return Buffer.concat([MAGIC, littleEndian(VERSION), littleEndian(header.length), header, zip]);
}

const idBytes = (publicKey: Buffer): Buffer =>
  createHash('sha256').update(publicKey).digest().subarray(0, ID_BYTES);

/** Bytes of that length [protobuf encoding: wire type 2]. */
const field = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

function littleEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
