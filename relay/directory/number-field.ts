// A field of a database that holds phone numbers → the numbers in it, each as it was written. Pure; called for every
// kind of list.
import { SHORTEST_PUBLIC_DIGITS, withoutExtension } from '../numbers.ts';

/** `8 (916) 123-45-67, раб. +7 495 777-00-01 доб. 12` → two numbers. What is no number stays, so that it can be told. */
export const splitNumbers = (field: string): string[] =>
  field
    .replace(DIALLED_PAUSE, ' доб. ')
    .split(SEPARATOR)
    .flatMap(splitAtSlash)
    .map((part) => withoutWords(withoutExtension(part.trim())))
    .filter((part) => part !== '');

/** `777-00-01,,12`: the comma is what makes a phone wait. */
const DIALLED_PAUSE = /,{2,}\s*(?=\d{1,6}(?!\d))/g;
const SEPARATOR = /[,;|\r\n\t]|\s+(?:и|или|and|or|und|oder|et|ou)\s+/i;

/** A slash stands between numbers, or within one: after the area code (`030/901820`) or before another ending (`777-00-01/02`). */
function splitAtSlash(part: string): string[] {
  const [first = '', ...others] = part.split('/');
  return others.reduce<string[]>(
    (numbers, next) => {
      const last = numbers.pop() ?? '';
      if (digitsIn(last) >= SHORTEST_PUBLIC_DIGITS && /^\s*\d{1,2}\s*$/.test(next))
        return [...numbers, last, ending(last, next.trim())];
      const isAreaCode = digitsIn(last) < SHORTEST_PUBLIC_DIGITS && digitsIn(next) >= LEAST_AFTER_AREA_CODE;
      return isAreaCode ? [...numbers, `${last}/${next}`] : [...numbers, last, next];
    },
    [first],
  );
}

const LEAST_AFTER_AREA_CODE = 5;
const digitsIn = (text: string): number => text.replace(/\D/g, '').length;
const ending = (number: string, last: string): string => number.trim().slice(0, -last.length) + last;

/** `моб.: +7 916 123-45-67 (Анна)` and `tel:+7…` are numbers with words beside them. */
function withoutWords(text: string): string {
  const plain = text
    .replace(/^[\p{L}.\s()]+[:.\s]\s*(?=[+(\d])/u, '')
    .replace(/\s*[-–—]?\s*\(?\s*\p{L}[\p{L}.\s]*\)?$/u, '');
  return digitsIn(plain) >= SHORTEST_PUBLIC_DIGITS ? plain.trim() : text;
}
