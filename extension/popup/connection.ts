// The connection in words for the popup: link → tone, state, hint. Pure.
import type { Link } from '../background/link.ts';
import type { Tone } from '../page.ts';
import { timeWords, type Say } from '../phrases.ts';

export type ConnectionWords = { tone: Tone; state: string; hint: string };

export function connectionWords(link: Link, now: number, say: Say): ConnectionWords {
  const since = link.blindSince === null ? '' : say('blindSince', timeWords(link.blindSince, now, say));
  switch (link.state) {
    case 'idle':
      return { tone: 'warning', state: say('notSetUp'), hint: say('notSetUpHint') };
    case 'probing':
    case 'connecting':
    case 'greeting':
      return link.failures === 0
        ? { tone: 'wait', state: say('connecting'), hint: '' }
        : { tone: 'alarm', state: say('noConnection'), hint: since };
    case 'waiting':
      return { tone: 'alarm', state: say('noConnection'), hint: since };
    case 'refused':
      return { tone: 'alarm', state: say('refused'), hint: say('refusedHint') };
    case 'open':
      return link.pbx?.state === 'down'
        ? { tone: 'alarm', state: say('pbxDown'), hint: since }
        : {
            tone: 'well',
            state: say('connected'),
            hint: say('connectedHint', link.target?.extension ?? ''),
          };
  }
}
