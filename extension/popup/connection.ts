// The connection in words for the popup: link → tone, state, hint. Pure.
import { CLOSE } from '../../shared/protocol.ts';
import type { Link } from '../background/link.ts';
import { blindSince } from '../blindness.ts';
import type { Tone } from '../page.ts';
import { timeWords } from '../../shared/notice.ts';
import type { Say } from '../phrases.ts';
import { needsPairing, refusalWords, shownExtensions } from '../refusals.ts';

export type ConnectionWords = { tone: Tone; state: string; hint: string };

export function connectionWords(link: Link, now: number, say: Say): ConnectionWords {
  const hint = say('blindHint');
  switch (link.state) {
    case 'idle':
      return { tone: 'warning', state: say('notSetUp'), hint: say('notSetUpHint') };
    case 'probing':
    case 'connecting':
    case 'greeting':
    case 'waiting': {
      const since = blindSince(link, now);
      if (since === null) return { tone: 'wait', state: say('connecting'), hint: '' };
      return { tone: 'alarm', state: say('noConnection', timeWords(since, now, say)), hint };
    }
    case 'refused':
      return refusedWords(link, say);
    case 'open':
      return link.pbx?.state === 'down'
        ? { tone: 'alarm', state: say('pbxDown', timeWords(link.blindSince ?? now, now, say)), hint }
        : { tone: 'well', state: say('connected'), hint: shownWords(link, say) };
  }
}

/** What a person can mend comes first. */
function refusedWords({ refusals, closeCode }: Link, say: Say): ConnectionWords {
  const unpaired = refusals.find(needsPairing);
  if (unpaired !== undefined) return { tone: 'alarm', state: refusalWords(unpaired, say), hint: '' };
  const notAllowed = refusals.find(({ code }) => code === CLOSE.extensionNotAllowed);
  if (notAllowed !== undefined && closeCode === CLOSE.extensionNotAllowed)
    return { tone: 'alarm', state: refusalWords(notAllowed, say), hint: '' };
  return { tone: 'alarm', state: say('refused'), hint: say('refusedHint') };
}

/** One sentence for each line that is not shown, although it should be. */
export const refusalsWords = ({ refusals }: Link, say: Say): string =>
  refusals.map((refusal) => refusalWords(refusal, say)).join(' ');

function shownWords(link: Link, say: Say): string {
  const own = shownExtensions(link).filter((extension) => !link.watched.includes(extension));
  return [
    own.length === 0 ? '' : say('connectedHint', own.join(', ')),
    link.watched.length === 0 ? '' : say('watchedHint', link.watched.join(', ')),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}
