// The configuration in force, as YAML, each setting with who says it; secrets are hidden. Called by
// `ringcue config print`.
import { Document, isMap, YAMLMap, YAMLSeq } from 'yaml';
import type { ReadConfig } from './config.ts';
import type { Told } from './config-source.ts';

const HIDDEN = '(hidden)';
/** What an address may carry: user:password@ [RFC 3986 3.2.1]. */
const CREDENTIALS = /(:\/\/)[^/?#@\s]+@/g;

/** Names under which a secret may stand within a setting that holds more than one text. */
const SECRET_NAME = /secret|password|token|authorization|cookie|api-?key/i;

/** `whenUnset`: what a setting is that nobody set; undefined: nothing. */
export function printConfig(
  { own, pbxs, isList }: ReadConfig['told'],
  whenUnset: (key: string) => unknown,
): string {
  const document = new Document();
  const fill = (root: YAMLMap, all: readonly Told[]): YAMLMap => {
    for (const told of all) {
      const path = told.setting.yaml.split('.');
      const node = document.createNode(valueOf(told, whenUnset));
      const place = told.place ?? (whenUnset(told.key) === undefined ? 'not set' : 'by default');
      node.comment = ` ${place}${told.secretFile === null ? '' : `: ${told.secretFile}`}`;
      groupIn(root, path.slice(0, -1)).set(path.at(-1), node);
    }
    return root;
  };
  const root = new YAMLMap();
  document.contents = root;
  if (isList) {
    const list = new YAMLSeq();
    for (const told of pbxs) list.add(fill(new YAMLMap(), told));
    root.set('pbxs', list);
  } else for (const told of pbxs) fill(root, told);
  fill(root, own);
  return document.toString({ lineWidth: 0 });
}

/** The map at this path, made where it is missing. */
function groupIn(root: YAMLMap, path: readonly string[]): YAMLMap {
  let group = root;
  for (const part of path) {
    const found = group.get(part);
    const next = isMap(found) ? found : new YAMLMap();
    if (next !== found) group.set(part, next);
    group = next;
  }
  return group;
}

function valueOf({ key, setting, value }: Told, whenUnset: (key: string) => unknown): unknown {
  const worth = value === undefined ? (whenUnset(key) ?? null) : value;
  return setting.isSecret && value !== undefined ? HIDDEN : withoutSecrets(worth);
}

function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(CREDENTIALS, `$1${HIDDEN}@`);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const hides = (name: string): boolean => SECRET_NAME.test(name) && !name.endsWith('File');
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, hides(name) ? HIDDEN : withoutSecrets(inner)]),
  );
}
