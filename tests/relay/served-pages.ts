// The relay's pages without a relay behind them: what they tell is said by the test. Called by `served-feed.ts` and the tests
// of the pages.
import { createPages } from '../../relay/pages/answer.ts';
import type { PagesOptions } from '../../relay/pages/answer.ts';
import { NO_OFFER } from '../../relay/pages/install.ts';
import type { Pages } from '../../relay/pages/visit.ts';

/** A relay in open mode that sees its PBX, and whose /setup nobody can open. */
export const pagesOf = (over: Partial<PagesOptions> = {}): Pages =>
  createPages({
    pbxs: () => [{ name: 'pbx', isSeen: true, since: Date.parse('2026-11-28T10:00:00Z'), reason: '' }],
    isOpenMode: true,
    publicUrl: null,
    basePath: '',
    pairingPrefix: '*77',
    stores: { chrome: null, edge: null, firefox: null },
    offer: () => NO_OFFER,
    version: '0.1.0',
    door: { redeem: () => 'refused', opensUntil: () => null },
    examination: { start: () => undefined, last: () => null },
    now: () => Date.parse('2026-11-28T12:30:00Z'),
    timeZone: 'UTC',
    onOpened: () => undefined,
    onRefused: () => undefined,
    ...over,
  });
