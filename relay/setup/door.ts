// Who may see /setup: whoever holds the secret of the link that `ringcue setup-link` has printed, once, and the browser that
// has used it for a quarter of an hour. Secrets are known here by their hash alone. Pure; `pages/answer.ts` asks.
//
//   a secret     →  too many tries   too-many, whatever it is
//                   wrong, used, old refused
//                   right            a token for the browser's cookie; the link is used up
//   a token      →  until when it opens /setup; null: it does not

export const SETUP_LINK_MS = 15 * 60_000;
export const SETUP_SESSION_MS = 15 * 60_000;
/** As `newToken` of the pairing draws them: 256 bits. */
const SECRET = /^[A-Za-z0-9_-]{43}$/;
/** The oldest gives way. */
const MAX_SESSIONS = 16;

export type SetupDoorOptions = {
  /** Whether this is the link's, in time, and not used; from then on it is. */
  useLink(hash: string, at: number): boolean;
  hashOf(secret: string): string;
  newToken(): string;
  /** One try more of this address; false: too many. */
  takeTry(address: string, at: number): boolean;
  now(): number;
};

export type SetupDoor = {
  redeem(secret: string, address: string): { token: string } | 'refused' | 'too-many';
  opensUntil(token: string): number | null;
};

export function createSetupDoor({ useLink, hashOf, newToken, takeTry, now }: SetupDoorOptions): SetupDoor {
  let sessions: { hash: string; until: number }[] = [];
  return {
    redeem(secret, address) {
      const at = now();
      if (!takeTry(address, at)) return 'too-many';
      if (!SECRET.test(secret) || !useLink(hashOf(secret), at)) return 'refused';
      const token = newToken();
      const living = sessions.filter(({ until }) => until > at);
      sessions = [...living, { hash: hashOf(token), until: at + SETUP_SESSION_MS }].slice(-MAX_SESSIONS);
      return { token };
    },
    opensUntil(token) {
      if (!SECRET.test(token)) return null;
      const hash = hashOf(token);
      const session = sessions.find((one) => one.hash === hash);
      return session && session.until > now() ? session.until : null;
    },
  };
}
