// What a notification says of a call: Call → title and message, in the words of a language or by IT's templates. Pure; the
// add-on shows it, and the relay's `lookup` prints what would be shown. Strangers choose names and numbers, so every
// foreign text is cleaned of control and text-direction characters [Unicode UAX #9: overrides can show a number
// backwards] and cut.
import { MAX_FIELDS } from './protocol.ts';
import type { Call, Client, Language, NotificationTemplates, Party } from './protocol.ts';
import { fillTemplate, parseTemplate } from './template.ts';
import type { TemplateNames } from './template.ts';

export type NoticeKey =
  | 'language'
  | 'hiddenNumber'
  | 'incomingCall'
  | 'onTheLine'
  | 'internalCall'
  | 'internalCallFrom'
  | 'missedAt'
  | 'busyAt'
  | 'transferredBy'
  | 'queue'
  | 'dialed'
  | 'severalClients'
  | 'markVip'
  | 'markYours'
  | 'markBlocked';
/** The sentence of that name in a language [extension/public/_locales]. */
export type NoticeSay = (key: NoticeKey, ...substitutions: string[]) => string;
export type NoticeKind = 'ringing' | 'connected' | 'missed' | 'busy';
/** What a notification says; the message has one to four lines. */
export type Words = { title: string; message: string };

export const MAX_NAME = 80;
export const MAX_NUMBER = 40;
export const MAX_FACT = 60;
const MAX_LINE = 200;
const MAX_LINES = 4;
const MAX_FIELDS_SHOWN = 2;
const SEPARATOR = ' · ';

/** What IT's templates may name [shared/template.ts]. */
export const NOTICE_NAMES = {
  values: [
    ...['name', 'client', 'caller', 'number', 'id', 'state', 'dialed', 'queue', 'transferredBy'],
    ...['several', 'vip', 'yours', 'fields'],
  ],
  conditions: ['ringing', 'connected', 'missed', 'busy', 'internal'],
  hasFields: true,
} as const satisfies TemplateNames;

/** What one notification says of one call. `now` decides whether the time needs its day. */
export function noticeWords(
  call: Call,
  kind: NoticeKind,
  now: number,
  say: NoticeSay,
  templates: NotificationTemplates | null = null,
): Words {
  const language: Language = say('language') === 'ru' ? 'ru' : 'en';
  const valueOf = (name: string): string => noticeValue(name, call, kind, now, say);
  const title = filled(templates?.title?.[language], valueOf, 1);
  const message = filled(templates?.text?.[language], valueOf, MAX_LINES);
  return {
    title: title || partyName(call.party, say),
    message: capitalised(message || ownMessage(call, kind, now, say)),
  };
}

function ownMessage(call: Call, kind: NoticeKind, now: number, say: NoticeSay): string {
  const { party, transferredBy, queue, dialed } = call;
  const display = cleaned(party.display, MAX_NUMBER);
  const who = joined([
    party.internal || display === partyName(party, say) ? '' : display,
    kindWords(call, kind, now, say),
    transferredBy === null ? '' : say('transferredBy', cleaned(transferredBy, MAX_NUMBER)),
  ]);
  const marks = joined([severalWords(party, say), ...markWords(party, say)]);
  const more = joined([
    queue === null ? '' : say('queue', cleaned(queue, MAX_FACT)),
    dialed === null ? '' : say('dialed', cleaned(dialed, MAX_NUMBER)),
    ...fieldWords(party).slice(0, MAX_FIELDS_SHOWN),
  ]);
  return [who, marks, more].filter((line) => line !== '').join('\n');
}

