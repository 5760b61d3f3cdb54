// What IT reads about the configuration: the reference, the editors' schema, what `ringcue config` says. All of it comes
// from the tables that the checks read, and stays as new as they are.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { config } from '../../relay/commands/config.ts';
import { readConfig, RULES, SETTINGS } from '../../relay/config.ts';
import { NAMED_PBX_SETTINGS } from '../../relay/config-pbx.ts';
import { printConfig } from '../../relay/config-print.ts';
import { configReference } from '../../relay/config-reference.ts';
import { configSchema } from '../../relay/config-schema.ts';
import { readYaml } from '../../relay/config-source.ts';
import type { Environment, Setting } from '../../relay/config-source.ts';
import { fileOf } from '../relay/file.ts';

const ALL: Readonly<Record<string, Setting>> = { ...NAMED_PBX_SETTINGS, ...SETTINGS };
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

async function ringcueConfig(parameters: readonly string[], environment: Environment = {}) {
  const [out, error]: [string[], string[]] = [[], []];
  const say = (line: string): void => void out.push(line);
  const complain = (line: string): void => void error.push(line);
  const code = await config({ parameters, environment, say, complain });
  return { code, out: out.join('\n'), error: error.join('\n') };
}

const GOOD: Environment = {
  RINGCUE_AMI_HOST: 'pbx.example',
  RINGCUE_AMI_USERNAME: 'ringcue',
  RINGCUE_AMI_SECRET: 'hunter2',
  RINGCUE_AUTH: 'open',
  RINGCUE_COUNTRY: 'RU',
};

test('every setting says what it means, with an example that the checks take', () => {
  for (const [key, { describes, example }] of Object.entries(ALL)) {
    assert.match(describes ?? '', /^[A-Z].*\.$/, `${key} has no description that is a sentence`);
    assert.ok(example !== undefined, `${key} has no example`);
    const result = RULES[key]?.safeParse(readYaml(example));
    assert.ok(result?.success, `the example of ${key} is refused: ${result?.error?.message ?? 'no rule'}`);
  }
});

test('the reference page and the editors’ schema are as the tables make them', () => {
  assert.equal(
    read('relay/CONFIGURATION.md'),
    configReference(),
    'run: ringcue config reference > relay/CONFIGURATION.md',
  );
  assert.deepEqual(
    JSON.parse(read('relay/config.schema.json')),
    configSchema(),
    'run: ringcue config schema > relay/config.schema.json',
  );
});

test('an editor takes what the relay takes, and marks what it refuses', () => {
  const isValid = new Ajv({ strict: true, allowUnionTypes: true }).compile(configSchema());
  const examples = Object.values(SETTINGS).map(({ yaml, example }) => ({ yaml, example }));
  const whole: Record<string, unknown> = {};
  for (const { yaml, example } of examples) {
    const path = yaml.split('.');
    const name = path.pop() ?? '';
    const group = path.reduce<Record<string, unknown>>(
      (outer, part) => (outer[part] ??= {}) as Record<string, unknown>,
      whole,
    );
    group[name] = parse(example);
  }
  assert.ok(isValid(whole), JSON.stringify(isValid.errors));
  const readme = [...read('README.md').matchAll(/```yaml\n([^]*?)```/g)].map((match) => match[1] ?? '');
  assert.ok(readme.length >= 2);
  for (const yaml of readme) assert.ok(isValid(parse(yaml)), `${yaml}${JSON.stringify(isValid.errors)}`);
  for (const wrong of [
    'amii: {}',
    'ami: { hots: pbx }',
    'ami: { port: 70000 }',
    'ami: { events: maybe }',
    'pollEveryMs: 250',
    'pbxs: [{ ami: { host: pbx } }]',
    'logLevel: loud',
    'listen: [127.0.0.1]',
  ])
    assert.equal(isValid(parse(wrong)), false, wrong);
});

test('a name that is almost a setting’s is answered with that one, a strange one with all', () => {
  const told = (yaml: string): string => {
    const result = readConfig({ ...GOOD, RINGCUE_CONFIG: '/c' }, () => yaml);
    return 'problems' in result ? result.problems.join('\n') : '';
  };
  assert.equal(
    told('ami: { pollEvery: 1000 }'),
    '/c: ami.pollEvery is not a setting; did you mean ami.pollEveryMs?',
  );
  assert.equal(told('pollEveryMs: 1000'), '/c: pollEveryMs is not a setting; did you mean ami.pollEveryMs?');
  assert.equal(told('pbx: []'), '/c: pbx is not a setting; did you mean pbxs?');
  assert.match(told('colour: red'), /^\/c: colour is not a setting; known: ami\.host,/);
});

