// The relay's configuration: a YAML file (RINGCUE_CONFIG), the environment, or both (the environment wins). Every
// problem is told at once, with the place and the remedy. The only file that may read `process.env`, through `main.ts`.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { isSupportedCountry } from 'libphonenumber-js/max';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { templateProblem } from './directory/card.ts';

const wholeNumber = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z.preprocess(
    (value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value),
    z.number(rule).int(rule).min(least, rule).max(most, rule),
  );
};

/** A text; YAML makes a number of an unquoted 0123, and its zero is gone then. */
const text = (missing = 'must be text') =>
  z.string({
    error: ({ input }) => (input === undefined ? missing : 'must be text: put it in quotes in the YAML file'),
  });

const yesNo = z.preprocess(
  (value) =>
    typeof value === 'string' ? ({ yes: true, true: true, no: false, false: false }[value] ?? value) : value,
  z.boolean('must be yes or no'),
);

const template = (...allowed: string[]) =>
  z.nullable(
    text().superRefine((template, context) => {
      const problem = templateProblem(template, allowed);
      if (problem !== null) context.addIssue(problem);
    }),
  );

const required = (what: string) => text(`is missing: ${what}`).min(1, `is empty: ${what}`);

const schema = z
  .strictObject({
    amiHost: required('the name or address of the Asterisk server'),
    amiPort: wholeNumber(1, 65535).default(5038),
    amiUsername: required('the name of the AMI account, from manager.conf'),
    amiSecret: required('the secret of the AMI account, from manager.conf'),
    amiEvents: yesNo.default(true),
    pollEveryMs: wholeNumber(100, 60_000).default(1_000),
    listen: text()
      .default('127.0.0.1:8088')
      .transform((address, context) => {
        const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address);
        const [host, port] = [match?.[1] ?? match?.[2] ?? '', Number(match?.[3])];
        if (match && host !== '' && port <= 65535) return { host, port };
        context.addIssue('must be host:port, for example 127.0.0.1:8088 or [::1]:8088');
        return z.NEVER;
      }),
    auth: z.literal(
      'open',
      'must be "open" so far: it lets everybody who reaches the relay watch any extension',
    ),
    openBeyondLoopback: yesNo.default(false),
    country: text('is missing: whose national numbers these are, for example RU').refine(
      isSupportedCountry,
      'must be a country as ISO 3166 writes it, for example RU, DE or US',
    ),
    extensions: text()
      .default('\\d{2,6}')
      .transform((pattern, context) => {
        try {
          return new RegExp(`^(?:${pattern})$`);
        } catch (error) {
          context.addIssue(`is not a regular expression: ${(error as Error).message}`);
          return z.NEVER;
        }
      }),
    clients: z.nullable(text()).default(null),
    cardUrl: template('id', 'name', 'number').default(null),
    unknownUrl: template('number').default(null),
    logLevel: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
      .default('info'),
  })
  .refine((config) => isLoopback(config.listen.host) || config.openBeyondLoopback, {
    path: ['openBeyondLoopback'],
    message:
      'must be yes to listen on an address that others reach: with auth "open", everybody there can watch every ' +
      'phone. For a trial on this machine alone, listen on 127.0.0.1',
    // Told beside all other problems, unless it is they that are wrong.
    when: ({ issues }) =>
      !issues.some(({ path }) => path?.[0] === 'listen' || path?.[0] === 'openBeyondLoopback'),
  });

export type Config = z.infer<typeof schema>;
type Key = keyof Config;

/** One word a setting: its place in the YAML file and its name in the environment. */
export const SETTINGS: Readonly<Record<Key, { yaml: string; environment: string; isSecret?: true }>> = {
  amiHost: { yaml: 'ami.host', environment: 'RINGCUE_AMI_HOST' },
  amiPort: { yaml: 'ami.port', environment: 'RINGCUE_AMI_PORT' },
  amiUsername: { yaml: 'ami.username', environment: 'RINGCUE_AMI_USERNAME' },
  amiSecret: { yaml: 'ami.secret', environment: 'RINGCUE_AMI_SECRET', isSecret: true },
  amiEvents: { yaml: 'ami.events', environment: 'RINGCUE_AMI_EVENTS' },
  pollEveryMs: { yaml: 'ami.pollEveryMs', environment: 'RINGCUE_POLL_EVERY_MS' },
  listen: { yaml: 'listen', environment: 'RINGCUE_LISTEN' },
  auth: { yaml: 'auth', environment: 'RINGCUE_AUTH' },
  openBeyondLoopback: { yaml: 'openBeyondLoopback', environment: 'RINGCUE_OPEN_BEYOND_LOOPBACK' },
  country: { yaml: 'country', environment: 'RINGCUE_COUNTRY' },
  extensions: { yaml: 'extensions', environment: 'RINGCUE_EXTENSIONS' },
  clients: { yaml: 'directory.clients', environment: 'RINGCUE_CLIENTS' },
  cardUrl: { yaml: 'directory.cardUrl', environment: 'RINGCUE_CARD_URL' },
  unknownUrl: { yaml: 'directory.unknownUrl', environment: 'RINGCUE_UNKNOWN_URL' },
  logLevel: { yaml: 'logLevel', environment: 'RINGCUE_LOG_LEVEL' },
};
const KEYS = Object.keys(SETTINGS) as Key[];

