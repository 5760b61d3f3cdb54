// A number as the PBX tells it → one normal form and a form for people. Pure; a leaf that every station may use.
// E.164: ITU-T E.164; metadata of national plans by libphonenumber.
import parsePhoneNumber from 'libphonenumber-js/max';
import type { CountryCode, PhoneNumber } from 'libphonenumber-js/max';

export type NumberText = {
  /** E.164 when public, else the PBX's text made clean; null when hidden. */
  number: string | null;
  /** As people write it; '' when hidden. */
  display: string;
};

/** What a trunk adds or leaves out: where all of the number, without its punctuation, matches, it is replaced. */
export type Rewrite = { match: RegExp; replace: string };

const HIDDEN: NumberText = { number: null, display: '' };
/** [RFC 3323, RFC 3325] and what trunks put into the user part instead of a number. */
const HIDDEN_WORDS = /^(anonymous|restricted|unavailable|unknown|private|withheld|asserted|<unknown>)?$/i;
/** Shorter ones are extensions, feature codes and short numbers: no national plan may stretch them. */
export const SHORTEST_PUBLIC_DIGITS = 7;
export const MAX_TEXT_LENGTH = 64;

/** Control characters, and those that reorder or hide text [Unicode: Bidi_Control, zero-width]. */
const UNSAFE_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A stranger's text on one line, without what could disguise it, at most `maxLength` characters. */
export function cleanText(text: string, maxLength: number): string {
  // Asterisk 12+ escapes names as C does, and each channel driver leaves its own escapes in them.
  const cleaned = text
    .replace(UNSAFE_CHARACTERS, ' ')
    .replace(/\\+(["'?])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
  return Array.from(cleaned.toWellFormed()).slice(0, maxLength).join(''); // by code point: no half of a pair is left
}

/** `country`: whose national writing is meant (ISO 3166), for example `RU`. */
export function describeNumber(
  raw: string,
  country: CountryCode,
  rewrite: readonly Rewrite[] = [],
): NumberText {
  const text = rewriteNumber(raw, rewrite);
  if (HIDDEN_WORDS.test(text)) return HIDDEN;
  const parsed = parsePublic(withoutExtension(text), country);
  return parsed
    ? { number: parsed.number, display: parsed.formatInternational() }
    : { number: withoutPunctuation(text), display: text };
}

/** Each rule in its order, on what the one before it has left. */
export function rewriteNumber(raw: string, rules: readonly Rewrite[]): string {
  const text = cleanText(raw, MAX_TEXT_LENGTH);
  if (rules.length === 0) return text;
  const plain = withoutPunctuation(text);
  const result = rules.reduce((number, { match, replace }) => number.replace(match, replace), plain);
  return result === plain ? text : cleanText(result, MAX_TEXT_LENGTH);
}

function parsePublic(text: string, country: CountryCode): PhoneNumber | undefined {
  const digits = text.replace(/[^\d]/g, '');
  if (digits.length < SHORTEST_PUBLIC_DIGITS || /[A-Za-z@*#]/.test(text)) return undefined;
  return parseDigits(text, digits, country);
}

/** The number in the country's own writing, after `00` in whatever country, or international without its `+`. */
function parseDigits(text: string, digits: string, country: CountryCode): PhoneNumber | undefined {
  const parse = (writing: string) => parsePhoneNumber(writing, { defaultCountry: country, extract: false });
  const national = parse(text);
  if (national?.isValid()) return national;
  const isAfterZeros = digits.startsWith('00') && !text.startsWith('+');
  if (!isAfterZeros && national?.isPossible()) return national;
  const international = text.startsWith('+')
    ? undefined
    : parse(`+${isAfterZeros ? digits.slice(2) : digits}`);
  return international?.isValid() ? international : undefined;
}

/** `23-45-67` and `234567` are one number; words stay as they are. */
const withoutPunctuation = (text: string): string =>
  /^\+?[\d\s().*#/‐-–-]*\d[\d\s().*#/‐-–-]*$/.test(text) ? text.replace(/[\s()./‐-–-]/g, '') : text;

/** What is dialled after the number has been reached: `доб. 12`, `ext 12`, `x12`, `;ext=12` [RFC 3966], `#12`, `,,12`. */
const EXTENSION =
  /[\s,;(]*(?:(?:доб|вн|ext|int|poste|dw|wew|ramal)[a-zа-яё]*[.:=]?|[xхp#]|,,+)[\s.:]*\d{1,6}\s*\)?\s*$/i;

export const withoutExtension = (text: string): string => text.replace(EXTENSION, '').trim();

/** `describeNumber` that remembers: a parse costs 20 to 50 µs and stands on the way of a ring. */
export function numberDescriber(
  country: CountryCode,
  rewrite: readonly Rewrite[] = [],
): (raw: string) => NumberText {
  const known = new Map<string, NumberText>();
  return (raw) => {
    const before = known.get(raw);
    if (before) return before;
    if (known.size >= 5_000) known.clear();
    const described = describeNumber(raw, country, rewrite);
    known.set(raw, described);
    return described;
  };
}