test('ringcue config check says that all is well, or all that is wrong', async () => {
  assert.deepEqual(await ringcueConfig(['check'], GOOD), {
    code: 0,
    out: 'The configuration is well.',
    error: '',
  });
  const { code, error } = await ringcueConfig(['check'], {
    ...GOOD,
    RINGCUE_AMI_PORT: '0',
    RINGCUE_LISTEN: 'x',
  });
  assert.equal(code, 78);
  assert.match(error, /^RINGCUE_AMI_PORT must be .*\nRINGCUE_LISTEN must be /);
});

test('ringcue config print tells every setting and who says it, and no secret', async () => {
  await using secret = await fileOf('hunter3\n');
  await using yaml = await fileOf(
    `ami: { host: pbx.example, secretFile: ${secret.path} }\nphones: { sales-desk: 150 }\nlogLevel: debug\n`,
  );
  const { code, out, error } = await ringcueConfig(['print'], {
    RINGCUE_CONFIG: yaml.path,
    RINGCUE_AMI_USERNAME: 'ringcue',
    RINGCUE_AUTH: 'open',
    RINGCUE_COUNTRY: 'RU',
    RINGCUE_LOG_LEVEL: 'warn',
  });
  assert.deepEqual([code, error], [0, '']);
  const place = `${yaml.path}: `;
  for (const line of [
    `  host: pbx.example # ${place}ami.host`,
    '  port: 5038 # by default',
    `  secret: (hidden) # ${place}ami.secretFile: ${secret.path}`,
    '  username: ringcue # RINGCUE_AMI_USERNAME',
    '  events: yes # by default',
    '  clients: null # not set',
    'logLevel: warn # RINGCUE_LOG_LEVEL',
  ])
    assert.ok(out.split('\n').includes(line), `"${line}" is not in:\n${out}`);
  assert.doesNotMatch(out, /hunter/);
  const printed = parse(out) as Record<string, unknown>;
  assert.deepEqual(printed['phones'], { 'sales-desk': '150' });
});

test('a secret within an address or a table is hidden, too', () => {
  const setting = { yaml: 'directory.sources', environment: '' };
  const value = [
    { url: 'postgres://who:hunter2@db/crm', headers: { authorization: 'hunter3' }, passwordFile: '/p' },
  ];
  const own = [{ key: 'sources', setting, value, place: '/c', secretFile: null }];
  const printed = parse(printConfig({ own, pbxs: [], isList: false }, () => undefined)) as unknown;
  const headers = { authorization: '(hidden)' };
  assert.deepEqual(printed, {
    directory: { sources: [{ url: 'postgres://(hidden)@db/crm', headers, passwordFile: '/p' }] },
  });
});

test('ringcue config print tells several PBXs as the list that they are', async () => {
  await using yaml = await fileOf(
    'pbxs:\n  - { name: moscow, ami: { host: a, username: u, secret: hunter2 } }\n  - { name: kazan, ami: { host: b, username: u, secret: hunter3 }, prefix: 9 }\n',
  );
  const { out } = await ringcueConfig(['print'], {
    RINGCUE_CONFIG: yaml.path,
    RINGCUE_AUTH: 'open',
    RINGCUE_COUNTRY: 'RU',
  });
  const { pbxs } = parse(out) as { pbxs: { name: string; prefix: string }[] };
  assert.deepEqual(
    pbxs.map(({ name, prefix }) => [name, prefix]),
    [
      ['moscow', null],
      ['kazan', '9'],
    ],
  );
  assert.doesNotMatch(out, /hunter/);
});

test('ringcue config with anything else says what it can', async () => {
  for (const parameters of [[], ['chekc'], ['check', 'me'], ['constructor']]) {
    const { code, error } = await ringcueConfig(parameters, GOOD);
    assert.equal(code, 64);
    assert.equal(error, 'Say: ringcue config check|print|schema|reference');
  }
});
