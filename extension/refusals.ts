// Lines that the relay does not show, in words, and what a person can do about them. Pure; used by the button, the popup and
// the options page.
import { CLOSE } from '../shared/protocol.ts';
import type { Link, Refusal } from './background/link.ts';
import type { MessageKey, Say } from './phrases.ts';

const REASONS: Readonly<Record<number, MessageKey>> = {
  [CLOSE.tokenRefused]: 'lineUnpaired',
  [CLOSE.revoked]: 'lineRevoked',
  [CLOSE.extensionNotAllowed]: 'lineNotAllowed',
  [CLOSE.crowded]: 'lineCrowded',
};

export const refusalWords = ({ extension, code }: Refusal, say: Say): string =>
  say(REASONS[code] ?? 'lineRefused', extension);

/** Those whose calls are told while the link is open. */
export const shownExtensions = ({ target, refusals }: Link): string[] =>
  (target?.lines ?? [])
    .map(({ extension }) => extension)
    .filter((extension) => !refusals.some((one) => one.extension === extension));

/** Its owner mends it by pairing. */
export const needsPairing = ({ code }: Refusal): boolean =>
  code === CLOSE.tokenRefused || code === CLOSE.revoked;

/** What the button says that leads to it. */
export const pairWords = ({ code }: Refusal, say: Say): string =>
  say(code === CLOSE.revoked ? 'pairThisBrowserAgain' : 'pairThisBrowser');
