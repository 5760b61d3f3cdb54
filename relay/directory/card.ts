// What is told of a number once its clients are known: whose it is, and the address that a click opens. Pure.
import { MAX_FIELDS } from '../../shared/protocol.ts';
import { asItStands, fillAddress, isOfCall, mayOpen } from '../address.ts';
import type { Found, FoundClient } from '../calls/facts.ts';
import { cleanText } from '../numbers.ts';
import type { Client } from './source.ts';

/** By IT [relay/address.ts]. */
export type CardTemplates = {
  /** For a known client, with `{id}`, `{name}`, `{number}`, `{field.…}`; null: only what the list's own url column says. */
  client: string | null;
  /** For an unknown number, with `{number}`: a search or a new client; null: nothing to open. */
  unknown: string | null;
  /** For a picture, where the list has none of the client's; null: none. */
  image?: string | null;
  /** What a client's own address may begin with, beside http and https. */
  schemes?: readonly string[];
};

/** What is told of a number that these clients have; of several, how many, and a search rather than a guess. */
export function foundFor(number: string, clients: readonly Client[], templates: CardTemplates): Found {
  const unknownUrl = fill(templates.unknown, { number });
  const first = clients[0];
  if (!first) return { client: null, url: unknownUrl };
  const { id, name, fields } = first;
  const values = { id, name, number, fields };
  const own = first.url !== null && mayOpen(first.url, templates.schemes ?? []) ? first.url : null;
  const card = own === null ? fill(templates.client, values) : asItStands(own);
  if (clients.length > 1) return { client: oneOf(clients, first), url: unknownUrl ?? card };
  return {
    client: {
      id,
      name,
      image: first.image ?? fill(templates.image ?? null, values),
      others: 0,
      fields: Object.entries(fields)
        .slice(0, MAX_FIELDS)
        .map(([label, value]) => ({ label, value: cleanText(value, MAX_VALUE_LENGTH) })),
      ...marksOf([first]),
    },
    url: card,
  };
}

const oneOf = (clients: readonly Client[], { id, name }: Client): FoundClient => ({
  id,
  name,
  image: null,
  others: clients.length - 1,
  fields: [],
  ...marksOf(clients),
});

/** Only what is true of all of them is said of the caller. */
function marksOf(clients: readonly Client[]): Pick<FoundClient, 'isVip' | 'isBlocked' | 'managers'> {
  const [first = [], ...others] = clients.map(managersOf);
  const managers = first.filter((manager) => others.every((one) => one.includes(manager)));
  return {
    ...(clients.every(({ isVip }) => isVip) && { isVip: true }),
    ...(clients.every(({ isBlocked }) => isBlocked) && { isBlocked: true }),
    ...(managers.length > 0 && { managers }),
  };
}

/** `101`, or several: `101, 102`. */
const managersOf = ({ manager }: Client): string[] => (manager ?? '').split(/[\s,;]+/).filter(Boolean);

/** A popup shows no more of it, and eight calls with eight fields each must fit into a frame. */
const MAX_VALUE_LENGTH = 100;

type Values = { number: string; id?: string; name?: string; fields?: Client['fields'] };

function fill(template: string | null, { fields = {}, ...values }: Values): string | null {
  if (template === null) return null;
  return fillAddress(template, (name) => {
    if (isOfCall(name)) return undefined;
    const label = /^field\.(.*)$/.exec(name)?.[1];
    if (label !== undefined) return Object.hasOwn(fields, label) ? (fields[label] ?? null) : null;
    return Object.hasOwn(values, name) ? (values[name as keyof typeof values] ?? null) : null;
  });
}
