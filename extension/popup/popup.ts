// The popup: connection in words, the calls now, the last ended and missed ones. Shell; it only reads what the
// background keeps, and redraws when that changes.
import browser from 'webextension-polyfill';
import type { Call } from '../../shared/protocol.ts';
import type { Link } from '../background/link.ts';
import { blindSince } from '../blindness.ts';
import { ask } from '../messages.ts';
import { find, tell, translatePage, write } from '../page.ts';
import { callLine } from '../phrases.ts';
import { needsPairing, pairWords } from '../refusals.ts';
import { say } from '../say.ts';
import { onStateChanged, readState } from '../storage.ts';
import { callItem } from './call-item.ts';
import { connectionWords, refusalsWords } from './connection.ts';
import { groupCalls } from './groups.ts';

/** Some words change with time alone. */
const REDRAWN_EVERY_MS = 1_000;

translatePage();
for (const id of ['settings', 'set-up']) {
  find(id).addEventListener('click', () => void openSettings());
}
onStateChanged(() => void draw());
setInterval(() => void draw(), REDRAWN_EVERY_MS);
void draw();
void ask({ type: 'popup-opened' });

async function openSettings(): Promise<void> {
  await browser.runtime.openOptionsPage();
  window.close();
}

async function draw(): Promise<void> {
  const { link, extensions } = await readState();
  const time = Date.now();
  const { tone, state, hint } = connectionWords(link, time, say);
  find('connection').dataset['tone'] = tone;
  write('connection-state', state);
  write('connection-hint', hint);
  const refusals = link.state === 'open' ? refusalsWords(link, say) : '';
  if (find('refusals').textContent !== refusals) tell(find('refusals'), 'alarm', refusals);
  tell(find('trial'), 'warning', link.state === 'open' && link.auth === 'open' ? say('trialMode') : '');
  drawRemedy(link);

  // Whoever is blind does not know what rings now.
  const isTold = extensions.some(({ line }) => line !== null);
  find('now').hidden = !isTold || link.state === 'refused' || blindSince(link, time) !== null;
  const groups = groupCalls(extensions, link.watched);
  find('now-empty').hidden = groups.some(({ now }) => now.length > 0);
  find('lately').hidden = groups.every(({ lately }) => lately.length === 0);
  list(
    'now-calls',
    groups.map(({ now, ...group }) => ({ ...group, calls: now })),
  );
  list(
    'lately-calls',
    groups.map(({ lately, ...group }) => ({ ...group, calls: lately })),
  );
}

/** One button, for what only its owner can mend. */
function drawRemedy(link: Link): void {
  const unpaired = link.refusals.find(needsPairing);
  find('set-up').hidden = link.state !== 'idle' && unpaired === undefined;
  write('set-up', unpaired === undefined ? say('openSettings') : pairWords(unpaired, say));
}

/** What each list shows. */
const drawn = new Map<string, string>();

type Listed = { extension: string; isWatched: boolean; calls: Call[] };

/** A single extension needs no heading: it stands above, beside the connection. */
function list(id: string, groups: Listed[]): void {
  const faces = JSON.stringify(
    groups.map(({ calls, ...group }) => [
      group,
      calls.map((call) => [call, callLine(call, Date.now(), say)]),
    ]),
  );
  if (drawn.get(id) === faces) return;
  drawn.set(id, faces);
  const focused = document.activeElement?.getAttribute('data-call-id');
  const isAlone = groups.length === 1 && groups[0]?.isWatched === false;
  const filled = groups.filter(({ calls }) => calls.length > 0);
  find(id).replaceChildren(
    ...filled.flatMap((group) => [...(isAlone ? [] : [heading(group)]), items(group.calls)]),
  );
  for (const entry of find(id).querySelectorAll<HTMLElement>('[data-call-id]')) {
    if (focused !== undefined && focused !== null && entry.dataset['callId'] === focused) entry.focus();
  }
}

function heading({ extension, isWatched }: Listed): HTMLHeadingElement {
  const title = document.createElement('h3');
  title.textContent = say(isWatched ? 'watchedHeading' : 'extensionHeading', extension);
  return title;
}

function items(calls: Call[]): HTMLUListElement {
  const entries = document.createElement('ul');
  entries.append(...calls.map(callItem));
  return entries;
}
