// The configuration file as a JSON Schema [draft 7, which editors speak], made from the settings' table and their rules.
// Called by `ringcue config schema`; `relay/config.schema.json` is what it prints.
import { z } from 'zod';
import { RULES, SETTINGS } from './config.ts';
import { SECRETS, sourceSchema } from './config-directory.ts';
import { NAMED_PBX_SETTINGS } from './config-pbx.ts';
import { readYaml } from './config-source.ts';
import type { Setting, Settings } from './config-source.ts';

export type JsonSchema = { [keyword: string]: unknown };

const TITLE = 'Configuration of the Ringcue relay';

/** What may be written for a setting, and what is meant when nothing is. */
export function ruleOf(key: string): JsonSchema & { default?: unknown } {
  const rule = RULES[key];
  if (!rule) return {};
  const schema = schemaOf(rule);
  const whenUnset = schema['default'] ?? rule.safeParse(undefined).data;
  const isPlain = ['string', 'number', 'boolean'].includes(typeof whenUnset);
  return isPlain && whenUnset !== '' ? { ...schema, default: whenUnset } : without(schema, 'default');
}

/** Of any rule, as what an editor can check of it. */
function schemaOf(rule: z.ZodType): JsonSchema {
  const told = z.toJSONSchema(rule, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
  return without(withNumbers(told) as JsonSchema, '$schema');
}

/** An editor reads `prefix: 8` as a number; Ringcue reads every scalar as the text that stands there. */
function withNumbers(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNumbers);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, withNumbers(value)] as const);
  const copy: JsonSchema = Object.fromEntries(entries);
  if (copy['type'] === 'string' && !('enum' in copy) && !('const' in copy))
    copy['type'] = ['string', 'number'];
  return 'propertyNames' in copy ? without(copy, 'propertyNames') : copy;
}

const without = (schema: JsonSchema, keyword: string): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => key !== keyword));

/** Of a source of clients; a secret may stand in a file of its own. */
function directorySource(): JsonSchema {
  const source = schemaOf(sourceSchema);
  for (const one of source['oneOf'] as { properties: Record<string, JsonSchema> }[])
    for (const name of SECRETS.filter((name) => name in one.properties))
      one.properties[`${name}File`] = secretFileOf({ yaml: name, environment: '' });
  return source;
}

/** What stands in the file alone and is more than one value, by its place. */
const LISTS: Readonly<Record<string, () => JsonSchema>> = {
  pbxs: () => ({
    description: 'Several PBXs, in place of ami, extensions, phones and prefix.',
    type: 'array',
    minItems: 1,
    items: { ...groupOf(NAMED_PBX_SETTINGS), required: ['name', 'ami'] },
  }),
  'directory.sources': () => ({
    description: 'Where clients are looked up, in the order in which they are asked.',
    type: 'array',
    items: directorySource(),
  }),
  'directory.staff': () => ({
    description: 'Where the names of colleagues are, as a source of clients.',
    ...directorySource(),
  }),
};

export function configSchema(): JsonSchema {
  const top = groupOf(SETTINGS);
  for (const [place, list] of Object.entries(LISTS)) put(top, place.split('.'), list());
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: TITLE, ...top };
}

/** `{'ami.host': …}` as nested objects that hold nothing else. */
function groupOf(settings: Settings): JsonSchema {
  const group: JsonSchema = { type: 'object', additionalProperties: false, properties: {} };
  for (const [key, setting] of Object.entries(settings)) {
    put(group, setting.yaml.split('.'), propertyOf(key, setting));
    if (setting.isSecret) put(group, `${setting.yaml}File`.split('.'), secretFileOf(setting));
  }
  return group;
}

function put(group: JsonSchema, path: readonly string[], property: JsonSchema): void {
  const [name = '', ...rest] = path;
  const properties = group['properties'] as Record<string, JsonSchema>;
  if (rest.length === 0) properties[name] = property;
  else {
    properties[name] ??= { type: 'object', additionalProperties: false, properties: {} };
    put(properties[name], rest, property);
  }
}

const propertyOf = (key: string, { describes, example }: Setting): JsonSchema => ({
  ...(describes !== undefined && { description: describes }),
  ...ruleOf(key),
  ...(example !== undefined && { examples: [readYaml(example)] }),
});

const secretFileOf = ({ yaml }: Setting): JsonSchema => ({
  description: `The path of a file that holds ${yaml} and nothing else.`,
  type: 'string',
});
