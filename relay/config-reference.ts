// The reference page of all settings, made from their table and rules. Called by `ringcue config reference`;
// `relay/CONFIGURATION.md` is what it prints.
import { RULES, SETTINGS } from './config.ts';
import { NAMED_PBX_SETTINGS } from './config-pbx.ts';
import { ruleOf } from './config-schema.ts';
import type { Setting } from './config-source.ts';

const OPENING = `<!-- Written by "ringcue config reference": change the tables in relay/config*.ts, not this page. -->

# Every setting of the relay

Settings stand in a YAML file that \`RINGCUE_CONFIG\` names, in the environment, or in both: the environment wins, one setting
at a time. A secret may stand in a file of its own, whose path is then given. All that is wrong is told at once, and the
relay does not start; \`ringcue config check\` says the same without starting it, and \`ringcue config print\` shows what
every setting is and who says so. An editor that knows YAML schemas completes and checks the file when it begins with

\`\`\`yaml
# yaml-language-server: $schema=./config.schema.json
\`\`\`

A running relay reads the file and the files of secrets again at SIGHUP. What it takes then is marked; all else needs a
restart, and the log says so.
`;

export function configReference(): string {
  const entries = Object.entries(SETTINGS).map(([key, setting]) => entryOf(key, setting));
  const { name } = NAMED_PBX_SETTINGS;
  const list = `## Several PBXs

The list \`pbxs\` stands in place of \`ami\`, \`extensions\`, \`phones\` and \`prefix\`; each entry holds those, and a name. It
stands in the file alone.

${entryOf('name', { ...name, yaml: 'pbxs[].name' })}`;
  return [OPENING, ...entries, list].join('\n');
}

function entryOf(key: string, setting: Setting): string {
  const { yaml, environment, isSecret, describes = '', example, isReloaded } = setting;
  const rule = ruleOf(key);
  const names = environment === '' ? [] : [environment, ...(isSecret ? [`${environment}_FILE`] : [])];
  const facts: (string | null)[] = [
    names.length > 0 ? `in the environment: ${names.map(code).join(' or ')}` : null,
    isSecret ? `a secret: better as ${code(`${yaml}File`)}, the path of a file that holds it` : null,
    allowed(rule),
    whenUnset(key, rule['default']),
    example === undefined ? null : `example: ${code(exampleLine(yaml, example))}`,
    isReloaded ? 'a reload (SIGHUP) takes a new value' : null,
  ];
  const lines = facts.filter((fact) => fact !== null).map((fact) => `- ${fact}`);
  return `### ${code(yaml)}\n\n${describes}\n\n${lines.join('\n')}\n`;
}

const code = (text: string): string => `\`${text}\``;

const exampleLine = (yaml: string, example: string): string =>
  `${yaml.split('.').at(-1) ?? yaml}: ${example}`;

function allowed(rule: Record<string, unknown>): string | null {
  const { minimum, maximum, enum: values } = rule;
  if (typeof minimum === 'number' && typeof maximum === 'number')
    return `a whole number from ${minimum} to ${maximum}`;
  if (!Array.isArray(values)) return null;
  return `one of ${values
    .filter((value) => typeof value === 'string')
    .map(code)
    .join(', ')}`;
}

function whenUnset(key: string, told: unknown): string | null {
  if (told !== undefined) return `if it is not set: ${code(worded(told))}`;
  return RULES[key]?.safeParse(undefined).success ? null : 'must be set';
}

export const worded = (value: unknown): string =>
  typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
