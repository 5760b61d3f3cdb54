// Where in a web server's JSON the clients are, and what of each is what. Pure; `http.ts` calls it for each answer.
import type { RawClient } from './checked-client.ts';
import { parseJsonPath, valuesAt } from './json-path.ts';
import type { JsonPath } from './json-path.ts';

/** Paths (`json-path.ts`); all but `at` begin at the client. */
export type ClientsAt = {
  at: string;
  id: string;
  /** Several are written one after another. */
  name: readonly string[];
  numbers: readonly string[];
  url?: string | undefined;
  image?: string | undefined;
  manager?: string | undefined;
  vip?: string | undefined;
  blocked?: string | undefined;
  fields: Readonly<Record<string, string>>;
  /** The address of the card where the answer has none, with `{id}`. */
  card?: string | undefined;
};

const ONE = ['id', 'url', 'image', 'manager', 'vip', 'blocked'] as const;

/** Every text in it that should be a path and is none. */
export const wrongPaths = (places: ClientsAt): string[] =>
  [
    places.at,
    ...ONE.flatMap((key) => places[key] ?? []),
    ...places.name,
    ...places.numbers,
    ...Object.values(places.fields),
  ].filter((text) => parseJsonPath(text) === null);

/** A reader of answers; each client as the funnel takes it. */
export function answerReader(lists: readonly ClientsAt[]): (json: unknown, most: number) => RawClient[] {
  const path = (text: string): JsonPath => parseJsonPath(text) ?? [];
  const readers = lists.map((list) => ({
    at: path(list.at),
    one: ONE.flatMap((key) => (list[key] === undefined ? [] : [[key, path(list[key])] as const])),
    name: list.name.map(path),
    numbers: list.numbers.map(path),
    fields: Object.entries(list.fields).map(([label, text]) => [label, path(text)] as const),
    card: list.card,
  }));
  return (json, most) =>
    readers
      .flatMap(({ at, one, name, numbers, fields, card }) =>
        valuesAt(json, at, most).map((client) => {
          const raw: Record<string, unknown> = {};
          for (const [key, place] of [...fields, ...one]) [raw[key]] = valuesAt(client, place, 1);
          const names = name.flatMap((place) => valuesAt(client, place, 1));
          raw['name'] = names
            .filter((part) => typeof part === 'string' || typeof part === 'number')
            .join(' ');
          raw['numbers'] = numbers.flatMap((place) => valuesAt(client, place));
          const { id } = raw;
          if (
            raw['url'] === undefined &&
            card !== undefined &&
            (typeof id === 'string' || typeof id === 'number')
          )
            raw['url'] = card.replaceAll('{id}', encodeURIComponent(String(id).slice(0, 200).toWellFormed()));
          return raw;
        }),
      )
      .slice(0, most);
}
