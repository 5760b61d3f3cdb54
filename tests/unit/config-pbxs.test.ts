// The configuration of whose phone an endpoint is, and of several PBXs: what IT may write, and what it is told when it is
// wrong.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readConfig } from '../../relay/config.ts';

const SHARED = 'auth: open\ncountry: RU\n';
const MOSCOW = `
  - name: moscow
    ami: { host: 10.0.0.1, username: ringcue, secretFile: /run/moscow }
    prefix: 8
`;
const KAZAN = `
  - name: kazan
    ami: { host: 10.0.0.2, port: 5039, username: ringcue, secret: hunter2, events: no, pollEveryMs: 250 }
    extensions: '(\\d{3})[a-z]?'
    phones:
      sales-desk: 150
      SIP/9101: 101
      7001: trunk
      7002:
    prefix: 09
`;
const SECRETS: Record<string, string> = { '/run/moscow': 'hunter3\n' };

const read = (yaml: string, environment: Record<string, string> = {}) =>
  readConfig({ RINGCUE_CONFIG: '/c', ...environment }, (path) => {
    const text = path === '/c' ? yaml : SECRETS[path];
    if (text === undefined) throw new Error(`ENOENT: '${path}'`);
    return text;
  });
function problemsOf(yaml: string, environment: Record<string, string> = {}): string[] {
  const result = read(yaml, environment);
  assert.ok('problems' in result, 'there should be problems');
  return result.problems;
}

const NO_AMI_TLS = { amiTls: false, amiTlsCa: null, amiTlsName: null, amiTlsMinVersion: '1.2' } as const;

test('several PBXs have an account, phones and a prefix each', () => {
  const result = read(`${SHARED}pbxs:${MOSCOW}${KAZAN}`);
  assert.ok('config' in result, JSON.stringify(result));
  const shared = {
    amiPort: 5038,
    ...NO_AMI_TLS,
    amiEvents: true,
    amiUserEvents: false,
    pollEveryMs: 1000,
    amiUsername: 'ringcue',
  };
  assert.deepEqual(result.config.pbxs, [
    {
      ...shared,
      name: 'moscow',
      amiHost: '10.0.0.1',
      amiSecret: 'hunter3',
      extensions: /^(?:\d{2,6})$/,
      phones: new Map(),
      prefix: '8',
      rewrite: [],
    },
    {
      name: 'kazan',
      amiHost: '10.0.0.2',
      amiPort: 5039,
      ...NO_AMI_TLS,
      amiUsername: 'ringcue',
      amiSecret: 'hunter2',
      amiEvents: false,
      amiUserEvents: false,
      pollEveryMs: 250,
      extensions: /^(?:(\d{3})[a-z]?)$/,
      phones: new Map([
        ['7001', 'trunk'],
        ['7002', 'trunk'],
        ['sales-desk', '150'],
        ['SIP/9101', '101'],
      ]),
      prefix: '09',
      rewrite: [],
    },
  ]);
});

test('the table of phones is the same in the file and in the environment', () => {
  const account = 'ami: { host: pbx, username: u, secret: s }\n';
  const told = [
    read(`${SHARED}${account}phones: { sales-desk: 150, pjsip/9101: 101, 7001: trunk }\n`),
    read(`${SHARED}${account}`, { RINGCUE_PHONES: 'sales-desk=150, pjsip/9101=101, 7001=trunk' }),
  ];
  for (const result of told) {
    assert.ok('config' in result, JSON.stringify(result));
    const rows = [...(result.config.pbxs[0]?.phones ?? [])].sort();
    assert.deepEqual(rows, [
      ['7001', 'trunk'],
      ['PJSIP/9101', '101'],
      ['sales-desk', '150'],
    ]);
  }
});

test('all faults of all PBXs are told at once, each with its place', () => {
  const problems = problemsOf(
    `${SHARED}pbxs:
  - name: Москва
    ami: { host: 10.0.0.1, secretFile: /run/gone, secert: hunter2 }
    prefix: '*8'
  -
    ami: { host: 10.0.0.2, username: u, secret: s }
    extensions: '('
    phones: { sales-desk: 1 50, 7001: [1] }
  - moscow
`,
    { RINGCUE_LISTEN: 'here' },
  );
  assert.deepEqual(problems, [
    '/c: pbxs[0].ami.secert is not a setting; did you mean ami.secret?',
    "/c: pbxs[0].ami.secretFile: ENOENT: '/run/gone'",
    '/c: pbxs[0].ami.username is missing: the name of the AMI account, from manager.conf',
    '/c: pbxs[0].prefix must be 1 to 8 digits or letters, for example 8',
    '/c: pbxs[0].name must be 1 to 16 small letters, digits or dashes, for example moscow',
    '/c: pbxs[1].extensions is not a regular expression: Invalid regular expression: /^(?:()$/: Unterminated group',
    '/c: pbxs[1].phones.7001 must be an extension, for example 150, or trunk for what is no phone',
    '/c: pbxs[1].phones.sales-desk must be an extension, for example 150, or trunk for what is no phone',
    '/c: pbxs[1].name is missing: a short name for the log, for example moscow',
    '/c: pbxs[2]: the PBX must hold settings, one a line',
    'RINGCUE_LISTEN must be host:port, for example 127.0.0.1:8088 or [::1]:8088',
  ]);
});

test('two PBXs neither share a name nor are one and the same', () => {
  assert.deepEqual(problemsOf(`${SHARED}pbxs:${MOSCOW}${MOSCOW}`), [
    '/c: pbxs[1].name is the same as that of pbxs[0]',
    '/c: pbxs[1].ami.host is the same as that of pbxs[0]',
  ]);
});

test('what belongs to one of several PBXs cannot stand beside the list', () => {
  assert.deepEqual(
    problemsOf(`${SHARED}extensions: 1..\npbxs:${MOSCOW}`, { RINGCUE_AMI_PORT: '5038' }),
    ['/c: extensions', 'RINGCUE_AMI_PORT'].map(
      (place) => `${place} cannot stand beside a list of several: write it in /c: pbxs, for each PBX`,
    ),
  );
});

for (const list of ['pbxs: []', 'pbxs: moscow', 'pbxs: { moscow: {} }'])
  test(`a list that is none (${list}) is told`, () =>
    assert.deepEqual(problemsOf(`${SHARED}${list}\n`), [
      '/c: pbxs must be a list, each PBX beginning with "- name: …"',
    ]));

test('what the README and its neighbour give to paste is taken as it is', () => {
  const pasted = ['README.md', 'relay/TEMPLATES.md'].flatMap((document) => {
    const text = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
    return [...text.matchAll(/```yaml\n([^]*?)```/g)].map((match) => match[1] ?? '');
  });
  assert.equal(
    pasted.length,
    6,
    'the settings, the phones, several PBXs, databases; templates, rewriting rules',
  );
  for (const text of pasted) {
    const rest = /^(ami|pbxs):/m.test(text) ? '' : `${SHARED}ami: { host: pbx, username: u, secret: s }\n`;
    const result = readConfig({ RINGCUE_CONFIG: '/c' }, (path) => (path === '/c' ? rest + text : 'secret'));
    assert.ok('config' in result, JSON.stringify(result));
  }
});
