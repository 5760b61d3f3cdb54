// How long to wait before the next attempt at what is gone: the longest pause is a tenth of the outage so far, so what was
// away for 20 s is found within 2 s of its return, and what is away for hours is hardly asked. Pure; `relay/ami/reconnect.ts`
// asks it about Asterisk, the add-on's link about the relay.

const SHARE_OF_OUTAGE = 1 / 10;
/** Of the shortest pause: what many lost at one moment must not come back at one moment, however short the outage. */
const LEAST_SPREAD = 1.5;

export type BackOff = {
  /** Since the last good moment. Clocks jump: whatever this is, the pause is between `firstMs` and `lastMs`. */
  outageMs: number;
  firstMs: number;
  lastMs: number;
  /** In [0, 1). */
  random: number;
};

export function pauseMs({ outageMs, firstMs, lastMs, random }: BackOff): number {
  const wanted = Number.isNaN(outageMs) ? 0 : outageMs * SHARE_OF_OUTAGE;
  const longest = Math.min(lastMs, Math.max(firstMs * LEAST_SPREAD, wanted));
  return firstMs + (longest - firstMs) * random;
}
