// How long to wait before the next attempt at what is gone: full jitter below a fortieth of the outage so far, so what was
// away for a minute is found within 1.5 s of its return, and what is away for hours is hardly asked. Pure; `relay/ami/reconnect.ts` asks
// it about Asterisk, the add-on's link about the relay.

const SHARE_OF_OUTAGE = 1 / 40;

export type BackOff = {
  /** Since the last good moment. Clocks jump: whatever this is, the longest pause is between `firstMs` and `lastMs`. */
  outageMs: number;
  firstMs: number;
  lastMs: number;
  /** In [0, 1). */
  random: number;
};

export function pauseMs({ outageMs, firstMs, lastMs, random }: BackOff): number {
  const wanted = Number.isNaN(outageMs) ? 0 : outageMs * SHARE_OF_OUTAGE;
  return random * Math.min(lastMs, Math.max(firstMs, wanted));
}
