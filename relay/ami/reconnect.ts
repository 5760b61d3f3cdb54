// How long after an attempt at Asterisk the next one begins: at once after a session that had been good, then the longer
// the longer the outage (shared/back-off.ts), slow after a refused login (Asterisk answers those a second late, and
// fail2ban counts them). Pure; `ami/pbx.ts` asks.
import { pauseMs } from '../../shared/back-off.ts';
import type { AmiErrorCode } from './connection.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 15_000;
const LONGEST_REFUSED_PAUSE_MS = 30_000;

export type FailedAttempt = {
  code: AmiErrorCode;
  /** Since the last good session ended; 0: this was one. */
  outageMs: number;
  /** What the attempt itself took counts as pause: a lost SYN is repeated seldom, so long waits would add up. */
  tookMs: number;
  /** In [0, 1). */
  random: number;
};

export function waitBeforeAttemptMs({ code, outageMs, tookMs, random }: FailedAttempt): number {
  if (code === 'ami.login-refused' || code === 'ami.permission-denied')
    return LONGEST_PAUSE_MS + (LONGEST_REFUSED_PAUSE_MS - LONGEST_PAUSE_MS) * random;
  if (outageMs === 0) return FIRST_PAUSE_MS * random;
  return Math.max(
    FIRST_PAUSE_MS * random,
    pauseMs({ outageMs, firstMs: FIRST_PAUSE_MS, lastMs: LONGEST_PAUSE_MS, random }) - tookMs,
  );
}
