// A number → all the forms in which a source may want it. Pure; `directory.ts` makes one for each question.
import parsePhoneNumber from 'libphonenumber-js/max';
import type { Query } from './source.ts';

/** Shorter ones are the PBX's own [relay/numbers.ts]. */
const SHORTEST_PUBLIC_DIGITS = 7;
const LAST_DIGITS = 10;

/** `number` in its normal form. */
export function queryFor(number: string): Query {
  const digits = number.replace(/\D/g, '');
  const e164 = /^\+\d{7,15}$/.test(number) ? number : null;
  return {
    number,
    e164,
    national: e164 === null ? null : (parsePhoneNumber(e164)?.nationalNumber ?? null),
    digits,
    last10: lastTen(digits),
    extension: e164 === null && digits.length > 0 && digits.length < SHORTEST_PUBLIC_DIGITS ? number : null,
  };
}

/**
 * By what a number of the database is found that is written in no way we know: its last ten digits. One in E.164 has none, as
 * every caller's number is brought into that: the same digits of another country are somebody else's.
 */
export const alikeKey = (number: string): string | null =>
  number.startsWith('+') ? null : lastTen(number.replace(/\D/g, ''));

export const lastTen = (digits: string): string | null =>
  digits.length < LAST_DIGITS ? null : digits.slice(-LAST_DIGITS);
