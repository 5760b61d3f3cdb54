// The address that a click opens: a template by IT, filled with the client's id or the number. Pure.
import type { Found } from '../calls/facts.ts';
import type { ClientRow } from './client-rows.ts';

export type CardTemplates = {
  /** For a known client, with `{id}`, `{name}`, `{number}`; null: only what the list's own url column says. */
  client: string | null;
  /** For an unknown number, with `{number}`: a search or a new client; null: nothing to open. */
  unknown: string | null;
};

const PLACEHOLDER = /\{(\w*)\}/g;

/** What is wrong with a template, or null. No value may change where the address leads to. */
export function templateProblem(template: string, allowed: readonly string[]): string | null {
  const origin = /^https?:\/\/([^/?#]+)/i.exec(template);
  if (!origin || /[{}@]/.test(origin[1] ?? '') || !URL.canParse(template.replace(PLACEHOLDER, 'x')))
    return 'must begin with http:// or https:// and a host without placeholders';
  const unknown = [...template.matchAll(PLACEHOLDER)]
    .map((match) => match[1] ?? '')
    .find((name) => !allowed.includes(name));
  return unknown === undefined
    ? null
    : `has the unknown placeholder {${unknown}}; known: ${allowed.map((name) => `{${name}}`).join(', ')}`;
}

const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(PLACEHOLDER, (_, name: string) => encodeURIComponent(values[name] ?? ''));

/** What is told of a number that these clients have; of several, how many, and a search rather than a guess. */
export function foundFor(number: string, clients: readonly ClientRow[], templates: CardTemplates): Found {
  const unknownUrl = templates.unknown === null ? null : fill(templates.unknown, { number });
  const first = clients[0];
  if (!first) return { client: null, url: unknownUrl };
  const values = { id: first.id, name: first.name, number };
  const card = first.url ?? (templates.client === null ? null : fill(templates.client, values));
  const others = clients.length - 1;
  return {
    client: { id: first.id, name: first.name, image: first.image, others, fields: [] },
    url: others > 0 ? (unknownUrl ?? card) : card,
  };
}
