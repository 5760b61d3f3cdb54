// A call in the words of a list of calls, and several missed ones in one notification. Pure; used by the background and
// the popup. What one notification says of one call: shared/notice.ts. The sentences themselves stand in _locales.
import {
  cleaned,
  joined,
  MAX_NAME,
  MAX_NUMBER,
  partyName,
  severalWords,
  timeWords,
} from '../shared/notice.ts';
import type { Words } from '../shared/notice.ts';
import type { Call, EndReason } from '../shared/protocol.ts';
import type messages from './public/_locales/en/messages.json';

export type MessageKey = keyof typeof messages;
/** `i18n.getMessage`. */
export type Say = (key: MessageKey, ...substitutions: string[]) => string;

const MAX_LISTED = 4;

/** Several missed calls in one notification. */
export function missedTogetherWords(calls: Call[], now: number, say: Say): Words {
  const listed = calls
    .slice(0, MAX_LISTED)
    .map((call) => `${timeWords(endTime(call), now, say)} ${partyName(call.party, say)}`);
  const more = calls.length - listed.length;
  if (more > 0) listed.push(say('andMore', String(more)));
  return { title: say('missedTogether', String(calls.length)), message: listed.join('\n') };
}

/** Number and state of a call in one line, for a list of calls. */
export function callLine(call: Call, now: number, say: Say): string {
  const display = cleaned(call.party.display, MAX_NUMBER);
  return joined([
    display === partyName(call.party, say) ? '' : display,
    stateWords(call, now, say),
    severalWords(call.party, say),
  ]);
}

/** What a paired browser calls itself, in the reader's language: `Chrome on Windows`. */
export function deviceWords(name: string, say: Say): string {
  const plain = cleaned(name, MAX_NAME);
  const [, browser, system] = /^(.+) on (.+)$/.exec(plain) ?? [];
  return browser === undefined || system === undefined ? plain : say('deviceOn', browser, system);
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

const endTime = (call: Call): number => call.endedAt ?? call.startedAt;
