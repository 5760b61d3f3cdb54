// What the toolbar button says: the state of the connection first, then how many calls were missed. Pure.
import { timeWords } from '../../shared/notice.ts';
import { CLOSE } from '../../shared/protocol.ts';
import { BLIND_SHOWN_AFTER_MS, blindSince } from '../blindness.ts';
import type { Say } from '../phrases.ts';
import { needsPairing, shownExtensions } from '../refusals.ts';
import type { Link } from './link.ts';

const ALARM_COLOUR = '#b3261e';
const CALM_COLOUR = '#5f6368';

export type Badge = { text: string; colour: string; title: string };

export function badgeOf(link: Link, unseenMissed: number, now: number, say: Say): Badge {
  if (link.state === 'idle') return { text: '!', colour: CALM_COLOUR, title: say('badgeNotSetUp') };
  if (link.state === 'refused') return { text: '!', colour: ALARM_COLOUR, title: refusedTitle(link, say) };
  const since = blindSince(link, now);
  if (since !== null) {
    const time = timeWords(since, now, say);
    const title = say(link.state === 'open' ? 'badgePbxDown' : 'badgeBlind', time);
    return { text: '!', colour: ALARM_COLOUR, title };
  }
  if (link.refusals.length > 0) return { text: '!', colour: ALARM_COLOUR, title: refusedTitle(link, say) };
  if (unseenMissed > 0) {
    const text = unseenMissed > 99 ? '99+' : String(unseenMissed);
    return { text, colour: ALARM_COLOUR, title: say('badgeMissed', String(unseenMissed)) };
  }
  return { text: '', colour: CALM_COLOUR, title: say('badgeWell', shownExtensions(link).join(', ')) };
}

/** What a person can mend comes first. */
function refusedTitle({ refusals }: Link, say: Say): string {
  const unpaired = refusals.find(needsPairing);
  if (unpaired !== undefined) return say('badgePair', unpaired.extension);
  const isOfLine = refusals.find(({ code }) => code === CLOSE.extensionNotAllowed || code === CLOSE.crowded);
  return isOfLine === undefined ? say('badgeRefused') : say('badgeLineRefused', isOfLine.extension);
}

/** When the badge must be looked at again without any event; null: never. */
export function badgeChangesAt(link: Link, now: number): number | null {
  const at = link.blindSince === null ? null : link.blindSince + BLIND_SHOWN_AFTER_MS;
  return at !== null && at > now ? at : null;
}
