// The addresses that IT writes for clients' cards and pictures: what is wrong with one, and how it is filled, so that no
// value changes where it leads. Pure. The directory fills in the client, `calls/view.ts` what only the call knows.
import { isNeverOpened, mayBeOpened, schemeOf, WEB_SCHEMES } from '../shared/address.ts';
import { MAX_ADDRESS_LENGTH } from '../shared/protocol.ts';
import { fillTemplate, namesIn, parseTemplate, TemplateError } from '../shared/template.ts';
import type { TemplateNames } from '../shared/template.ts';

/** Of the call, as one extension sees it. */
const CALL_NAMES = ['extension', 'direction', 'dialed', 'queue'] as const;
export type CallValues = Readonly<Record<(typeof CALL_NAMES)[number], string | null>>;

/** For a client's card, for what is opened where nobody is known, and for a client's picture. */
export const ADDRESS_NAMES = {
  card: { values: ['id', 'name', 'number', ...CALL_NAMES], hasFields: true },
  unknown: { values: ['number', ...CALL_NAMES], hasFields: false },
  image: { values: ['id', 'name', 'number'], hasFields: true },
} as const satisfies Record<string, TemplateNames>;

/** `schemes`: those that IT lists beside http and https. */
export function addressProblem(
  template: string,
  names: TemplateNames,
  schemes: readonly string[] = [],
): string | null {
  const begin = /^([^:/?#{}]+):(?:\/\/([^/?#]*))?/.exec(template);
  const [scheme, host] = [begin?.[1]?.toLowerCase() ?? '', begin?.[2] ?? null];
  const isWeb = /^https?$/.test(scheme);
  const isListed = isWeb || schemes.includes(scheme);
  if (!isListed || (isWeb && !host) || /[{}@\\]/.test(host ?? ''))
    return (
      `must begin with ${[...WEB_SCHEMES.map((one) => `${one}://`), ...schemes.map((one) => `${one}:`)].join(' or ')}` +
      ' and a host without placeholders'
    );
  try {
    const sample = fillTemplate(parseTemplate(template, names), () => 'x');
    return URL.canParse(sample) && mayBeOpened(sample) ? null : 'is not an address';
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

/** What is wrong with a scheme that IT lists, or null. */
export function schemeProblem(scheme: string): string | null {
  if (schemeOf(`${scheme}:x`) !== scheme || scheme.includes(':'))
    return 'must be the scheme of an address in small letters, beginning with one, for example callto or e1c';
  return isNeverOpened(scheme) ? 'is a scheme that no click may open' : null;
}

/** What a list or a database may give as an address. Whether it is opened: `mayOpen`. */
export const isCardAddress = (text: string): boolean =>
  text.length <= MAX_ADDRESS_LENGTH && mayBeOpened(text) && URL.canParse(text);

/** Whether a click may open it. */
export const mayOpen = (address: string, schemes: readonly string[]): boolean =>
  mayBeOpened(address) && [...WEB_SCHEMES, ...schemes].includes(schemeOf(address) ?? '');

/**
 * null: no address, as it is too long, or dots would lead to another page. `undefined` of a value: known when the address
 * is finished.
 */
export function fillAddress(
  template: string,
  valueOf: (name: string) => string | null | undefined,
): string | null {
  const parsed = parseTemplate(template);
  if (namesIn(parsed).some((name) => /^\.+$/.test(valueOf(name) ?? ''))) return null;
  // In a path or query the plus is a space to many; what dials by itself wants it as it is.
  const isOpaque = !/^[^:]+:\/\//.test(template);
  const escaped = (value: string): string => {
    const plain = encodeURIComponent(value.toWellFormed());
    return isOpaque ? plain.replaceAll('%2B', '+') : plain;
  };
  const address = fillTemplate(parsed, (name) => {
    const value = valueOf(name);
    return value === undefined ? undefined : escaped(value ?? '');
  });
  return address.length > MAX_ADDRESS_LENGTH ? null : address;
}

/** What a list or a database gives is no template. */
export const asItStands = (address: string): string => address.replaceAll('{', '%7B').replaceAll('}', '%7D');

/** Fills what only the call knows. */
export function finishAddress(address: string, values: CallValues): string | null {
  if (!address.includes('{')) return address;
  return fillAddress(address, (name) => values[name as keyof CallValues] ?? null);
}

/** Told apart from what is only known later. */
export const isOfCall = (name: string): boolean => (CALL_NAMES as readonly string[]).includes(name);
