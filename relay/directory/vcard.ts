// vCards → clients, as the funnel takes them. Versions 3 and 4 [RFC 2426, RFC 6350] and the 2.1 that telephones and old
// programs write, with its quoted-printable; which no kept package reads together. Pure; called by the vCard and CardDAV sources.
import type { RawClient } from './checked-client.ts';

export const MAX_CARD_LENGTH = 256 * 1024;
const MAX_LINES = 2_000;

type Property = { name: string; parameters: string; value: string };

/** The text of each card, BEGIN to END. */
export function* cardsIn(text: string): Generator<string> {
  const begin = /^BEGIN:VCARD[ \t]*$/gim;
  const end = /^END:VCARD[ \t]*$/gim;
  for (let match = begin.exec(text); match; match = begin.exec(text)) {
    end.lastIndex = match.index;
    const last = end.exec(text);
    if (!last) return;
    yield text.slice(match.index, last.index);
    begin.lastIndex = last.index;
  }
}

/** One card; without UID it is known by its name. */
export function readCard(card: string): RawClient {
  const properties = propertiesOf(card.slice(0, MAX_CARD_LENGTH));
  const first = (name: string): string => properties.find((one) => one.name === name)?.value ?? '';
  const [family = '', given = '', middle = ''] = splitEscaped(first('N'), ';');
  const formatted = unescaped(first('FN'));
  const company = unescaped(splitEscaped(first('ORG'), ';')[0] ?? '');
  const name = formatted || [given, middle, family].map(unescaped).filter(Boolean).join(' ') || company;
  return {
    id: unescaped(first('UID')) || name,
    name,
    numbers: properties
      .filter((one) => one.name === 'TEL' && !/\b(fax|pager|modem)\b/i.test(one.parameters))
      .map(({ value }) => unescaped(value).replace(/^tel:/i, '').replace(/;ext=/i, ' ext ')),
    url: unescaped(first('URL')),
    company: company === name ? '' : company,
    post: unescaped(first('TITLE')),
    note: unescaped(first('NOTE')),
    email: unescaped(first('EMAIL')),
  };
}

/** `item1.TEL;TYPE=CELL:+7…` */
const PROPERTY = /^(?:[\w-]+\.)?([\w-]+)((?:;(?:"[^"]*"|[^":])*)?):([^]*)$/;

function propertiesOf(card: string): Property[] {
  const lines = card
    .replace(/=\r?\n(?=[^\r\n])/g, (soft) => (/ENCODING=QUOTED-PRINTABLE/i.test(card) ? '' : soft)) // [RFC 2045 6.7]
    .replace(/\r?\n[ \t]/g, '') // folded
    .split(/\r?\n/);
  return lines.slice(0, MAX_LINES).flatMap((line) => {
    const match = PROPERTY.exec(line);
    if (!match) return [];
    const [, name = '', parameters = '', value = ''] = match;
    const isQuoted = /ENCODING=QUOTED-PRINTABLE|;QUOTED-PRINTABLE/i.test(parameters);
    return [{ name: name.toUpperCase(), parameters, value: isQuoted ? printable(value, parameters) : value }];
  });
}

function printable(value: string, parameters: string): string {
  const bytes = Buffer.from(
    value.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
  const charset = /CHARSET="?([\w-]+)/i.exec(parameters)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes); // an alphabet that nobody knows
  }
}

/** At the separator, unless a backslash stands before it. */
const splitEscaped = (value: string, separator: string): string[] =>
  value.split(new RegExp(`(?<!\\\\)${separator}`));

const unescaped = (value: string): string =>
  value.replace(/\\([nN,;\\:])/g, (_, character: string) => (/n/i.test(character) ? ' ' : character)).trim();
