// The part of the options page that pairs this browser with a phone: what to dial, how it goes, an invitation in its place.
// Shell; the background pairs, whatever becomes of this page, and pairing-words.ts says what is shown.
import { isPairing, NO_PAIRING, type Pairing } from '../pairing-state.ts';
import { parseInvitation } from '../invitation.ts';
import { ask } from '../messages.ts';
import { find, tell, write } from '../page.ts';
import { say } from '../say.ts';
import { copyFrom } from './copy.ts';
import { pairingWords, type PairingWords } from './pairing-words.ts';

/** The background is asked for so often while it pairs, which keeps it alive, or wakes one that has lost its code. */
const LOOK_AFTER_EVERY_MS = 5_000;
const TICK_MS = 500;

const panel = find('pairing');
const invitationInput = find('invitation') as HTMLInputElement;

/** The pairing that this page shows. */
let pairing: Pairing = NO_PAIRING;
/** The attempt whose code somebody has dialled in vain. */
let doubtedAttempt: number | null = null;
/** Whether this page has seen it begin: what ended before is old news. */
let hasSeenProgress = false;

/** `relayUrl`: what is typed, made right; null, with the reason beside the field, where it cannot be. */
export function startPairingPanel(readRelayUrl: () => string | null): void {
  find('nothing-happened').addEventListener('click', () => {
    doubtedAttempt = pairing.attempt;
    draw();
    find('for-it').scrollIntoView({ block: 'nearest' });
  });
  find('pair-again').addEventListener('click', () => {
    const { relayUrl, extension } = pairing;
    if (relayUrl !== null && extension !== null) void pair(relayUrl, extension);
  });
  find('leave-pairing').addEventListener('click', () => void leave());
  copyFrom(find('copy-code'), () => pairing.code?.dial ?? '');
  copyFrom(find('copy-lines'), () => find('dialplan').textContent);
  find('have-invitation').addEventListener('click', () => openInvitation(find('invite').hidden !== false));
  find('invite').addEventListener('submit', (event) => {
    event.preventDefault();
    void useInvitation(readRelayUrl);
  });
  invitationInput.addEventListener('input', () => showProblem(''));
  setInterval(draw, TICK_MS);
  setInterval(() => {
    if (isPairing(pairing)) ask({ type: 'look-after-pairing' }).catch(() => undefined); // it is being replaced: tried again
  }, LOOK_AFTER_EVERY_MS);
}

export async function pair(relayUrl: string, extension: string | null, invitation: string | null = null) {
  hasSeenProgress = true;
  panel.hidden = false;
  try {
    await ask({ type: 'pair', relayUrl, extension, invitation });
    panel.focus();
  } catch {
    tell(find('result'), 'alarm', say('pairingFailed')); // the background is being replaced, by an update for instance
  }
}

export function showPairing(now: Pairing): void {
  if (now.state === 'paired' && isPairing(pairing) && now.isByInvitation) {
    invitationInput.value = '';
    openInvitation(false);
  }
  pairing = now;
  if (isPairing(now)) hasSeenProgress = true;
  draw();
}

function openInvitation(isOpen: boolean): void {
  find('invite').hidden = !isOpen;
  find('have-invitation').ariaExpanded = String(isOpen);
  if (isOpen) invitationInput.focus();
}

/** Nobody wants this extension any more. */
export function leavePairing(extension: string): void {
  if (pairing.state !== 'none' && pairing.extension === extension) void leave();
}

async function leave(): Promise<void> {
  const field = find('extension');
  await ask({ type: 'cancel-pairing' }).catch(() => undefined); // whoever leaves need not know
  panel.hidden = true;
  field.focus();
}

async function useInvitation(readRelayUrl: () => string | null): Promise<void> {
  const read = parseInvitation(invitationInput.value);
  if ('problem' in read) {
    showProblem(say(read.problem));
    invitationInput.focus();
    return;
  }
  const relayUrl = read.value.relayUrl ?? readRelayUrl();
  if (relayUrl === null) return;
  await pair(relayUrl, null, read.value.secret);
}

function showProblem(text: string): void {
  invitationInput.setAttribute('aria-invalid', String(text !== ''));
  find('invitation-problem').textContent = text;
}

function draw(): void {
  const isOldNews = pairing.state === 'paired' && !hasSeenProgress;
  const words = pairingWords(pairing, doubtedAttempt === pairing.attempt, Date.now(), say);
  drawWords(isOldNews ? null : words);
}

function drawWords(words: PairingWords | null): void {
  panel.hidden = words === null;
  if (words === null) return;
  write('pairing-title', words.title);
  const sentence = find('pairing-sentence');
  if (sentence.textContent !== words.sentence || sentence.dataset['tone'] !== words.tone)
    tell(sentence, words.tone, words.sentence);
  find('dial').hidden = words.code === null;
  write('dial-instruction', words.code?.instruction ?? '');
  write('dial-code', words.code?.dial ?? '');
  write('countdown', words.code?.expiresIn ?? '');
  find('for-it').hidden = words.dialplan === null;
  write('dialplan', words.dialplan ?? '');
  find('nothing-happened').hidden = !words.hasNothingHappened;
  find('pair-again').hidden = words.again === null;
  write('pair-again', words.again ?? '');
  write('leave-pairing', words.leave);
}
