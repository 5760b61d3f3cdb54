// What `ringcue lookup` prints of one number: its forms, what each source said, and what would be shown and opened. Pure.
import { cleaned, noticeWords } from '../../shared/notice.ts';
import type { Words } from '../../shared/notice.ts';
import { LANGUAGES } from '../../shared/protocol.ts';
import type { Call, Language, NotificationTemplates } from '../../shared/protocol.ts';
import type { Found } from '../calls/facts.ts';
import { partySeenBy } from '../calls/view.ts';
import type { Query, Step } from '../directory/source.ts';
import type { NumberText } from '../numbers.ts';
import { sayIn } from './lookup-words.ts';

export type LookUp = {
  given: string;
  /** Of several, the PBX by whose rules it is rewritten; null: there is one. */
  pbx: string | null;
  /** What those rules have left of it. */
  rewritten: string;
  number: NumberText;
  /** null: hidden, so that nobody is asked. */
  query: Query | null;
  steps: readonly Step[];
  /** What is wrong with a source: with its answer, or with its list. */
  notes: readonly { source: string; text: string }[];
  /** What the staff's list calls whoever has this extension; null: nothing. */
  colleague: string | null;
  found: Found;
  /** Who is called; null: nobody in particular. */
  extension: string | null;
  notification: NotificationTemplates | null;
};

export type Shown = { words: Record<Language, Words>; hasNotification: boolean; opens: string | null };

/** What the phone of this extension would show of a ring. */
export function shownOf({ number, colleague, found, extension, notification }: LookUp): Shown {
  const ring = { extension: extension ?? '', direction: 'inbound', dialed: null, queue: null } as const;
  const remote = { number, name: colleague, extension: colleague === null ? null : number.number };
  const party = partySeenBy(ring, remote, colleague === null ? found : null);
  const call: Call = {
    id: 'lookup',
    direction: 'inbound',
    state: 'ringing',
    party,
    ...{ dialed: null, queue: null, transferredBy: null, answeredBy: null },
    ...{ startedAt: 0, answeredAt: null, endedAt: null, endReason: null },
  };
  const words = LANGUAGES.map(
    (language) => [language, noticeWords(call, 'ringing', 0, sayIn(language), notification)] as const,
  );
  return {
    words: Object.fromEntries(words) as Record<Language, Words>,
    hasNotification: party.client?.isBlocked !== true,
    opens: party.url,
  };
}

/** For people, a line each. */
export function reportLines(lookUp: LookUp): string[] {
  return [
    ...block('Number', numberRows(lookUp)),
    ...block(
      'Sources',
      lookUp.query === null ? [['', 'not asked: the number is hidden']] : sourceRows(lookUp),
    ),
    ...block('Shown', shownRows(lookUp)),
    ...block('Opened', [['', shownOf(lookUp).opens ?? 'nothing']]),
  ];
}

const MAX_LINE = 400;

type Row = readonly [name: string, text: string];

function numberRows({ given, pbx, rewritten, number, query }: LookUp): Row[] {
  const forms: [string, string | null | undefined][] = [
    ['as given', given],
    ['of the PBX', pbx],
    ['rewritten', rewritten === given ? null : rewritten],
    ['normal form', number.number ?? 'hidden'],
    ['for people', number.display],
    ['E.164', query?.e164],
    ['national', query?.national],
    ['digits', query?.digits],
    ['last ten', query?.last10],
    ['extension', query?.extension],
  ];
  return forms.flatMap(([name, text]) => (text ? [[name, text] as const] : []));
}

function sourceRows({ steps, notes, colleague }: LookUp): Row[] {
  if (colleague !== null) return [['staff', `a colleague: ${colleague}`]];
  if (steps.length === 0) return [['', 'there are none: name a list with RINGCUE_CLIENTS']];
  return steps.flatMap(({ source, outcome, tookMs, clients }): Row[] => {
    const answers = { found: countWords(clients.length), nobody: 'knows nobody' } as const;
    const answer = outcome === 'found' || outcome === 'nobody' ? answers[outcome] : outcome;
    return [
      [source, `${answer}, ${tookMs.toFixed(1)} ms`],
      ...notes
        .filter((note) => note.source === source)
        .flatMap(({ text }) => text.trimEnd().split('\n'))
        .map((line): Row => ['', line]),
      ...clients.map((client): Row => {
        const marks = [client.isVip && 'VIP', client.isBlocked && 'black list'].filter(Boolean);
        const manager = client.manager ? [`manager ${client.manager}`] : [];
        const fields = Object.entries(client.fields).map(([label, value]) => `${label}: ${value}`);
        return ['', [`${client.id}  ${client.name}`, ...marks, ...manager, ...fields].join(' · ')];
      }),
    ];
  });
}

const countWords = (count: number): string => (count === 1 ? 'knows 1 client' : `knows ${count} clients`);

function shownRows(lookUp: LookUp): Row[] {
  const { words, hasNotification } = shownOf(lookUp);
  const rows = LANGUAGES.flatMap((language): Row[] => {
    const { title, message } = words[language];
    return [title, ...message.split('\n')].map((line, n) => [n === 0 ? language : '', line]);
  });
  return hasNotification ? rows : [['', 'in the popup only, no notification: black list'], ...rows];
}

function block(title: string, rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length), 0) + 2;
  return [title, ...rows.map(([name, text]) => `  ${width > 2 ? name.padEnd(width) : ''}${oneLine(text)}`)];
}

/** Foreign text must not move the terminal's cursor. */
const oneLine = (text: string): string => cleaned(text, MAX_LINE);

/** For programs. */
export const reportJson = (lookUp: LookUp): string => {
  const { given, pbx, rewritten, number, query, steps, notes, extension } = lookUp;
  const told = { given, pbx, rewritten, ...number, extension, query, steps, notes, shown: shownOf(lookUp) };
  return JSON.stringify(told, null, 2);
};
