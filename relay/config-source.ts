// Where settings are written: a YAML file and the environment, which wins. Finds each setting's value with its place, and
// what is no setting. Called by `config.ts`, which judges the values.
import { LineCounter, parseDocument } from 'yaml';

/** All that is known of a setting but its rule, which is the schema's: the checks, the reference and the editors read it. */
export type Setting = {
  /** Its place in the YAML file. */
  yaml: string;
  /** Its name in the environment; '': it stands in a file alone. */
  environment: string;
  isSecret?: true;
  /** What it means, as sentences for whoever writes the file. */
  describes?: string;
  /** A value as it would be written in the file. */
  example?: string;
  /** A running relay takes a new value at a reload. */
  isReloaded?: true;
};
/** One word a setting. */
export type Settings = Readonly<Record<string, Setting>>;
export type Environment = Readonly<Record<string, string | undefined>>;
export type Problems = string[];
/** `{'ami.host': …}` */
export type Flat = Readonly<Record<string, unknown>>;

/** What the file says. Throws what is wrong with it and where, but none of its text, as a secret stands in it. */
export function readYaml(yaml: string): unknown {
  const lineCounter = new LineCounter();
  // All scalars are texts: 0101 is an extension and no number, and `no` is judged where it is meant.
  const document = parseDocument(yaml, {
    schema: 'failsafe',
    customTags: ['null'],
    lineCounter,
    prettyErrors: false,
  });
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

/** `{ami: {host}}` → `{'ami.host': …}`, as deep as `known` goes; own keys only. */
export function flatten(value: unknown, known: readonly string[], prefix = '', whole = 'the file'): Flat {
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new Error(`${prefix || whole} must hold settings, one a line`);
  const flat: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value as Record<string, unknown>)) {
    const place = prefix === '' ? key : `${prefix}.${key}`;
    const isGroup = known.some((one) => one.startsWith(`${place}.`));
    Object.assign(flat, isGroup ? flatten(inner, known, place) : { [place]: inner });
  }
  return flat;
}

/** The names of settings in the file; a secret may stand in a file of its own. */
export const yamlNames = (settings: Settings): string[] =>
  Object.values(settings).flatMap(({ yaml, isSecret }) => (isSecret ? [yaml, `${yaml}File`] : [yaml]));
/** '': what can only stand in the file. */
export const environmentNames = (settings: Settings): string[] =>
  Object.values(settings)
    .flatMap(({ environment, isSecret }) => (isSecret ? [environment, `${environment}_FILE`] : [environment]))
    .filter((name) => name !== '');

/** Compose files pass what is not set as empty. */
export const said = (environment: Environment, name: string): string | undefined =>
  environment[name] || undefined;

export type Source = {
  file: Flat;
  /** What stands before the names of the file's settings when they are told: `/c.yaml: pbxs[1].` */
  filePlace: string;
  /** null: these settings stand in a file alone. */
  environment: Environment | null;
  readFile(path: string): string;
};

/** What a setting was told to be, and by whom. */
export type Told = {
  key: string;
  setting: Setting;
  /** As it was written; undefined: it was not. */
  value: unknown;
  place: string | null;
  /** Where a secret was read from. */
  secretFile: string | null;
};

/** Each setting's value, if any, and `placeOf`: where it is written or belongs, in words. */
export function gather(settings: Settings, source: Source, problems: Problems) {
  const { file, filePlace, environment } = source;
  const values: Record<string, unknown> = {};
  const places: Record<string, string> = {};
  const secretFiles = new Map<string, string>();
  for (const [key, { yaml, environment: name, isSecret }] of Object.entries(settings)) {
    const tell = (value: unknown, place: string): void => {
      if (value === undefined || value === null) return;
      [values[key], places[key]] = [value, place];
      secretFiles.delete(key);
    };
    const tellFile = (path: unknown, place: string): void => {
      if (path === undefined || path === null) return;
      const secret = attempt(place, problems, () => {
        if (typeof path !== 'string') throw new Error('must be the path of a file');
        return source.readFile(path).replace(/\r?\n$/, '');
      });
      tell(secret ?? 'not read', place); // one problem is enough: nobody shall be told that it is missing, too
      if (typeof path === 'string') secretFiles.set(key, path);
    };
    if (Object.hasOwn(file, yaml)) tell(file[yaml], `${filePlace}${yaml}`);
    if (isSecret && Object.hasOwn(file, `${yaml}File`))
      tellFile(file[`${yaml}File`], `${filePlace}${yaml}File`);
    if (!environment) continue;
    if (isSecret) tellFile(said(environment, `${name}_FILE`), `${name}_FILE`);
    tell(said(environment, name), name);
  }
  const missingPlace = ({ yaml, environment: name }: Settings[string]): string =>
    environment ? `${name} (or ${yaml} in the YAML file)` : `${filePlace}${yaml}`;
  const placeOf = (key: string): string => places[key] ?? (settings[key] ? missingPlace(settings[key]) : key);
  const told = Object.entries(settings).map(([key, setting]): Told => ({
    key,
    setting,
    value: values[key],
    place: places[key] ?? null,
    secretFile: secretFiles.get(key) ?? null,
  }));
  return { values, placeOf, told };
}

/** What `read` gives; its error becomes a problem. */
export function attempt<T>(place: string, problems: Problems, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    problems.push(`${place}: ${(error as Error).message}`);
    return undefined;
  }
}
