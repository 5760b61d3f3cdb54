// The connection in words for the popup: link → tone, state, hint. Pure.
import { blindSince } from '../blindness.ts';
import type { Link } from '../background/link.ts';
import type { Tone } from '../page.ts';
import { timeWords } from '../../shared/notice.ts';
import type { Say } from '../phrases.ts';

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
      return { tone: 'alarm', state: say('refused'), hint: say('refusedHint') };
    case 'open':
      return link.pbx?.state === 'down'
        ? { tone: 'alarm', state: say('pbxDown', timeWords(link.blindSince ?? now, now, say)), hint }
        : {
            tone: 'well',
            state: say('connected'),
            hint: say('connectedHint', link.target?.extension ?? ''),
          };
  }
}
