// The toolbar's badge, the popup's words for the connection, and the tabs that show cards.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { badgeChangesAt, badgeOf } from '../../extension/background/badge.ts';
import { BLIND_SHOWN_AFTER_MS } from '../../extension/blindness.ts';
import { MAX_CARDS, SETTLING_MS, addCard, findCard, followTab } from '../../extension/background/cards.ts';
import { NO_LINK, type Link } from '../../extension/background/link.ts';
import type { Say } from '../../extension/phrases.ts';
import { connectionWords } from '../../extension/popup/connection.ts';

const target = {
  relayUrl: 'ws://pbx.local/feed',
  lines: [{ extension: '101', token: null, isBorrowed: false }],
};
const open: Link = { ...NO_LINK, state: 'open', target };
const now = new Date(2026, 10, 23, 14, 32, 30).getTime();
const blind = (state: Link['state'], forMs: number): Link => ({ ...open, state, blindSince: now - forMs });

const say: Say = (key, ...values) => (key === 'language' ? 'en' : [key, ...values].join(' '));
const face = (link: Link, unseenMissed = 0, at = now) => {
  const { text, title } = badgeOf(link, unseenMissed, at, say);
  return [text, title];
};

test('the badge is empty while all is well and counts what was missed', () => {
  assert.deepEqual(face(open), ['', 'badgeWell 101']);
  assert.deepEqual(face(open, 3), ['3', 'badgeMissed 3']);
  assert.equal(face(open, 100)[0], '99+');
});

test('the badge says after 5 s since when it is blind, not before, and above missed calls', () => {
  assert.equal(face(blind('waiting', BLIND_SHOWN_AFTER_MS - 1))[0], '');
  assert.deepEqual(face(blind('waiting', BLIND_SHOWN_AFTER_MS), 3), ['!', 'badgeBlind 14:32']);
  assert.deepEqual(face(blind('open', BLIND_SHOWN_AFTER_MS)), ['!', 'badgePbxDown 14:32']);
  assert.equal(badgeChangesAt(blind('waiting', 1_000), now), now + 4_000);
  assert.equal(badgeChangesAt(blind('waiting', 6_000), now), null);
  assert.equal(badgeChangesAt(open, now), null);
});

test('a blindness that began on another day is told with that day', () => {
  assert.equal(face(blind('waiting', 0), 0, now + 24 * 3_600_000)[1], 'badgeBlind Nov 23 14:32');
});

test('the badge says at once what only a person can mend', () => {
  assert.deepEqual(face(NO_LINK), ['!', 'badgeNotSetUp']);
  assert.deepEqual(face(blind('refused', 0)), ['!', 'badgeRefused']);
});

test('the popup says the state of the connection in words, and a gap of less than 5 s is no alarm', () => {
  const words = (link: Link) => {
    const { tone, state } = connectionWords(link, now, say);
    return `${tone} ${state}`;
  };
  const pbx = { state: 'down' as const, since: 1 };
  assert.equal(words(NO_LINK), 'warning notSetUp');
  for (const state of ['probing', 'connecting', 'greeting', 'waiting'] as const) {
    assert.equal(words(blind(state, BLIND_SHOWN_AFTER_MS - 1)), 'wait connecting');
    assert.equal(words(blind(state, BLIND_SHOWN_AFTER_MS)), 'alarm noConnection 14:32');
  }
  assert.equal(words(blind('refused', 9)), 'alarm refused');
  assert.equal(words({ ...blind('open', 9), pbx }), 'alarm pbxDown 14:32');
  assert.equal(words(open), 'well connected');
});

const url = 'https://crm.example/clients/7';
test('a card is found in the tab that was opened for it', () => {
  const cards = addCard(addCard([], 1, 'https://crm.example/clients/6'), 2, url);
  assert.equal(findCard(cards, url)?.tabId, 2);
  assert.equal(findCard(cards, 'https://crm.example/clients/8'), undefined);
  assert.equal(findCard(followTab(cards, { type: 'closed', tabId: 2 }, now), url), undefined);
});

test('a tab that went elsewhere is left alone; its first loading and what follows at once is no going elsewhere', () => {
  let cards = addCard([], 2, url);
  cards = followTab(cards, { type: 'loading', tabId: 2 }, now);
  cards = followTab(cards, { type: 'loaded', tabId: 2 }, now);
  cards = followTab(cards, { type: 'loading', tabId: 2 }, now + SETTLING_MS);
  cards = followTab(cards, { type: 'loaded', tabId: 2 }, now + SETTLING_MS);
  assert.equal(findCard(cards, url)?.tabId, 2);
  cards = followTab(cards, { type: 'loading', tabId: 2 }, now + SETTLING_MS + 1);
  assert.equal(findCard(cards, url), undefined);
});

test('other tabs are no concern of ours, and the memory is bounded', () => {
  const cards = addCard([], 2, url);
  for (const type of ['loading', 'loaded', 'closed'] as const) {
    assert.equal(followTab(cards, { type, tabId: 9 }, now), cards);
  }
  let many = cards;
  for (let tabId = 10; tabId < 40; tabId += 1) many = addCard(many, tabId, `${url}${tabId}`);
  assert.equal(many.length, MAX_CARDS);
  assert.equal(findCard(many, url), undefined);
});
