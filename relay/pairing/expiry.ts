// How long a paired browser may be away. Pure; apart from `pairing/devices.ts`, so that the pairing file's thread need not load
// what that needs. Called by `pairing/devices.ts`, `pairing/store.ts` and `ringcue devices`.
const DAY_MS = 24 * 60 * 60 * 1000;

/** Whoever has not been there for that long is to prove anew whose phone it is. */
export const isExpired = ({ seenAt }: { seenAt: number }, tokenDays: number, at: number): boolean =>
  at - seenAt > tokenDays * DAY_MS;
