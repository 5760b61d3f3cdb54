// The relay's configuration: a YAML file (RINGCUE_CONFIG), the environment, or both (the environment wins). Every
// problem is told at once, with the place and the remedy. The only file that may read `process.env`, through `main.ts`.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { closest, distance } from 'fastest-levenshtein';
import { isSupportedCountry } from 'libphonenumber-js/max';
import { z } from 'zod';
import { ACCESS_SETTINGS, ACCESS_SHAPE } from './config-access.ts';
import { ADD_ON_FIELDS, ADD_ON_SETTINGS } from './config-add-on.ts';
import { DOOR_FIELDS, DOOR_SETTINGS, isPlainUnasked, missingOfPair } from './config-door.ts';
import { DIRECTORY_LISTS, DIRECTORY_SETTINGS, directoryFields, readDirectory } from './config-directory.ts';
import type { DirectoryConfig } from './config-directory.ts';
import { DISPLAY_SETTINGS, displayFields, judgeAddresses } from './config-display.ts';
import { text, wholeNumber, yesNo } from './config-fields.ts';
import { NAMED_PBX_SETTINGS, namedPbxSchema, PBX_SETTINGS, pbxSchema } from './config-pbx.ts';
import type { PbxConfig } from './config-pbx.ts';
import { attempt, environmentNames, flatten, gather, readYaml, said, yamlNames } from './config-source.ts';
import type { Environment, Flat, Problems, Settings, Source, Told } from './config-source.ts';

const schema = z
  .strictObject({
    listen: text()
      .default('127.0.0.1:8088')
      .transform((address, context) => {
        const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address);
        const [host, port] = [match?.[1] ?? match?.[2] ?? '', Number(match?.[3])];
        if (match && host !== '' && port <= 65535) return { host, port };
        context.addIssue('must be host:port, for example 127.0.0.1:8088 or [::1]:8088');
        return z.NEVER;
      }),
    ...ACCESS_SHAPE,
    openBeyondLoopback: yesNo.default(false),
    ...DOOR_FIELDS,
    country: text('is missing: whose national numbers these are, for example RU').refine(
      isSupportedCountry,
      'must be a country as ISO 3166 writes it, for example RU, DE or US',
    ),
    clients: z.nullable(text()).default(null),
    ...ADD_ON_FIELDS,
    ...displayFields,
    ...directoryFields,
    data: z.nullable(text()).default(null),
    journalDays: wholeNumber(0, 3650).default(90),
    returnedBy: z.enum(['own', 'any'], 'must be own or any').default('own'),
    maxSessions: wholeNumber(1, 1_000_000).default(20_000),
    logLevel: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
      .default('info'),
  })
  .superRefine(judgeAddresses, {
    when: ({ issues }) =>
      !issues.some(({ path }) => path?.[0] === 'schemes' || /Url$/.test(String(path?.[0]))),
  })
  .refine((config) => config.auth !== 'pairing' || config.data !== null, {
    path: ['data'],
    message:
      'is missing: a folder where the relay keeps who is paired with which extension. For a trial without pairing ' +
      'set RINGCUE_AUTH=open',
    when: ({ issues }) => !issues.some(({ path }) => path?.[0] === 'auth' || path?.[0] === 'data'),
  })
  .refine(
    ({ auth, listen, openBeyondLoopback }) =>
      auth !== 'open' || isLoopback(listen.host) || openBeyondLoopback,
    {
      path: ['openBeyondLoopback'],
      message:
        'must be yes to listen on an address that others reach: with auth "open", everybody there can watch every ' +
        'phone. For a trial on this machine alone, listen on 127.0.0.1',
      // Told beside all other problems, unless it is they that are wrong.
      when: ({ issues }) =>
        !issues.some(({ path }) => ['listen', 'auth', 'openBeyondLoopback'].includes(String(path?.[0]))),
    },
  )
  .refine((config) => !isPlainUnasked(config, isLoopback(config.listen.host)), {
    path: ['plainBeyondLoopback'],
    message:
      'must be yes to listen without TLS on an address that others reach, as they could read tokens and calls on the ' +
      'way: name tls.certificate and tls.key, or say yes where a proxy of yours speaks TLS before the relay',
    when: ({ issues }) =>
      !issues.some(({ path }) => ['listen', 'auth', 'plainBeyondLoopback'].includes(String(path?.[0]))),
  })
  .superRefine((config, context) => {
    const missing = missingOfPair(config);
    if (missing !== null)
      context.addIssue({
        code: 'custom',
        path: [missing],
        message: 'is missing: certificate and key belong together, each the path of a PEM file',
      });
  });

