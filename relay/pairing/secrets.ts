// The secrets of pairing: how they are drawn and what is kept of them. Only hashes are stored; a plain SHA-256 will do, as
// nobody can try out 256 or 100 bits. Called by `pairing/pairing.ts` and `ringcue invite`.
import { createHash, randomBytes, randomInt } from 'node:crypto';

/** No letters and digits that look or sound alike [Crockford's base 32]. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUPS = 5;
const GROUP_LENGTH = 4;

export const newToken = (): string => randomBytes(32).toString('base64url');
/** Typed by IT: no dash that a command line would take for an option. */
export const newDeviceId = (): string => randomBytes(8).toString('hex');
/** `7K3M-…`: 100 bits, to be typed by people. */
export const newInvitation = (): string =>
  Array.from({ length: GROUPS }, () =>
    Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''),
  ).join('-');

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** As people type it: without dashes, in small letters, with O for 0 and I or L for 1. */
export const hashOfInvitation = (typed: string): string =>
  hashOf(
    typed
      .toUpperCase()
      .replace(/[^0-9A-Z]/g, '')
      .replaceAll('O', '0')
      .replace(/[IL]/g, '1'),
  );
