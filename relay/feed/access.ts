// Who may watch which extension. Pure. In open mode whoever reaches the relay may watch any phone, which is why that must be
// asked for by name and is told to everybody who connects; else each line needs the token of a browser that is paired with it:
//
//   line's token     none       not read yet   unknown, expired   revoked   another's            its own
//   →                4500       4000           4500               4504      4503, or watched     granted
//
// Watched: IT lets the token's extension watch this one (`pairing.watchers`).
import { CLOSE } from '../../shared/protocol.ts';
import type { Hello } from '../../shared/protocol.ts';
import type { Pairing, TokenOwner, TokenRefusal } from '../pairing/pairing.ts';
import type { Refusal as AuditRefusal } from '../pairing/audit.ts';

export type Refusal = { extension: string; code: number; reason: string };
export type Verdict = {
  granted: string[];
  refused: Refusal[];
  /** Of those granted, those that are somebody else's. */
  watched: string[];
  /** Extension → the paired device by which it was granted; empty in open mode. */
  devices: ReadonlyMap<string, string>;
};

/** `isExtension`: whether any phone could have it. */
export function judgeOpen(hello: Hello, isExtension: (text: string) => boolean): Verdict {
  const asked = [...new Set(hello.lines.map((line) => line.extension))];
  return {
    granted: asked.filter(isExtension),
    refused: asked.filter((extension) => !isExtension(extension)).map(noExtension),
    watched: [],
    devices: new Map(),
  };
}

const noExtension = (extension: string): Refusal => ({
  extension,
  code: CLOSE.extensionNotAllowed,
  reason: `${extension} is not an extension of this phone system`,
});

type Refused = { code: number; reason: string; note: AuditRefusal | null };
const REFUSED: Readonly<Record<TokenRefusal, Refused>> = {
  unknown: { code: CLOSE.tokenRefused, reason: 'this browser is not paired', note: 'unknown-token' },
  expired: {
    code: CLOSE.tokenRefused,
    reason: 'this browser was away for too long and must be paired again',
    note: 'expired-token',
  },
  revoked: { code: CLOSE.revoked, reason: 'this browser is trusted no more', note: 'revoked-token' },
  'not-read': { code: CLOSE.restarting, reason: 'the relay cannot read who is paired now', note: null },
};
const NO_TOKEN: Refused = {
  code: CLOSE.tokenRefused,
  reason: 'this browser is not paired',
  note: 'no-token',
};
const NOT_OWN: Refused = {
  code: CLOSE.extensionNotAllowed,
  reason: 'this browser is paired with another extension',
  note: 'not-own-line',
};

export function judgePaired(
  hello: Hello,
  pairing: Pick<Pairing, 'ownerOf' | 'mayWatch' | 'refuse' | 'watched'>,
  isExtension: (text: string) => boolean,
): Verdict {
  const devices = new Map<string, string>();
  const watched = new Set<string>();
  const refused = new Map<string, Refusal>();
  // By the first good token: the same extension twice is one line.
  for (const { extension, token } of hello.lines) {
    if (devices.has(extension)) continue;
    const owner: TokenOwner | Refused = judgeToken(token, pairing);
    const isOwn = 'deviceId' in owner && owner.extension === extension;
    const isWatched = 'deviceId' in owner && !isOwn && pairing.mayWatch(owner.extension, extension);
    if (!isExtension(extension)) refused.set(extension, noExtension(extension));
    else if ('deviceId' in owner && (isOwn || isWatched)) {
      devices.set(extension, owner.deviceId);
      refused.delete(extension);
      if (isWatched) watched.add(extension);
      if (isWatched) pairing.watched(extension, owner.extension);
    } else {
      const { code, reason, note } = 'deviceId' in owner ? NOT_OWN : owner;
      if (note) pairing.refuse(note, extension);
      refused.set(extension, { extension, code, reason });
    }
  }
  return { granted: [...devices.keys()], refused: [...refused.values()], watched: [...watched], devices };
}

function judgeToken(token: string | null, pairing: Pick<Pairing, 'ownerOf'>): TokenOwner | Refused {
  if (token === null) return NO_TOKEN;
  const owner = pairing.ownerOf(token);
  return typeof owner === 'string' ? REFUSED[owner] : owner;
}

/** Any of these browsers: the id of one's own add-on may not be known, as Firefox makes a new one at each installation. */
export const ANY_ADD_ON: readonly string[] = ['chrome-extension', 'moz-extension'];

/** `chrome-extension://ID`; a list of several, as two headers of that name become, is none. */
const ADD_ON = /^((?:chrome|moz)-extension):\/\/[a-z0-9-]+$/;

/**
 * Web pages may not listen in. Every browser says by Origin who asks, so who says nothing is a program. `allowed`: whole
 * origins of add-ons, or schemes for all of a browser's.
 */
export function isOriginAllowed(
  origin: string | undefined,
  allowed: readonly string[] = ANY_ADD_ON,
): boolean {
  if (origin === undefined) return true;
  const scheme = ADD_ON.exec(origin)?.[1];
  return scheme !== undefined && (allowed.includes(origin) || allowed.includes(scheme));
}
