// The address that a click opens: a template by IT, filled with the client's id or the number. Pure.
import type { Found } from '../calls/facts.ts';
import type { Client } from './source.ts';

export type CardTemplates = {
  /** For a known client, with `{id}`, `{name}`, `{number}`; null: only what the list's own url column says. */
  client: string | null;
  /** For an unknown number, with `{number}`: a search or a new client; null: nothing to open. */
  unknown: string | null;
};

/** [shared/protocol.ts: party.url] */
const MAX_URL_LENGTH = 2048;
const PLACEHOLDER = /\{(\w*)\}/g;

/** What is wrong with a template, or null. No value may change where the address leads to. */
export function templateProblem(template: string, allowed: readonly string[]): string | null {
  const origin = /^https?:\/\/([^/?#]+)/i.exec(template);
  if (!origin || /[{}@]/.test(origin[1] ?? '') || !URL.canParse(template.replace(PLACEHOLDER, 'x')))
    return 'must begin with http:// or https:// and a host without placeholders';
  const unknown = [...template.matchAll(PLACEHOLDER)]
    .map((match) => match[1] ?? '')
    .find((name) => !allowed.includes(name));
  if (unknown === undefined && /[{}]/.test(template.replace(PLACEHOLDER, '')))
    return `has a stray brace; placeholders are written ${allowed.map((name) => `{${name}}`).join(', ')}`;
  return unknown === undefined
    ? null
    : `has the unknown placeholder {${unknown}}; known: ${allowed.map((name) => `{${name}}`).join(', ')}`;
}

/** null: no address, as the add-on would refuse it, or dots would lead to another page. */
function fill(template: string | null, values: Readonly<Record<string, string>>): string | null {
  if (template === null) return null;
  const used = [...template.matchAll(PLACEHOLDER)].map((match) => values[match[1] ?? ''] ?? '');
  if (used.some((value) => /^\.+$/.test(value))) return null;
  const url = template.replace(PLACEHOLDER, (_, name: string) =>
    encodeURIComponent((values[name] ?? '').toWellFormed()),
  );
  return url.length > MAX_URL_LENGTH ? null : url;
}

/** What is told of a number that these clients have; of several, how many, and a search rather than a guess. */
export function foundFor(number: string, clients: readonly Client[], templates: CardTemplates): Found {
  const unknownUrl = fill(templates.unknown, { number });
  const first = clients[0];
  if (!first) return { client: null, url: unknownUrl };
  const values = { id: first.id, name: first.name, number };
  const card = first.url ?? fill(templates.client, values);
  const others = clients.length - 1;
  return {
    client: { id: first.id, name: first.name, image: first.image, others, fields: [] },
    url: others > 0 ? (unknownUrl ?? card) : card,
  };
}
