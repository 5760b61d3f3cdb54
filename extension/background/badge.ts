// What the toolbar button says: the state of the connection first, then how many calls were missed. Pure.
// A short blindness heals itself and is not shown, so that nobody learns to overlook the mark.
import type { MessageKey } from '../phrases.ts';
import type { Link } from './link.ts';

export const BLIND_SHOWN_AFTER_MS = 5_000;
const ALARM_COLOUR = '#b3261e';
const CALM_COLOUR = '#5f6368';

export type Badge = { text: string; colour: string; title: MessageKey; titleValue: string };

export function badgeOf(link: Link, unseenMissed: number, now: number): Badge {
  if (link.state === 'idle')
    return { text: '!', colour: CALM_COLOUR, title: 'badgeNotSetUp', titleValue: '' };
  if (link.state === 'refused') {
    return { text: '!', colour: ALARM_COLOUR, title: 'badgeRefused', titleValue: '' };
  }
  if (link.blindSince !== null && now >= link.blindSince + BLIND_SHOWN_AFTER_MS) {
    const title = link.state === 'open' ? 'badgePbxDown' : 'badgeBlind';
    return { text: '!', colour: ALARM_COLOUR, title, titleValue: '' };
  }
  if (unseenMissed > 0) {
    const text = unseenMissed > 99 ? '99+' : String(unseenMissed);
    return { text, colour: ALARM_COLOUR, title: 'badgeMissed', titleValue: String(unseenMissed) };
  }
  return { text: '', colour: CALM_COLOUR, title: 'badgeWell', titleValue: link.target?.extension ?? '' };
}

/** When the badge must be looked at again without any event; null: never. */
export function badgeChangesAt(link: Link, now: number): number | null {
  const at = link.blindSince === null ? null : link.blindSince + BLIND_SHOWN_AFTER_MS;
  return at !== null && at > now ? at : null;
}
