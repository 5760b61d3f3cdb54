// Pairing in words: pairing → what the options page shows of it. Pure; pairing-panel.ts puts it onto the page.
//
//   state              | sentence             | code | for IT                      | buttons
//   connecting, asking | asking, or checking  | –    | –                           | cancel
//   dialing            | –                    | yes  | after a try in vain         | nothing happened, cancel
//   the same, in doubt | was it that phone    | yes  | yes                         | again, cancel
//   paired             | paired               | –    | –                           | close
//   failed             | why                  | –    | where a code has expired    | again (not where it cannot help), close
import type { Pairing, PairingFailure } from '../pairing-state.ts';
import type { Tone } from '../page.ts';
import type { MessageKey, Say } from '../phrases.ts';

export type PairingWords = {
  title: string;
  tone: Tone;
  /** Empty: the code says it all. */
  sentence: string;
  code: { instruction: string; dial: string; expiresIn: string } | null;
  /** What IT must paste; null: not shown. */
  dialplan: string | null;
  hasNothingHappened: boolean;
  /** What the button says that begins anew; null: there is none. */
  again: string | null;
  leave: string;
};

type Remedy = 'newCode' | 'tryAgain' | null;
const FAILURES: Readonly<Record<PairingFailure, [Tone, MessageKey, Remedy]>> = {
  expired: ['warning', 'pairingExpired', 'newCode'],
  interrupted: ['warning', 'pairingInterrupted', 'newCode'],
  lost: ['warning', 'pairingLost', 'newCode'],
  unreachable: ['alarm', 'pairingUnreachable', 'tryAgain'],
  'too-many': ['warning', 'pairingTooMany', 'tryAgain'],
  'not-an-extension': ['alarm', 'lineNotAllowed', null],
  'invitation-refused': ['alarm', 'pairingInvitationRefused', null],
  'other-version': ['alarm', 'verdictOtherVersion', null],
  'not-spoken': ['alarm', 'pairingNotSpoken', null],
  refused: ['alarm', 'pairingRefused', 'tryAgain'],
};

/** null: nothing is shown. `isInDoubt`: somebody has dialled, and nothing happened. */
export function pairingWords(
  pairing: Pairing,
  isInDoubt: boolean,
  now: number,
  say: Say,
): PairingWords | null {
  const { state, code, dialplan, triesInVain, isByInvitation } = pairing;
  const extension = pairing.extension ?? '';
  const title = isByInvitation ? say('pairingByInvitation') : say('pairingTitle', extension);
  const shown: PairingWords = {
    title,
    tone: 'wait',
    sentence: '',
    code: null,
    dialplan: null,
    hasNothingHappened: false,
    again: null,
    leave: say('cancel'),
  };
  switch (state) {
    case 'none':
      return null;
    case 'connecting':
    case 'asking':
      return { ...shown, sentence: say(isByInvitation ? 'pairingChecking' : 'pairingAsking') };
    case 'dialing': {
      if (code === null) return null;
      const dial = dialWords(code.dial);
      const expiresIn = say('codeExpiresIn', clockWords(code.expiresAt - now));
      return {
        ...shown,
        tone: 'warning',
        sentence: isInDoubt ? say('nothingHappenedHint', extension) : '',
        code: { instruction: say('dialOnPhone', extension), dial, expiresIn },
        dialplan: isInDoubt || triesInVain > 0 ? dialplan : null,
        hasNothingHappened: !isInDoubt,
        again: isInDoubt ? say('newCode') : null,
      };
    }
    case 'paired':
      return { ...shown, tone: 'well', sentence: say('paired', extension), leave: say('close') };
    case 'failed':
      return { ...shown, ...failureWords(pairing, say), leave: say('close') };
  }
}

function failureWords({ failure, extension, dialplan, triesInVain, isByInvitation }: Pairing, say: Say) {
  const [tone, key, remedy] = FAILURES[failure ?? 'refused'];
  // What was typed as an invitation is not kept, so it must be typed again.
  const again = remedy === null || isByInvitation ? null : say(remedy);
  return { tone, sentence: say(key, extension ?? ''), dialplan: triesInVain > 0 ? dialplan : null, again };
}

/** `*77482193` → `*77 482 193`, as people read numbers to themselves. */
export const dialWords = (dial: string): string => dial.replace(/^(.+?)(\d{3})(\d{3})$/, '$1 $2 $3');

/** `1:05` of 65 s; never below nought. */
export function clockWords(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
