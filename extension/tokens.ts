// The tokens that pairing has brought, one for each extension of each relay. Pure; storage.ts keeps them on this
// computer's disk and nowhere else.

/** More relays and phones than one person ever has. */
export const MAX_TOKENS = 32;

export type HeldToken = { relayUrl: string; extension: string; token: string; deviceId: string };

export const findToken = (
  tokens: readonly HeldToken[],
  relayUrl: string,
  extension: string,
): HeldToken | undefined => tokens.find((held) => held.relayUrl === relayUrl && held.extension === extension);

export const dropToken = (tokens: readonly HeldToken[], relayUrl: string, extension: string): HeldToken[] =>
  tokens.filter((held) => held.relayUrl !== relayUrl || held.extension !== extension);

/** The newest stand last, so the oldest are forgotten first. */
export const holdToken = (tokens: readonly HeldToken[], token: HeldToken): HeldToken[] =>
  [...dropToken(tokens, token.relayUrl, token.extension), token].slice(-MAX_TOKENS);
