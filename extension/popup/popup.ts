// The popup: connection in words, the calls now, the last ended and missed ones. Shell; it only reads what the
// background keeps, and redraws when that changes.
import browser from 'webextension-polyfill';
import type { Call } from '../../shared/protocol.ts';
import { blindSince } from '../blindness.ts';
import { ask } from '../messages.ts';
import { find, tell, translatePage } from '../page.ts';
import { callLine } from '../phrases.ts';
import { say } from '../say.ts';
import { onStateChanged, readState } from '../storage.ts';
import { callItem } from './call-item.ts';
import { connectionWords } from './connection.ts';

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
  const { link, line, missed } = await readState();
  const time = Date.now();
  const { tone, state, hint } = connectionWords(link, time, say);
  find('connection').dataset['tone'] = tone;
  write('connection-state', state);
  write('connection-hint', hint);
  tell(find('trial'), 'warning', link.state === 'open' && link.auth === 'open' ? say('trialMode') : '');
  find('set-up').hidden = link.state !== 'idle';

  const calls = line?.calls ?? [];
  const now = calls.filter((call) => call.state !== 'ended');
  const ended = calls.filter((call) => call.state === 'ended');
  const lately = [...ended, ...missed.filter(({ id }) => !ended.some((call) => call.id === id))];
  // Whoever is blind does not know what rings now.
  find('now').hidden = line === null || link.state === 'refused' || blindSince(link, time) !== null;
  find('now-empty').hidden = now.length > 0;
  find('lately').hidden = lately.length === 0;
  list('now-calls', now);
  list(
    'lately-calls',
    lately.sort((one, other) => (other.endedAt ?? 0) - (one.endedAt ?? 0)),
  );
}

/** What each list shows. */
const drawn = new Map<string, string>();

/** Only what differs, so that screen readers announce changes and not repetitions. */
function write(id: string, text: string): void {
  const element = find(id);
  if (element.textContent !== text) element.textContent = text;
}

function list(id: string, calls: Call[]): void {
  const faces = JSON.stringify(calls.map((call) => [call, callLine(call, Date.now(), say)]));
  if (drawn.get(id) === faces) return;
  drawn.set(id, faces);
  const focused = document.activeElement?.getAttribute('data-call-id');
  find(id).replaceChildren(...calls.map(callItem));
  for (const entry of find(id).querySelectorAll<HTMLElement>('[data-call-id]')) {
    if (focused !== undefined && focused !== null && entry.dataset['callId'] === focused) entry.focus();
  }
}
