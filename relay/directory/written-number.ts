// A number of a list → its normal form, quickly: to parse one costs 20 to 50 µs, which a list of a million pays a million
// times. What is in E.164 already stays as it is, where no trunk prefix could hide in it. Pure; used where lists are read.
import { Metadata } from 'libphonenumber-js/max';
import type { CountryCode } from 'libphonenumber-js/max';
import { describeNumber } from '../numbers.ts';

const PLAIN = /^\+[1-9]\d{6,14}$/;
const LONGEST_CALLING_CODE = 3;

/** A function from a number as people write it to its normal form; null: hidden or nothing. */
export function numberReader(country: CountryCode): (raw: string) => string | null {
  const prefixes = new Map<string, RegExp | null>();
  return (raw) => (isPlain(raw, prefixes) ? raw : describeNumber(raw, country).number);
}

/** [libphonenumber: nationalPrefixForParsing] Where the rest of the number does not begin so, nothing is taken out of it. */
function isPlain(raw: string, prefixes: Map<string, RegExp | null>): boolean {
  if (!PLAIN.test(raw)) return false;
  for (let length = 1; length <= LONGEST_CALLING_CODE; length += 1) {
    const code = raw.slice(1, 1 + length);
    let prefix = prefixes.get(code);
    if (prefix === undefined) prefixes.set(code, (prefix = prefixOf(code)));
    if (prefix) return !prefix.test(raw.slice(1 + length));
  }
  return false;
}

/** null: no calling code. */
function prefixOf(code: string): RegExp | null {
  const metadata = new Metadata() as unknown as {
    hasCallingCode(code: string): boolean;
    selectNumberingPlan(code: CountryCode): void;
    nationalPrefixForParsing(): string | undefined;
  };
  if (!metadata.hasCallingCode(code)) return null;
  metadata.selectNumberingPlan(code as CountryCode);
  return new RegExp(`^(?:${metadata.nationalPrefixForParsing() || '(?!)'})`);
}
