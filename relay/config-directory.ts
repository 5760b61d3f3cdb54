// The settings of where clients are found: the list `directory.sources`, one table for each kind of source, `directory.staff`,
// and what may be sent to add-ons. Called by `config.ts`. Every fault is told with its place; no secret is.
import { z } from 'zod';
import { required, text, wholeNumber, yesNo } from './config-fields.ts';
import { attempt } from './config-source.ts';
import type { Problems, Source as Written } from './config-source.ts';
import { COLUMNS, MAX_FIELDS } from './directory/checked-client.ts';
import { wrongPaths } from './directory/http-answer.ts';
import { HTTP_PRESETS, presetAt } from './directory/http-presets.ts';
import type { HttpQuestion, PresetName } from './directory/http-presets.ts';
import { PARAMETERS, prepareQuery } from './directory/named-parameters.ts';
import type { Dialect, Prepared } from './directory/named-parameters.ts';
import { placeholderProblem, urlProblem } from './directory/request-template.ts';

const MAX_SOURCES = 16;
/** What `directory.clients` and `directory.staff` are called in the log. */
const RESERVED: readonly string[] = ['clients', 'staff'];

/** In the order in which they are asked. */
const common = {
  name: text()
    .regex(/^[a-z0-9-]{1,16}$/, 'must be 1 to 16 small letters, digits or dashes, for example crm')
    .optional(),
  softMs: wholeNumber(50, 10_000).default(800),
  hardMs: wholeNumber(100, 30_000).default(3_000),
  everyMinutes: wholeNumber(1, 1_440).default(15),
};
const listMode = z.literal('snapshot', 'must be snapshot, as this kind cannot be asked').default('snapshot');
const anyMode = z.enum(['live', 'snapshot'], 'must be live or snapshot').default('live');

const database = (port: number) => ({
  ...common,
  mode: anyMode,
  host: required('the name or address of the database server'),
  port: wholeNumber(1, 65_535).default(port),
  user: required('an account that may only read'),
  password: text().default(''),
  database: required('the name of the database'),
  tls: yesNo.default(false),
  query: required('the SELECT that gives id, name and more'),
});
const path = required('the path of the file');
const address = text().superRefine((template, context) => {
  const problem = urlProblem(template);
  if (problem !== null) context.addIssue(problem);
});
const template = text().superRefine((template, context) => {
  const problem = placeholderProblem(template);
  if (problem !== null) context.addIssue(problem);
});
/** One text, or a list of them. */
const texts = z
  .union([text(), z.array(text())], 'must be a text or a list of texts')
  .transform((told) => [told].flat());

/** Where in the JSON what stands [directory/json-path.ts]. */
const answer = z.strictObject({
  clients: required('where the clients are, for example result[]'),
  id: text().default('id'),
  name: texts.default(['name']),
  numbers: texts.default([]),
  url: text().optional(),
  image: text().optional(),
  manager: text().optional(),
  vip: text().optional(),
  blocked: text().optional(),
  fields: z.record(text(), text()).default({}),
  /** The card's address where the answer has none. */
  card: text()
    .regex(/^https?:\/\/[^/?#{}@]+/i, 'must begin with http:// or https:// and a host')
    .optional(),
});

const http = z.strictObject({
  ...common,
  type: z.literal('http'),
  mode: anyMode,
  preset: z
    .enum(Object.keys(HTTP_PRESETS) as PresetName[], `must be one of ${Object.keys(HTTP_PRESETS).join(', ')}`)
    .optional(),
  /** With a preset: where the CRM is. */
  base: text()
    .regex(/^https?:\/\/[^/?#@]+/i, 'must begin with http:// or https://')
    .optional(),
  url: address.optional(),
  method: z.enum(['GET', 'POST'], 'must be GET or POST').default('GET'),
  headers: z.record(z.string().regex(/^[\w-]+$/, 'is not the name of a header'), template).default({}),
  body: template.optional(),
  tokenUrl: address.optional(),
  user: text().optional(),
  secret: text().optional(),
  answer: answer.optional(),
});

const sourceSchema = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ ...common, type: z.literal('csv'), mode: listMode, path }),
    z.strictObject({ ...database(5432), type: z.literal('postgres') }),
    z.strictObject({ ...database(3306), type: z.literal('mysql') }),
    z.strictObject({
      ...common,
      type: z.literal('sqlite'),
      mode: anyMode,
      path,
      query: required('the SELECT that gives id, name and more'),
    }),
    http,
    z.strictObject({ ...common, type: z.literal('vcard'), mode: listMode, path }),
    z.strictObject({
      ...common,
      type: z.literal('carddav'),
      mode: listMode,
      url: address,
      user: text().optional(),
      secret: text().optional(),
    }),
  ],
  { error: 'must be csv, postgres, mysql, sqlite, http, vcard or carddav' },
);

