// Which tab shows which client's card, so that a second click comes back to it. Pure; tabs.ts feeds it.
// Without the `tabs` permission a tab's address cannot be read. But each page that begins to load is reported: one that
// does so some time after its card had settled has gone elsewhere, and is left alone with whatever is typed into it.
//
//   entry      | begins to load                     | has loaded | closed
//   settled: – | stays                              | settled    | forgotten
//   settled: t | stays within the grace (scripts    | stays      | forgotten
//              | that move on by themselves), then  |            |
//              | forgotten                          |            |

export const MAX_CARDS = 16;
export const SETTLING_MS = 2_000;

export type Card = { tabId: number; url: string; settledAt: number | null };
export type TabEvent = { type: 'loading' | 'loaded' | 'closed'; tabId: number };

export const addCard = (cards: Card[], tabId: number, url: string): Card[] =>
  [...cards.filter((card) => card.tabId !== tabId), { tabId, url, settledAt: null }].slice(-MAX_CARDS);

export const findCard = (cards: Card[], url: string): Card | undefined =>
  cards.findLast((card) => card.url === url);

/** Returns `cards` itself where nothing changes. */
export function followTab(cards: Card[], event: TabEvent, now: number): Card[] {
  const card = cards.find(({ tabId }) => tabId === event.tabId);
  if (card === undefined) return cards;
  const others = cards.filter((other) => other !== card);
  switch (event.type) {
    case 'closed':
      return others;
    case 'loaded':
      return card.settledAt === null ? [...others, { ...card, settledAt: now }] : cards;
    case 'loading':
      return card.settledAt !== null && now > card.settledAt + SETTLING_MS ? others : cards;
  }
}
