// How long to wait before the next attempt at Asterisk: exponential with jitter, at once after a session that had been
// good, slow after a refused login (Asterisk answers those a second late, and fail2ban counts them). Pure.
import type { AmiErrorCode } from './connection.ts';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 15_000;
const REFUSED_WAIT_MS = 10_000;

/** `failures`: attempts in a row that ended without a session; `random`: in [0, 1). */
export function waitBeforeAttemptMs(failures: number, code: AmiErrorCode, random: number): number {
  const jitter = 0.5 + random / 2;
  if (code === 'ami.login-refused' || code === 'ami.permission-denied') return REFUSED_WAIT_MS * jitter;
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10)) * jitter;
}
