// How long to wait before the next attempt at Asterisk: at once after a session that had been good, then exponential with
// full jitter, slow after a refused login (Asterisk answers those a second late, and fail2ban counts them). Pure.
import type { AmiErrorCode } from './connection.ts';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 15_000;
const LONGEST_REFUSED_WAIT_MS = 30_000;

/** `failures`: attempts in a row that ended without a good session; `random`: in [0, 1). */
export function waitBeforeAttemptMs(failures: number, code: AmiErrorCode, random: number): number {
  const between = (least: number, most: number): number => least + (most - least) * random;
  if (code === 'ami.login-refused' || code === 'ami.permission-denied')
    return between(LONGEST_WAIT_MS, LONGEST_REFUSED_WAIT_MS);
  if (failures === 0) return between(0, FIRST_WAIT_MS);
  return between(FIRST_WAIT_MS, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10)));
}