export type Environment = Readonly<Record<string, string | undefined>>;
type Problems = string[];

/** What the file says. Throws what is wrong with it and where, but none of its text, as a secret stands in it. */
function readYaml(yaml: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(yaml, { lineCounter, prettyErrors: false });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault) {
    const { line, col } = lineCounter.linePos(fault.pos[0]);
    throw new Error(
      `line ${line}, column ${col} is not YAML (${fault.code}): a value with special characters must be in quotes`,
    );
  }
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw new Error('aliases are not understood: a value that begins with * must be in quotes');
  }
}

/** The configuration, or every problem of it as a line for people. `readFile` throws Node's errors. */
export function readConfig(
  environment: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): { config: Config } | { problems: Problems } {
  const problems: Problems = [];
  const attempt = <T>(place: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      problems.push(`${place}: ${(error as Error).message}`);
      return undefined;
    }
  };

  /** Compose files pass what is not set as empty. */
  const said = (name: string): string | undefined => environment[name] || undefined;
  const path = said('RINGCUE_CONFIG');
  const fileName = path ?? 'RINGCUE_CONFIG';
  const file = path === undefined ? {} : (attempt(fileName, () => flatten(readYaml(readFile(path)))) ?? {});
  const values: Partial<Record<Key, unknown>> = {};
  const places: Partial<Record<Key, string>> = {};
  for (const key of KEYS) {
    const { yaml, environment: name, isSecret } = SETTINGS[key];
    const secretFile = isSecret ? said(`${name}_FILE`) : undefined;
    if (Object.hasOwn(file, yaml) && file[yaml] !== null)
      [values[key], places[key]] = [file[yaml], `${fileName}: ${yaml}`];
    if (secretFile !== undefined) {
      const secret = attempt(`${name}_FILE`, () => readFile(secretFile).replace(/\r?\n$/, ''));
      if (secret !== undefined) [values[key], places[key]] = [secret, `${name}_FILE`];
    }
    if (said(name) !== undefined) [values[key], places[key]] = [said(name), name];
  }
  const known = new Set(KEYS.map((key) => SETTINGS[key].yaml));
  for (const yaml of Object.keys(file))
    if (!known.has(yaml))
      problems.push(`${fileName}: ${yaml} is not a setting; known: ${[...known].join(', ')}`);
  const names = new Set(
    KEYS.map((key) => SETTINGS[key]).flatMap(({ environment: name, isSecret }) =>
      isSecret ? [name, `${name}_FILE`] : [name],
    ),
  );
  for (const name of Object.keys(environment))
    if (name.startsWith('RINGCUE_') && !names.has(name) && !OTHER_NAMES.has(name))
      problems.push(
        `${name} is not a setting; known: ${KEYS.map((key) => SETTINGS[key].environment).join(', ')}`,
      );

  const result = schema.safeParse(values);
  if (!result.success)
    for (const issue of result.error.issues) {
      const key = issue.path[0] as Key;
      const place = places[key] ?? `${SETTINGS[key].environment} (or ${SETTINGS[key].yaml} in the YAML file)`;
      problems.push(`${place} ${issue.message}`);
    }
  return problems.length > 0 || !result.success ? { problems } : { config: result.data };
}

/** Names with our prefix that the relay itself does not read: the tests' cache, and what later parts will use. */
const OTHER_NAMES = new Set(['RINGCUE_CONFIG', 'RINGCUE_DATA', 'RINGCUE_CACHE']);

/** `{ami: {host}}` → `{'ami.host': …}`; own keys only. */
function flatten(value: unknown, prefix = ''): Record<string, unknown> {
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new Error(`${prefix || 'the file'} must hold settings, one a line`);
  const flat: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value as Record<string, unknown>)) {
    const place = prefix === '' ? key : `${prefix}.${key}`;
    const isGroup = KEYS.some((known) => SETTINGS[known].yaml.startsWith(`${place}.`));
    Object.assign(flat, isGroup ? flatten(inner, place) : { [place]: inner });
  }
  return flat;
}

/** Whether only this machine can connect to the address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.')) || host === '::1';