/** '' where there is none: unknown, not so, or what that name does not mean. */
function noticeValue(name: string, call: Call, kind: NoticeKind, now: number, say: NoticeSay): string {
  const { party } = call;
  const client = soleClient(party);
  if (name.startsWith('field.')) {
    const label = name.slice('field.'.length);
    return cleaned(client?.fields.find((field) => field.label === label)?.value ?? '', MAX_FACT);
  }
  switch (name) {
    case 'name':
      return partyName(party, say);
    case 'client':
      return cleaned(client?.name ?? '', MAX_NAME);
    case 'caller':
      return cleaned(party.name ?? '', MAX_NAME);
    case 'number':
      return cleaned(party.display, MAX_NUMBER);
    case 'id':
      return cleaned(client?.id ?? '', MAX_FACT);
    case 'state':
      return kindWords(call, kind, now, say);
    case 'dialed':
    case 'queue':
    case 'transferredBy':
      return cleaned(call[name] ?? '', MAX_FACT);
    case 'several':
      return severalWords(party, say);
    case 'vip':
      return client?.isVip === true ? say('markVip') : '';
    case 'yours':
      return client?.isYours === true ? say('markYours') : '';
    case 'fields':
      return joined(fieldWords(party).slice(0, MAX_FIELDS_SHOWN));
    case 'internal':
      return party.internal ? 'yes' : '';
    default:
      return name === kind ? 'yes' : '';
  }
}

/** IT's template in use; '' where there is none, or it is of a language that this add-on does not know. */
function filled(template: string | undefined, valueOf: (name: string) => string, maxLines: number): string {
  if (template === undefined) return '';
  try {
    const text = fillTemplate(parseTemplate(template), valueOf);
    const lines = maxLines === 1 ? [text] : text.split('\n');
    return lines
      .map((line) => cleaned(withoutLoneSeparators(line), maxLines === 1 ? MAX_NAME : MAX_LINE))
      .filter((line) => line !== '')
      .slice(0, maxLines)
      .join('\n');
  } catch {
    return '';
  }
}

/** `{number} · {queue}` where there is no queue. */
const withoutLoneSeparators = (line: string): string =>
  line.replace(/(\s*[·|])(?:\s*[·|])+/g, '$1').replace(/^[\s·|,;]+|[\s·|,;]+$/g, '');

/** The client's name, else the caller's as the PBX tells it, else the number, else that it is hidden. */
export function partyName(party: Party, say: NoticeSay): string {
  const candidates = [soleClient(party)?.name ?? '', party.name ?? ''].map((name) => cleaned(name, MAX_NAME));
  return (
    candidates.find((name) => name !== '') ?? (cleaned(party.display, MAX_NUMBER) || say('hiddenNumber'))
  );
}

/** Of several clients with one number none is named as the caller: that would be a guess. */
const soleClient = ({ client }: Party): Client | null => (client?.others === 0 ? client : null);

/** `3 clients have this number`, one of them by name; '' where it is one's alone. */
export function severalWords({ client }: Party, say: NoticeSay): string {
  if (client === null || client.others === 0) return '';
  return say('severalClients', String(client.others + 1), cleaned(client.name, MAX_NAME));
}

/** VIP, your client, black list: in words, never in colour alone. */
export function markWords({ client }: Party, say: NoticeSay): string[] {
  const marks: [boolean | undefined, NoticeKey][] = [
    [client?.isBlocked, 'markBlocked'],
    [client?.isVip, 'markVip'],
    [client?.isYours, 'markYours'],
  ];
  return marks.filter(([isSo]) => isSo).map(([, key]) => say(key));
}

/** `Company: Romashka`, of each field that says something. */
export function fieldWords(party: Party): string[] {
  return (soleClient(party)?.fields ?? [])
    .slice(0, MAX_FIELDS)
    .map(({ label, value }) => [cleaned(label, MAX_FACT), cleaned(value, MAX_FACT)] as const)
    .filter(([, value]) => value !== '')
    .map(([label, value]) => (label === '' ? value : `${label}: ${value}`));
}

function kindWords(call: Call, kind: NoticeKind, now: number, say: NoticeSay): string {
  const from = cleaned(call.party.display, MAX_NUMBER);
  const time = (): string => timeWords(call.endedAt ?? call.startedAt, now, say);
  if (kind === 'missed') return say('missedAt', time());
  if (kind === 'busy') return say('busyAt', time());
  if (kind === 'connected') return say('onTheLine');
  if (call.party.internal && from !== '') return say('internalCallFrom', from);
  return say(call.party.internal ? 'internalCall' : 'incomingCall');
}

/** `14:32`, or with the day where it was not today. */
export function timeWords(at: number, now: number, say: NoticeSay): string {
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

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
export const joined = (parts: string[]): string => parts.filter((part) => part !== '').join(SEPARATOR);
