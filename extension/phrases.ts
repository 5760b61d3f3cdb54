// A call in the words that staff read: Call → title, message, context. Pure; used by the background and the popup.
// Strangers choose names and numbers, so every foreign text is cleaned of control and text-direction characters
// [Unicode UAX #9: overrides can show a number backwards] and cut. The sentences themselves stand in _locales.
import type { Call, EndReason, Party } from '../shared/protocol.ts';
import type messages from './public/_locales/en/messages.json';

export type MessageKey = keyof typeof messages;
/** `i18n.getMessage`. */
export type Say = (key: MessageKey, ...substitutions: string[]) => string;
export type NoticeKind = 'ringing' | 'connected' | 'missed' | 'busy';
/** What a notification says; the message has one to three lines. */
export type Words = { title: string; message: string };

export const MAX_NAME = 80;
export const MAX_NUMBER = 40;
export const MAX_FACT = 60;
const MAX_LISTED = 4;
const MAX_FIELDS = 2;
const SEPARATOR = ' · ';

/** What one notification says of one call. `now` decides whether the time needs its day. */
export function noticeWords(call: Call, kind: NoticeKind, now: number, say: Say): Words {
  const { party, transferredBy, queue, dialed } = call;
  const title = partyName(party, say);
  const display = cleaned(party.display, MAX_NUMBER);
  const others = party.client?.others ?? 0;
  const who = joined([
    party.internal || display === title ? '' : display,
    kindWords(call, kind, now, say),
    transferredBy === null ? '' : say('transferredBy', cleaned(transferredBy, MAX_NUMBER)),
  ]);
  const more = joined([
    queue === null ? '' : say('queue', cleaned(queue, MAX_FACT)),
    dialed === null ? '' : say('dialed', cleaned(dialed, MAX_NUMBER)),
    ...fieldWords(party),
  ]);
  const lines = [who, others === 0 ? '' : othersWords(others, say), more].filter((line) => line !== '');
  return { title, message: capitalised(lines.join('\n')) };
}

/** Several missed calls in one notification. */
export function missedTogetherWords(calls: Call[], now: number, say: Say): Words {
  const listed = calls
    .slice(0, MAX_LISTED)
    .map((call) => `${timeWords(endTime(call), now, say)} ${partyName(call.party, say)}`);
  const more = calls.length - listed.length;
  if (more > 0) listed.push(say('andMore', String(more)));
  return { title: say('missedTogether', String(calls.length)), message: listed.join('\n') };
}

/** The client's name, else the caller's as the PBX tells it, else the number, else that it is hidden. */
export function partyName(party: Party, say: Say): string {
  const candidates = [party.client?.name ?? '', party.name ?? ''].map((name) => cleaned(name, MAX_NAME));
  return (
    candidates.find((name) => name !== '') ?? (cleaned(party.display, MAX_NUMBER) || say('hiddenNumber'))
  );
}

/** Number and state of a call in one line, for a list of calls. */
export function callLine(call: Call, now: number, say: Say): string {
  const display = cleaned(call.party.display, MAX_NUMBER);
  return joined([display === partyName(call.party, say) ? '' : display, stateWords(call, now, say)]);
}

/** What a paired browser calls itself, in the reader's language: `Chrome on Windows`. */
export function deviceWords(name: string, say: Say): string {
  const plain = cleaned(name, MAX_NAME);
  const [, browser, system] = /^(.+) on (.+)$/.exec(plain) ?? [];
  return browser === undefined || system === undefined ? plain : say('deviceOn', browser, system);
}

/** `14:32`, or with the day where it was not today. */
export function timeWords(at: number, now: number, say: Say): string {
  const language = say('language');
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  const time = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const day = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });
  return isToday ? time.format(at) : `${day.format(at)} ${time.format(at)}`;
}

/** A stranger's text made harmless: one line, no control or direction characters, at most `max` code points. */
export function cleaned(text: string, max: number): string {
  const plain = text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\p{Bidi_Control}\u200b\ufeff]/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
  const points = Array.from(plain);
  return points.length <= max ? plain : `${points.slice(0, max - 1).join('')}…`;
}

function kindWords(call: Call, kind: NoticeKind, now: number, say: Say): string {
  const from = cleaned(call.party.display, MAX_NUMBER);
  if (kind === 'missed') return say('missedAt', timeWords(endTime(call), now, say));
  if (kind === 'busy') return say('busyAt', timeWords(endTime(call), now, say));
  if (kind === 'connected') return say('onTheLine');
  if (call.party.internal && from !== '') return say('internalCallFrom', from);
  return say(call.party.internal ? 'internalCall' : 'incomingCall');
}

function stateWords(call: Call, now: number, say: Say): string {
  const at = (time: number | null) => timeWords(time ?? call.startedAt, now, say);
  switch (call.state) {
    case 'ringing':
      return say('stateRinging', at(call.startedAt));
    case 'dialing':
      return say('stateDialing', at(call.startedAt));
    case 'talking':
      return say('stateTalking', at(call.answeredAt));
    case 'held':
      return say('stateHeld', at(call.answeredAt));
    case 'ended':
      return joined([endWords(call, say), at(call.endedAt)]);
  }
}

const END_KEYS: Readonly<Record<EndReason, MessageKey>> = {
  completed: 'endCompleted',
  missed: 'endMissed',
  'answered-elsewhere': 'endAnsweredElsewhere',
  rejected: 'endRejected',
  busy: 'endBusy',
  'no-answer': 'endNoAnswer',
  cancelled: 'endCancelled',
  forwarded: 'endForwarded',
  transferred: 'endTransferred',
  lost: 'endLost',
};

function endWords(call: Call, say: Say): string {
  if (call.endReason === 'answered-elsewhere' && call.answeredBy !== null) {
    return say('endAnsweredBy', cleaned(call.answeredBy, MAX_NUMBER));
  }
  const end = say(END_KEYS[call.endReason ?? 'completed']);
  // A queue tries one after another: somebody else took the caller later.
  if (call.endReason !== 'missed' || call.answeredBy === null) return end;
  return joined([end, say('endAnsweredBy', cleaned(call.answeredBy, MAX_NUMBER))]);
}

function othersWords(others: number, say: Say): string {
  return others === 1 ? say('othersOne') : say('othersMany', String(others));
}

function fieldWords(party: Party): string[] {
  return (party.client?.fields ?? [])
    .slice(0, MAX_FIELDS)
    .map(({ label, value }) => `${cleaned(label, MAX_FACT)}: ${cleaned(value, MAX_FACT)}`);
}

const endTime = (call: Call): number => call.endedAt ?? call.startedAt;
const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const joined = (parts: string[]): string => parts.filter((part) => part !== '').join(SEPARATOR);
