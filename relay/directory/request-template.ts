// The address, headers and body of a question to a web server: templates by IT, filled with the number's forms, each value
// escaped for where it goes. Pure; called by `http.ts`, and at the start, where a wrong template is told.
import { PARAMETERS } from './named-parameters.ts';
import type { Query } from './source.ts';

/** `{secret}`: what a file of its own holds. `{token}`: what `http-token.ts` was given for it. `{page}`: 1, 2 … of a snapshot. */
const OTHERS = ['secret', 'token', 'page'] as const;
export const PLACEHOLDERS: readonly string[] = [...PARAMETERS, ...OTHERS];

export type Values = Readonly<Record<string, string>>;

const PLACEHOLDER = /\{(\w+)\}/g;

/** `null`: what is not known of this number. */
export const valuesOf = (query: Query | null, others: Values): Values => ({
  ...others,
  ...(query && Object.fromEntries(PARAMETERS.map((name) => [name, query[name] ?? '']))),
});

/** The origin is IT's: no value may stand in it. */
export const fillUrl = (template: string, values: Values): string =>
  template.replace(PLACEHOLDER, (_, name: string) => encodeURIComponent((values[name] ?? '').toWellFormed()));

/** [RFC 9110 5.5] A line break would be another header. */
export const fillHeader = (template: string, values: Values): string =>
  template.replace(PLACEHOLDER, (_, name: string) => (values[name] ?? '').replace(/[^\x21-\x7e]/g, ''));

/** In JSON a placeholder stands within quotes; in a form it is a value. */
export const fillBody = (template: string, values: Values, isForm: boolean): string =>
  template.replace(PLACEHOLDER, (_, name: string) => {
    const value = (values[name] ?? '').toWellFormed();
    return isForm ? encodeURIComponent(value) : JSON.stringify(value).slice(1, -1);
  });

/** What is wrong with a template, or null. JSON has braces of its own, so only names that are nearly right are told. */
export function placeholderProblem(template: string): string | null {
  const unknown = [...template.matchAll(PLACEHOLDER)].find(
    ([, name]) => !PLACEHOLDERS.includes(name ?? ''),
  )?.[0];
  return unknown === undefined
    ? null
    : `has the unknown placeholder ${unknown}; known: ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}`;
}

/** What is wrong with the template of an address, or null. */
export function urlProblem(template: string): string | null {
  const origin = /^https?:\/\/([^/?#]+)/i.exec(template)?.[1];
  if (origin === undefined || /[{}@]/.test(origin) || !URL.canParse(template.replace(PLACEHOLDER, 'x')))
    return 'must begin with http:// or https:// and a host without placeholders, name and password';
  return placeholderProblem(template);
}