type Told = z.infer<typeof sourceSchema>;
type Of<Type extends Told['type']> = Extract<Told, { type: Type }>;
type Named = { name: string };
/** What the sources are opened with: queries prepared, presets filled in. */
export type SourceConfig =
  | ((Of<'csv'> | Of<'vcard'> | Of<'carddav'>) & Named)
  | ((Of<'postgres'> | Of<'mysql'> | Of<'sqlite'>) & Named & { prepared: Prepared })
  | (Of<'http'> & Named & { question: HttpQuestion });

export const DIRECTORY_SETTINGS = {
  directoryFields: { yaml: 'directory.fields', environment: 'RINGCUE_DIRECTORY_FIELDS' },
  cacheMinutes: { yaml: 'directory.cacheMinutes', environment: 'RINGCUE_DIRECTORY_CACHE_MINUTES' },
} as const;
/** Settings that are lists or tables, and so stand in the file alone. */
export const DIRECTORY_LISTS = ['directory.sources', 'directory.staff'] as const;

export const directoryFields = {
  directoryFields: z
    .union([text().transform((told) => told.split(',')), z.array(text())], 'must be a list of names')
    .default([])
    .transform((names) => [...new Set(names.map((name) => name.trim()).filter((name) => name !== ''))])
    .pipe(
      z
        .array(
          z
            .string()
            .max(40, 'has more than 40 characters')
            .regex(/^[^\p{C}]+$/u, 'has a character that cannot be seen')
            .refine(
              (name) => !COLUMNS.some((column) => column === name.toLowerCase()),
              'is sent anyway, as it is no extra field',
            ),
        )
        .max(MAX_FIELDS, `lists more than ${MAX_FIELDS}`),
    ),
  cacheMinutes: wholeNumber(0, 1_440).default(10),
};

export type DirectoryConfig = { sources: SourceConfig[]; staff: SourceConfig | null };

/** The sources, as far as nothing is wrong with them. */
export function readDirectory(
  { sources: list, staff }: { sources: unknown; staff: unknown },
  source: Pick<Written, 'filePlace' | 'readFile'>,
  problems: Problems,
): DirectoryConfig {
  const sources: SourceConfig[] = [];
  const place = `${source.filePlace}directory.sources`;
  if (list !== undefined && list !== null && (!Array.isArray(list) || list.length > MAX_SOURCES))
    problems.push(`${place} must be a list of at most ${MAX_SOURCES}, each beginning with "- type: …"`);
  else
    for (const [n, told] of ((list ?? []) as unknown[]).entries()) {
      const one = readSource(told, `${place}[${n}]`, source, problems);
      if (!one) continue;
      const alike = sources.filter(({ type }) => type === one.type).length;
      const name = one.name === '' ? `${one.type}${alike === 0 ? '' : `-${alike + 1}`}` : one.name;
      if (RESERVED.includes(name))
        problems.push(`${place}[${n}].name is the name of another list: take another`);
      if (sources.some((other) => other.name === name))
        problems.push(`${place}[${n}].name is the same as that of another source`);
      sources.push({ ...one, name });
    }
  const own =
    staff === undefined || staff === null
      ? null
      : readSource(withMode(staff), `${source.filePlace}directory.staff`, source, problems);
  return { sources, staff: own && { ...own, name: 'staff' } };
}

