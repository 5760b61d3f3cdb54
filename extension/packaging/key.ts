// The key whose owner may update the company's add-on: made at the first packing, kept outside the sources, and to be kept for
// ever, as another key is another add-on to every browser. Shell; called by package.ts.
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const BITS = 2048; // what Chromium itself makes

/** Throws, with the file's name, what is wrong with it. */
export function keyFrom(file: string): { key: KeyObject; isNew: boolean } {
  if (existsSync(file)) return { key: readKey(file), isNew: false };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: BITS });
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  return { key: privateKey, isNew: true };
}

function readKey(file: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(file));
  } catch (error) {
    throw new Error(`${file} is no private key in PEM: ${(error as Error).message}`);
  }
  if (key.asymmetricKeyType !== 'rsa')
    throw new Error(`${file} must hold an RSA key, as CRX3 signs with one`);
  return key;
}
