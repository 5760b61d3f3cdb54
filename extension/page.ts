// What the options page and the popup share. Shell: fills the page's sentences in and finds its elements.
import type { MessageKey } from './phrases.ts';
import { say } from './say.ts';

export type Tone = 'well' | 'wait' | 'warning' | 'alarm';

/** Fills every `data-i18n` element, as text, and tells screen readers the language. */
export function translatePage(): void {
  document.documentElement.lang = say('language');
  for (const element of document.querySelectorAll<HTMLElement>('[data-i18n]')) {
    element.textContent = say(element.dataset['i18n'] as MessageKey);
  }
}

/** The element with this id; a page without it is a mistake of ours. */
export function find(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no element #${id}.`);
  return element;
}

/** Only what differs, so that screen readers announce changes and not repetitions. */
export function write(id: string, text: string): void {
  const element = find(id);
  if (element.textContent !== text) element.textContent = text;
}

/** Writes a sentence into a notice that screen readers announce; an empty one hides it. */
export function tell(notice: HTMLElement, tone: Tone, text: string): void {
  notice.dataset['tone'] = tone;
  notice.textContent = text;
  notice.hidden = text === '';
}