/** Colleagues' names must be there at the ring. */
const withMode = (told: unknown): unknown =>
  typeof told === 'object' && told !== null && !('mode' in told) ? { ...told, mode: 'snapshot' } : told;

function readSource(
  told: unknown,
  place: string,
  source: Pick<Written, 'readFile'>,
  problems: Problems,
): SourceConfig | null {
  const result = sourceSchema.safeParse(withSecrets(told, place, source, problems));
  for (const { path, message } of result.error?.issues ?? [])
    problems.push(`${[place, ...path].join('.')} ${message}`);
  if (!result.data) return null;
  const found = result.data;
  const complain = (text: string): null => {
    problems.push(`${place}.${text}`);
    return null;
  };
  const name = found.name ?? '';
  switch (found.type) {
    case 'postgres':
    case 'mysql':
    case 'sqlite': {
      const prepared = preparedOrProblem(found.query, found.type, found.mode);
      return typeof prepared === 'string' ? complain(`query ${prepared}`) : { ...found, name, prepared };
    }
    case 'http': {
      const question = questionOf(found);
      return typeof question === 'string' ? complain(question) : { ...found, name, question };
    }
    case 'csv':
    case 'vcard':
    case 'carddav':
      return { ...found, name };
  }
}

const SECRETS = ['password', 'secret'] as const;

/** A secret may stand in a file of its own. */
function withSecrets(
  told: unknown,
  place: string,
  { readFile }: Pick<Written, 'readFile'>,
  problems: Problems,
): unknown {
  if (typeof told !== 'object' || told === null || Array.isArray(told)) return told;
  const values = new Map(Object.entries(told));
  for (const key of SECRETS) {
    const file: unknown = values.get(`${key}File`);
    if (!values.delete(`${key}File`)) continue;
    const secret = attempt(`${place}.${key}File`, problems, () => {
      if (typeof file !== 'string') throw new Error('must be the path of a file');
      return readFile(file).replace(/\r?\n$/, '');
    });
    if (secret !== undefined) values.set(key, secret);
  }
  return Object.fromEntries(values);
}

function preparedOrProblem(query: string, dialect: Dialect, mode: 'live' | 'snapshot'): Prepared | string {
  const prepared = prepareQuery(query, dialect);
  if (typeof prepared === 'string') return prepared;
  const names = PARAMETERS.map((name) => `:${name}`).join(', ');
  if (mode === 'live' && prepared.parameters.length === 0)
    return `asks for no number: use one of ${names}, or mode: snapshot`;
  if (mode === 'snapshot' && prepared.parameters.length > 0)
    return `of a snapshot gives all clients with their numbers, and no ${names}`;
  return prepared;
}

function questionOf(found: Of<'http'>): HttpQuestion | string {
  if (found.preset !== undefined) {
    if (found.base === undefined) return 'base is missing: the address of the CRM';
    if (found.mode !== 'live') return 'mode must be live with a preset';
    return presetAt(found.preset, found.base);
  }
  if (found.url === undefined)
    return 'url is missing: where is asked, with {e164}, {last10} … in it; or a preset';
  if (found.answer === undefined)
    return 'answer is missing: where in the JSON what stands, for example answer: { clients: result[], id: ID }';
  const { clients: at, ...places } = found.answer;
  const list = { at, ...places };
  const [wrong] = wrongPaths(list);
  if (wrong !== undefined)
    return `answer: "${wrong}" is not a place in JSON, as for example a.b, a[].b or a[k=v].b`;
  const { url, method, headers, body = null, tokenUrl = null } = found;
  return { method, url, headers, body, tokenUrl, lists: [list] };
}