export type Config = z.infer<typeof schema> & {
  /** At least one; each with a name of its own. */
  pbxs: PbxConfig[];
  directory: DirectoryConfig;
};

const OWN_SETTINGS = {
  listen: {
    yaml: 'listen',
    environment: 'RINGCUE_LISTEN',
    describes: 'The address and port that the relay itself listens on.',
    example: '0.0.0.0:8088',
  },
  ...ACCESS_SETTINGS,
  openBeyondLoopback: {
    yaml: 'openBeyondLoopback',
    environment: 'RINGCUE_OPEN_BEYOND_LOOPBACK',
    describes: 'Whether open mode may listen on an address that other machines reach.',
    example: 'yes',
  },
  ...DOOR_SETTINGS,
  ...ADD_ON_SETTINGS,
  country: {
    yaml: 'country',
    environment: 'RINGCUE_COUNTRY',
    describes:
      'The country whose national numbers callers and your list are written in, by its two letters of ISO 3166.',
    example: 'RU',
  },
  clients: {
    yaml: 'directory.clients',
    environment: 'RINGCUE_CLIENTS',
    describes: 'The CSV of clients. A changed file is read within a second.',
    example: '/etc/ringcue/clients.csv',
  },
  ...DISPLAY_SETTINGS,
  ...DIRECTORY_SETTINGS,
  data: {
    yaml: 'data',
    environment: 'RINGCUE_DATA',
    describes:
      'The folder for what must outlive a restart: the journal of ended calls, which tells what was missed while a browser was closed. Without it no journal is kept.',
    example: '/data',
  },
  journalDays: {
    yaml: 'journalDays',
    environment: 'RINGCUE_JOURNAL_DAYS',
    describes:
      'For how many days an ended call is kept. 0 keeps no journal; an older journal.sqlite is yours to delete.',
    example: '30',
  },
  returnedBy: {
    yaml: 'returnedBy',
    environment: 'RINGCUE_RETURNED_BY',
    describes:
      'Whose call back makes a missed call count as returned: only one from the own phone, or any talk of the office with that client.',
    example: 'any',
  },
  maxSessions: {
    yaml: 'maxSessions',
    environment: 'RINGCUE_MAX_SESSIONS',
    describes:
      'How many add-ons may be connected at once. One address, and so one proxy, may hold half of them.',
    example: '500',
  },
  logLevel: {
    yaml: 'logLevel',
    environment: 'RINGCUE_LOG_LEVEL',
    describes: 'How much is logged.',
    example: 'debug',
    isReloaded: true,
  },
} as const satisfies Settings;
/** All that may be set, where there is one PBX; several stand in the file's list `pbxs`. */
export const SETTINGS = { ...PBX_SETTINGS, ...OWN_SETTINGS } satisfies Settings;
/** The rule of each. */
export const RULES: Readonly<Record<string, z.ZodType>> = { ...namedPbxSchema.shape, ...schema.shape };
/** What the only PBX is called. */
const ONLY_NAME = 'pbx';
/** Names with our prefix that are no settings: the file of settings, and the tests' cache. */
const OTHER_NAMES = ['RINGCUE_CONFIG', 'RINGCUE_CACHE'];
/** So many letters may be wrong in a name for its setting to be guessed. */
const MOST_MISSPELT = 3;

/** `told.pbxs`: of each PBX, in the order of `config.pbxs`. */
export type ReadConfig = { config: Config; told: { own: Told[]; pbxs: Told[][]; isList: boolean } };

