// Several extensions as staff see them: the button, the popup's words and groups, and the list on the options page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { badgeOf } from '../../extension/background/badge.ts';
import { NO_LINK, type Link, type Refusal } from '../../extension/background/link.ts';
import { firstUnpaired, lineWords } from '../../extension/options/line-words.ts';
import { NO_PAIRING, type Pairing } from '../../extension/pairing-state.ts';
import type { Say } from '../../extension/phrases.ts';
import { connectionWords, refusalsWords } from '../../extension/popup/connection.ts';
import { groupCalls } from '../../extension/popup/groups.ts';
import { needsPairing, pairWords, refusalWords } from '../../extension/refusals.ts';
import { CLOSE } from '../../shared/protocol.ts';
import { call, line } from './addon-call.ts';

const say: Say = (key, ...values) => (key === 'language' ? 'en' : [key, ...values].join(' '));
const lines = ['101', '102', '103'].map((extension) => ({ extension, token: null, isBorrowed: false }));
const open: Link = { ...NO_LINK, state: 'open', target: { relayUrl: 'ws://pbx.local/feed', lines } };
const refusing = (...refusals: Refusal[]): Link => ({ ...open, refusals });
const refused = (...refusals: Refusal[]): Link => ({
  ...refusing(...refusals),
  state: 'refused',
  closeCode: refusals[0]?.code ?? null,
});
const unpaired = { extension: '101', code: CLOSE.tokenRefused };
const revoked = { extension: '102', code: CLOSE.revoked };
const unknown = { extension: '103', code: CLOSE.extensionNotAllowed };

test('what is said of a line that is not shown, and whether pairing helps', () => {
  const rows: [number, string, string | null][] = [
    [CLOSE.tokenRefused, 'lineUnpaired 101', 'pairThisBrowser'],
    [CLOSE.revoked, 'lineRevoked 101', 'pairThisBrowserAgain'],
    [CLOSE.extensionNotAllowed, 'lineNotAllowed 101', null],
    [CLOSE.crowded, 'lineCrowded 101', null],
    [CLOSE.protocolNotSpoken, 'lineRefused 101', null],
  ];
  for (const [code, words, button] of rows) {
    const refusal = { extension: '101', code };
    assert.equal(refusalWords(refusal, say), words);
    assert.equal(needsPairing(refusal) ? pairWords(refusal, say) : null, button);
  }
});

test('the button says at once that a line is not shown, above missed calls, and what a person can mend first', () => {
  const title = (link: Link) => {
    const badge = badgeOf(link, 3, 0, say);
    return badge.text === '!' ? badge.title : badge.text;
  };
  assert.equal(title(open), '3');
  assert.equal(title(refusing(unknown)), 'badgeLineRefused 103');
  assert.equal(title(refusing(unknown, revoked)), 'badgePair 102');
  assert.equal(title(refused(unpaired, revoked, unknown)), 'badgePair 101');
  assert.equal(title({ ...refused(), closeCode: CLOSE.malformed }), 'badgeRefused');
  assert.equal(badgeOf(open, 0, 0, say).title, 'badgeWell 101, 102, 103');
});

test('the popup names the lines that are shown, own ones apart from watched ones, and each that is not', () => {
  const link = { ...refusing(revoked), watched: ['103'] };
  assert.equal(connectionWords(link, 0, say).hint, 'connectedHint 101 watchedHint 103');
  assert.equal(refusalsWords(link, say), 'lineRevoked 102');
  assert.equal(
    connectionWords({ ...open, watched: ['101', '102', '103'] }, 0, say).hint,
    'watchedHint 101, 102, 103',
  );
});

test('where nothing is shown, the popup says why: what a person can mend first', () => {
  const state = (link: Link) => connectionWords(link, 0, say).state;
  assert.equal(state(refused(unknown)), 'lineNotAllowed 103');
  assert.equal(state(refused(unknown, revoked)), 'lineRevoked 102');
  assert.equal(state(refused({ extension: '101', code: CLOSE.malformed })), 'refused');
});

test('the options page says of each line how it stands', () => {
  const words = (link: Link, pairing: Pairing = NO_PAIRING) =>
    lineWords(link, pairing, ['101', '102', '103'], say).map(({ tone, sentence, pair }) => [
      tone,
      sentence,
      pair,
    ]);
  assert.deepEqual(words({ ...refusing(revoked), watched: ['103'] }), [
    ['well', 'lineShown', null],
    ['alarm', 'lineRevoked 102', 'pairThisBrowserAgain'],
    ['well', 'lineWatched', null],
  ]);
  const dialing: Pairing = { ...NO_PAIRING, state: 'dialing', extension: '102' };
  assert.deepEqual(words(refusing(revoked), dialing)[1], ['wait', 'linePairing', null]);
  assert.deepEqual(words({ ...open, state: 'waiting' })[0], ['wait', 'lineNotConnected', null]);
  assert.equal(firstUnpaired(refusing(unknown, revoked)), '102');
  assert.equal(firstUnpaired(refusing(unknown)), null);
});

test('the popup groups calls by extension, own ones first, and tells what is over from what is not', () => {
  const [ringing, ended, missed] = [
    call({ id: 'r' }),
    call({ id: 'e', state: 'ended', endedAt: 5, endReason: 'missed' }),
    call({ id: 'm', state: 'ended', endedAt: 9, endReason: 'missed' }),
  ];
  const groups = groupCalls(
    [
      { extension: '102', line: null, missed: [] },
      { extension: '101', line: line(1, [ended, ringing]), missed: [missed, ended] },
    ],
    ['102'],
  );
  assert.deepEqual(
    groups.map(({ extension, isWatched, now, lately }) => [
      extension,
      isWatched,
      now.map(({ id }) => id),
      lately.map(({ id }) => id),
    ]),
    [
      ['101', false, ['r'], ['m', 'e']],
      ['102', true, [], []],
    ],
  );
});
