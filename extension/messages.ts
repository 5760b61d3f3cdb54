// What the pages ask of the background, and its answers. Shell; the only way from a page to the relay.
import browser from 'webextension-polyfill';
import type { Verdict } from './background/verdict.ts';

export type Request =
  /** Also tries a waiting connection at once, and counts the missed calls as seen. */
  | { type: 'popup-opened' }
  | { type: 'open-card'; callId: string }
  /** Settings were written; connect with them even if they are the same as before. */
  | { type: 'settings-saved' }
  /** With what is typed, before it is saved. */
  | { type: 'test-connection'; relayUrl: string; extension: string }
  | { type: 'show-test-notification' }
  /** A code to dial is wanted, or an invitation is brought (then `extension` is null). How it goes stands in the state. */
  | { type: 'pair'; relayUrl: string; extension: string | null; invitation: string | null }
  /** The page that shows a code is open: a background that has lost the code is to say so. */
  | { type: 'look-after-pairing' }
  | { type: 'cancel-pairing' }
  | { type: 'revoke'; extension: string; deviceId: string }
  /** This browser is to show it no more: its pairing with that phone is revoked and its token forgotten. */
  | { type: 'remove-extension'; extension: string };

type Answers = {
  'popup-opened': null;
  'open-card': null;
  'settings-saved': null;
  'test-connection': Verdict;
  'show-test-notification': null;
  pair: null;
  'look-after-pairing': null;
  'cancel-pairing': null;
  revoke: null;
  'remove-extension': null;
};
export type Answer<T extends Request['type'] = Request['type']> = Answers[T];

/** Rejects where the background cannot answer. */
export function ask<T extends Request['type']>(request: Extract<Request, { type: T }>): Promise<Answer<T>> {
  return browser.runtime.sendMessage(request);
}

/** To be called in the background's first turn. */
export function onRequest(answer: (request: Request) => Promise<Answer>): void {
  browser.runtime.onMessage.addListener((message: unknown) => answer(message as Request));
}
