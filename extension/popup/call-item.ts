// One call of the popup's lists: who it is, what is known of the client, and one click to the card. Shell: makes elements
// of texts, never of markup; popup.ts puts them into its lists.
import { cleaned, fieldWords, MAX_NAME, markWords, partyName } from '../../shared/notice.ts';
import type { Call } from '../../shared/protocol.ts';
import { ask } from '../messages.ts';
import { callLine } from '../phrases.ts';
import { say } from '../say.ts';

export function callItem(call: Call): HTMLLIElement {
  const entry = document.createElement(call.party.url === null ? 'div' : 'button');
  entry.className = 'call';
  entry.dataset['callId'] = call.id;
  entry.dataset['state'] = call.endReason === 'missed' ? 'missed' : call.state;
  const name = textElement('strong', partyName(call.party, say));
  const marks = markWords(call.party, say).map((mark) => textElement('span', capitalised(mark), 'mark'));
  const facts = textElement('span', callLine(call, Date.now(), say), 'facts');
  const fields = fieldWords(call.party).map((field) => textElement('span', field, 'field'));
  entry.append(...picture(call), name, ...spaced(marks), facts, ...fields);
  if (entry instanceof HTMLButtonElement) {
    entry.type = 'button';
    entry.addEventListener('click', () => void ask({ type: 'open-card', callId: call.id }));
  }
  const row = document.createElement('li');
  row.append(entry);
  return row;
}

/** The client's own; a broken one leaves no gap. */
function picture({ party: { client } }: Call): HTMLElement[] {
  if (client === null || client.image === null || client.others > 0) return [];
  const image = document.createElement('img');
  image.alt = '';
  image.referrerPolicy = 'no-referrer';
  image.addEventListener('error', () => image.remove());
  image.src = client.image;
  return [image];
}

/** Read aloud, each mark is a word of its own. */
const spaced = (marks: HTMLElement[]): (HTMLElement | string)[] => marks.flatMap((mark) => [' ', mark]);

function textElement(tag: 'strong' | 'span', text: string, name = ''): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = cleaned(text, MAX_NAME * 3);
  if (name !== '') element.className = name;
  return element;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