/** The configuration, or every problem of it as a line for people. `readFile` throws Node's errors. */
export function readConfig(
  environment: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): ReadConfig | { problems: Problems } {
  const problems: Problems = [];
  const path = said(environment, 'RINGCUE_CONFIG');
  const fileName = path ?? 'RINGCUE_CONFIG';
  const known = [...yamlNames(SETTINGS), ...DIRECTORY_LISTS, 'pbxs'];
  const {
    pbxs: list,
    'directory.sources': sources,
    'directory.staff': staff,
    ...file
  }: Flat = (path && attempt(fileName, problems, () => flatten(readYaml(readFile(path)), known))) || {};
  complainOfUnknown(Object.keys(file), known, `${fileName}: `, problems);
  const ours = Object.keys(environment).filter((name) => name.startsWith('RINGCUE_'));
  const names = environmentNames(SETTINGS);
  complainOfUnknown(
    ours.filter((name) => !OTHER_NAMES.includes(name)),
    names,
    '',
    problems,
  );

  const source: Source = { file, filePlace: `${fileName}: `, environment, readFile };
  const isList = list !== undefined && list !== null;
  const pbxs = isList ? readList(list, source, problems) : readOne(source, problems);
  const directory = readDirectory({ sources, staff }, source, problems);
  const { data: config, told } = check(schema, OWN_SETTINGS, source, problems);
  if (problems.length > 0 || !config) return { problems };
  const lists = [
    { key: 'sources', yaml: 'directory.sources', value: sources },
    { key: 'staff', yaml: 'directory.staff', value: staff },
  ].map(({ key, yaml, value }): Told => ({
    key,
    setting: { yaml, environment: '' },
    value,
    place: value === undefined ? null : `${source.filePlace}${yaml}`,
    secretFile: null,
  }));
  return {
    config: { ...config, pbxs: pbxs.map((one) => one.pbx), directory },
    told: { own: [...told, ...lists], pbxs: pbxs.map((one) => one.told), isList },
  };
}

function complainOfUnknown(names: string[], known: string[], place: string, problems: Problems): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    const meant = meantBy(name, known);
    problems.push(
      `${place}${name} is not a setting; ${meant === null ? `known: ${known.join(', ')}` : `did you mean ${meant}?`}`,
    );
  }
}

/** The setting that was misspelt, or written without its group; null: nothing is near. */
function meantBy(name: string, known: string[]): string | null {
  const inGroup = known.find((one) => one.endsWith(`.${name}`));
  if (inGroup !== undefined) return inGroup;
  const nearest = closest(name, known);
  return distance(name, nearest) <= MOST_MISSPELT ? nearest : null;
}

/** What the settings say, if nothing is wrong with them, and who says it. */
function check<T>(schema: z.ZodType<T>, settings: Settings, source: Source, problems: Problems) {
  const { values, placeOf, told } = gather(settings, source, problems);
  const result = schema.safeParse(values);
  for (const { path, message } of result.error?.issues ?? [])
    problems.push(`${[placeOf(String(path[0])), ...path.slice(1)].join('.')} ${message}`);
  return { data: result.data ?? null, told };
}

type ReadPbx = { pbx: PbxConfig; told: Told[] };

function readOne(source: Source, problems: Problems): ReadPbx[] {
  const { data, told } = check(pbxSchema, PBX_SETTINGS, source, problems);
  return data ? [{ pbx: { ...data, name: ONLY_NAME }, told }] : [];
}

function readList(list: unknown, source: Source, problems: Problems): ReadPbx[] {
  const { filePlace, file, environment } = source;
  const beside = [
    ...yamlNames(PBX_SETTINGS)
      .filter((name) => name in file)
      .map((name) => filePlace + name),
    ...environmentNames(PBX_SETTINGS).filter((name) => said(environment ?? {}, name) !== undefined),
  ];
  for (const place of beside)
    problems.push(
      `${place} cannot stand beside a list of several: write it in ${filePlace}pbxs, for each PBX`,
    );
  if (!Array.isArray(list) || list.length === 0) {
    problems.push(`${filePlace}pbxs must be a list, each PBX beginning with "- name: …"`);
    return [];
  }
  const pbxs: ReadPbx[] = [];
  const places = new Map<string, string>();
  for (const [n, written] of list.entries()) {
    const place = `${filePlace}pbxs[${n}]`;
    const known = yamlNames(NAMED_PBX_SETTINGS);
    const own: Flat | undefined = attempt(place, problems, () => flatten(written, known, '', 'the PBX'));
    if (!own) continue;
    complainOfUnknown(Object.keys(own), known, `${place}.`, problems);
    const nested: Source = { ...source, file: own, filePlace: `${place}.`, environment: null };
    const { data: pbx, told } = check(namedPbxSchema, NAMED_PBX_SETTINGS, nested, problems);
    if (!pbx) continue;
    for (const [key, what] of [
      [pbx.name, 'name'],
      [`${pbx.amiHost}:${pbx.amiPort}`, 'ami.host'],
    ] as const) {
      const before = places.get(key);
      if (before !== undefined) problems.push(`${place}.${what} is the same as that of ${before}`);
      places.set(key, `pbxs[${n}]`);
    }
    pbxs.push({ pbx, told });
  }
  return pbxs;
}

/** Whether only this machine can connect to the address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.')) || host === '::1';
