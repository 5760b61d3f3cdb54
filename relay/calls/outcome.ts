// Why a call ended, as tables: what Asterisk says at the hangup → the word people are told. Pure.
// [Hangup: Cause, include/asterisk/causes.h] [DialEnd: DialStatus, apps/app_dial.c]
import type { EndReason } from '../../shared/protocol.ts';

const CAUSE = { userBusy: 17, callRejected: 21, answeredElsewhere: 26 } as const;

export type Ringing = {
  hasRung: boolean;
  /** Asterisk's hangup cause; null where no event told it (polls only). */
  cause: number | null;
  /** The extension that is talking with the same caller now. */
  answeredBy: string | null;
  /** Somebody took the call with a pickup code. */
  isPickedUp: boolean;
  /** The phone itself sent the caller on. */
  isForwarded: boolean;
};

/**
 * How a ring that was not answered ended; null: it never rang, and there is nothing to tell. Cause 17 after ringing is
 * the Decline button of most phones; before it, the phone was busy. Cause 26 is the only sure sign of "elsewhere".
 */
export function outcomeOfRinging(ringing: Ringing): EndReason | null {
  const { hasRung, cause, answeredBy, isPickedUp, isForwarded } = ringing;
  if (isPickedUp) return hasRung ? 'answered-elsewhere' : null;
  if (cause === CAUSE.answeredElsewhere) return hasRung ? 'answered-elsewhere' : null;
  if (cause === CAUSE.callRejected) return 'rejected';
  if (cause === CAUSE.userBusy) return hasRung ? 'rejected' : 'busy';
  if (!hasRung) return null;
  if (isForwarded) return 'forwarded';
  return cause === null && answeredBy !== null ? 'answered-elsewhere' : 'missed';
}

const DIAL_OUTCOMES: Readonly<Record<string, EndReason>> = {
  ANSWER: 'completed', // and one of them hung up before they were joined
  BUSY: 'busy',
  NOANSWER: 'no-answer',
  CONGESTION: 'no-answer',
  CHANUNAVAIL: 'no-answer',
  CANCEL: 'cancelled',
};

/** How a dialling ended that nobody was joined by; with neither status nor cause (polls only) nobody answered, surely. */
export function outcomeOfDialing(dialStatus: string | null, cause: number | null): EndReason {
  if (cause === CAUSE.callRejected) return 'rejected';
  if (cause === CAUSE.userBusy) return 'busy';
  return (
    (dialStatus !== null && Object.hasOwn(DIAL_OUTCOMES, dialStatus) && DIAL_OUTCOMES[dialStatus]) ||
    'no-answer'
  );
}
