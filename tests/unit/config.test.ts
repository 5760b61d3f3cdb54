// The relay's configuration: what IT may write, and what it is told when it is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, readConfig, SETTINGS } from '../../relay/config.ts';
import type { Config } from '../../relay/config.ts';
import type { PbxConfig } from '../../relay/config-pbx.ts';
import type { Environment } from '../../relay/config-source.ts';

const GOOD: Environment = {
  RINGCUE_AMI_HOST: 'pbx.example',
  RINGCUE_AMI_USERNAME: 'ringcue',
  RINGCUE_AMI_SECRET: 'hunter2',
  RINGCUE_AUTH: 'open',
  RINGCUE_COUNTRY: 'RU',
};

const NO_AMI_TLS = { amiTls: false, amiTlsCa: null, amiTlsName: null, amiTlsMinVersion: '1.2' } as const;
const SIMPLE_DOOR = {
  tlsCertificate: null,
  tlsKey: null,
  plainBeyondLoopback: false,
  trustProxy: [],
  basePath: '',
  origins: ['chrome-extension', 'moz-extension'],
  addOnFolder: null,
  ...{ chromeStore: null, edgeStore: null, firefoxStore: null },
};

/** Files by path; others are not there. */
const files =
  (texts: Record<string, string>) =>
  (path: string): string => {
    const text = texts[path];
    if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
    return text;
  };

function configOf(environment: Environment, texts: Record<string, string> = {}): Config {
  const result = readConfig(environment, files(texts));
  assert.ok('config' in result, JSON.stringify(result));
  return result.config;
}

/** Of the only PBX. */
function pbxOf(environment: Environment, texts: Record<string, string> = {}): PbxConfig {
  const [pbx, ...others] = configOf(environment, texts).pbxs;
  assert.ok(pbx && others.length === 0);
  return pbx;
}

function problemsOf(environment: Environment, texts: Record<string, string> = {}): string[] {
  const result = readConfig(environment, files(texts));
  assert.ok('problems' in result, 'there should be problems');
  return result.problems;
}

const YAML = `
ami:
  host: pbx.example
  port: 5039
  username: ringcue
  secret: hunter2
  events: no
  pollEveryMs: 250
listen: 127.0.0.1:9000
auth: open
country: DE
extensions: '1\\d\\d'
directory:
  clients: /clients.csv
  cardUrl: https://crm.example/clients/{id}
  unknownUrl: https://crm.example/search?q={number}
  fields: [company, debt]
data: /var/lib/ringcue
journalDays: 30
returnedBy: any
maxSessions: 30000
logLevel: debug
`;

/** What of it nobody has set. */
const NO_PAIRING = {
  publicUrl: null,
  pairingPrefix: '*77',
  pairingContexts: null,
  tokenDays: 180,
  watchers: new Map(),
};

test('the environment alone is enough, and the rest has sensible values', () => {
  assert.deepEqual(configOf(GOOD), {
    pbxs: [
      {
        name: 'pbx',
        amiHost: 'pbx.example',
        amiPort: 5038,
        amiUsername: 'ringcue',
        amiSecret: 'hunter2',
        ...NO_AMI_TLS,
        amiEvents: true,
        amiUserEvents: false,
        pollEveryMs: 1000,
        extensions: /^(?:\d{2,6})$/,
        phones: new Map(),
        prefix: '',
        rewrite: [],
      },
    ],
    listen: { host: '127.0.0.1', port: 8088 },
    auth: 'open',
    ...NO_PAIRING,
    openBeyondLoopback: false,
    ...SIMPLE_DOOR,
    country: 'RU',
    clients: null,
    notificationTitle: null,
    notificationText: null,
    imageUrl: null,
    schemes: [],
    cardUrl: null,
    unknownUrl: null,
    directoryFields: [],
    cacheMinutes: 10,
    directory: { sources: [], staff: null },
    data: null,
    journalDays: 90,
    returnedBy: 'own',
    maxSessions: 20_000,
    logLevel: 'info',
  });
});

test('a YAML file alone is enough', () => {
  assert.deepEqual(configOf({ RINGCUE_CONFIG: '/c.yaml' }, { '/c.yaml': YAML }), {
    pbxs: [
      {
        name: 'pbx',
        amiHost: 'pbx.example',
        amiPort: 5039,
        amiUsername: 'ringcue',
        amiSecret: 'hunter2',
        ...NO_AMI_TLS,
        amiEvents: false,
        amiUserEvents: false,
        pollEveryMs: 250,
        extensions: /^(?:1\d\d)$/,
        phones: new Map(),
        prefix: '',
        rewrite: [],
      },
    ],
    listen: { host: '127.0.0.1', port: 9000 },
    auth: 'open',
    ...NO_PAIRING,
    openBeyondLoopback: false,
    ...SIMPLE_DOOR,
    country: 'DE',
    clients: '/clients.csv',
    notificationTitle: null,
    notificationText: null,
    imageUrl: null,
    schemes: [],
    cardUrl: 'https://crm.example/clients/{id}',
    unknownUrl: 'https://crm.example/search?q={number}',
    directoryFields: ['company', 'debt'],
    cacheMinutes: 10,
    directory: { sources: [], staff: null },
    data: '/var/lib/ringcue',
    journalDays: 30,
    returnedBy: 'any',
    maxSessions: 30_000,
    logLevel: 'debug',
  });
});

test('of both the environment wins, one setting at a time, unless it is empty', () => {
  const config = configOf(
    { RINGCUE_CONFIG: '/c.yaml', RINGCUE_COUNTRY: 'US', RINGCUE_AMI_HOST: '' },
    { '/c.yaml': YAML },
  );
  assert.deepEqual(
    [config.country, config.pbxs[0]?.amiHost, config.pbxs[0]?.amiPort],
    ['US', 'pbx.example', 5039],
  );
});

test('the secret may come from a file, whose last line break is not part of it', () => {
  for (const text of ['s3cret', 's3cret\n', 's3cret\r\n']) {
    const environment = { ...GOOD, RINGCUE_AMI_SECRET: undefined, RINGCUE_AMI_SECRET_FILE: '/run/secret' };
    assert.equal(pbxOf(environment, { '/run/secret': text }).amiSecret, 's3cret');
  }
});

test('a file of a secret that cannot be read is told with its name', () => {
  const environment = { ...GOOD, RINGCUE_AMI_SECRET: undefined, RINGCUE_AMI_SECRET_FILE: '/run/secret' };
  const problems = problemsOf(environment);
  assert.match(problems[0] ?? '', /^RINGCUE_AMI_SECRET_FILE: ENOENT.*\/run\/secret/);
  assert.equal(problems.length, 1, 'and not that it is missing, too');
});

test('with nothing configured each missing thing is told, where it goes and what it is', () => {
  assert.deepEqual(problemsOf({}), [
    'RINGCUE_AMI_HOST (or ami.host in the YAML file) is missing: the name or address of the Asterisk server',
    'RINGCUE_AMI_USERNAME (or ami.username in the YAML file) is missing: the name of the AMI account, from manager.conf',
    'RINGCUE_AMI_SECRET (or ami.secret in the YAML file) is missing: the secret of the AMI account, from manager.conf',
    'RINGCUE_COUNTRY (or country in the YAML file) is missing: whose national numbers these are, for example RU',
    'RINGCUE_DATA (or data in the YAML file) is missing: a folder where the relay keeps who is paired with which extension. For a trial without pairing set RINGCUE_AUTH=open',
  ]);
});

test('pairing is what is meant when nothing is said, and needs a folder', () => {
  const { auth, data } = configOf({ ...GOOD, RINGCUE_AUTH: undefined, RINGCUE_DATA: '/data' });
  assert.deepEqual([auth, data], ['pairing', '/data']);
  const problems = problemsOf({ ...GOOD, RINGCUE_AUTH: undefined });
  assert.deepEqual(problems.length, 1, problems.join('\n'));
  assert.match(problems[0] ?? '', /^RINGCUE_DATA .* is missing: a folder .* RINGCUE_AUTH=open$/);
});

test('who may watch whom is told in the environment and in the file alike', () => {
  const watchers = new Map([
    ['100', ['101', '102']],
    ['200', ['201']],
  ]);
  const contexts = ['from-internal', 'office'];
  const inEnvironment = configOf({
    ...GOOD,
    RINGCUE_WATCHERS: '100=101+102, 200=201',
    RINGCUE_PAIRING_CONTEXTS: 'from-internal,office',
  });
  assert.deepEqual([inEnvironment.watchers, inEnvironment.pairingContexts], [watchers, contexts]);
  const inFile = configOf(
    { RINGCUE_CONFIG: '/c.yaml' },
    {
      '/c.yaml': `${YAML}pairing:
  contexts: [from-internal, office]
  watchers: { 100: [101, 102], 200: 201 }
`,
    },
  );
  assert.deepEqual([inFile.watchers, inFile.pairingContexts], [watchers, contexts]);
});

test('all problems are told at once, each with its place, the address of open mode among them', () => {
  const problems = problemsOf(
    {
      RINGCUE_CONFIG: '/c.yaml',
      RINGCUE_AMI_PORT: '70000',
      RINGCUE_LISTEN: '0.0.0.0:8088',
      RINGCUE_AMI_HSOT: 'x',
      RINGCUE_COUNTRY: 'XX',
    },
    {
      '/c.yaml': 'ami:\n  secert: x\n  host: pbx\n  username: u\n  secret: s\n  events: maybe\nauth: open\n',
    },
  );
  const places = [
    /^\/c\.yaml: ami\.secert is not a setting; did you mean ami\.secret\?$/,
    /^RINGCUE_AMI_HSOT is not a setting; did you mean RINGCUE_AMI_HOST\?$/,
    /^RINGCUE_AMI_PORT must be a whole number from 1 to 65535$/,
    /^\/c\.yaml: ami\.events must be yes or no$/,
    /^RINGCUE_COUNTRY must be a country/,
    /^RINGCUE_OPEN_BEYOND_LOOPBACK \(or openBeyondLoopback in the YAML file\) must be yes to listen/,
  ];
  for (const place of places)
    assert.ok(
      problems.some((problem) => place.test(problem)),
      String(place),
    );
  assert.equal(problems.length, places.length, problems.join('\n'));
});

for (const [name, value, problem] of [
  ['RINGCUE_AMI_PORT', 'abc', /whole number/],
  ['RINGCUE_AMI_PORT', '0', /from 1/],
  ['RINGCUE_AMI_PORT', '50.5', /whole number/],
  ['RINGCUE_AMI_PORT', ' ', /whole number/],
  ['RINGCUE_POLL_EVERY_MS', '99', /from 100 to 60000/],
  ['RINGCUE_POLL_EVERY_MS', '1e9', /from 100 to 60000/],
  ['RINGCUE_AMI_EVENTS', 'constructor', /yes or no/],
  ['RINGCUE_LISTEN', '8088', /host:port/],
  ['RINGCUE_LISTEN', ':8088', /host:port/],
  ['RINGCUE_LISTEN', '127.0.0.1:65536', /host:port/],
  ['RINGCUE_LISTEN', '::1:8088', /host:port/],
  ['RINGCUE_AUTH', 'none', /must be pairing or open/],
  ['RINGCUE_PAIRING_PREFIX', '*XX', /digits, \* and #/],
  ['RINGCUE_PAIRING_CONTEXTS', ', ', /must list contexts/],
  ['RINGCUE_TOKEN_DAYS', '0', /from 1 to 3650/],
  ['RINGCUE_WATCHERS', '100', /RINGCUE_WATCHERS\.100 must say .* 100: \[101, 102\]/],
  ['RINGCUE_WATCHERS', '100=101;102', /RINGCUE_WATCHERS\.100 must say/],
  ['RINGCUE_PUBLIC_URL', 'ringcue.example', /https:\/\/ringcue\.example/],
  ['RINGCUE_PUBLIC_URL', 'https://ringcue.example/?a=b', /must be the address that staff enter/],
  ['RINGCUE_COUNTRY', 'ru', /ISO 3166/],
  ['RINGCUE_EXTENSIONS', '(', /not a regular expression/],
  ['RINGCUE_EXTENSIONS', '(a|b)-(\\d+)', /several groups.*\(\?<extension>…\)/],
  ['RINGCUE_EXTENSIONS', '(?:\\d+)+', /takes too long.*repetition/],
  [
    'RINGCUE_PHONES',
    'sales-desk',
    /RINGCUE_PHONES\.sales-desk must be an extension, for example 150, or trunk/,
  ],
  ['RINGCUE_PHONES', 'sales-desk=1 50', /must be an extension/],
  ['RINGCUE_PHONES', '=150', /not the name of an endpoint/],
  ['RINGCUE_PHONES', 'a=1,a=2', /RINGCUE_PHONES\.a stands there twice/],
  ['RINGCUE_PHONES', 'Local/101=101', /technology that has no phones; known: SIP, PJSIP/],
  ['RINGCUE_PREFIX', '8 ', /1 to 8 digits or letters/],
  ['RINGCUE_PREFIX', '123456789', /1 to 8 digits or letters/],
  ['RINGCUE_CARD_URL', 'crm.example/{id}', /http/],
  ['RINGCUE_CARD_URL', 'javascript:alert({id})', /http/],
  ['RINGCUE_CARD_URL', 'https://{id}.example', /host without placeholders/],
  ['RINGCUE_CARD_URL', 'https://crm.example/{nummer}', /\{nummer\}; known: \{id\}, \{name\}, \{number\}/],
  ['RINGCUE_UNKNOWN_URL', 'https://crm.example/{id}', /\{id\}; known: \{number\}/],
  ['RINGCUE_MAX_SESSIONS', '0', /whole number from 1 to 1000000/],
  ['RINGCUE_LOG_LEVEL', 'loud', /must be debug, info, warn, error or silent/],
  ['RINGCUE_AMI_HOST_FILE', '/x', /is not a setting/],
] as const)
  test(`${name}=${value} is told as ${String(problem)}`, () => {
    const problems = problemsOf({ ...GOOD, [name]: value });
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.ok(problems[0]?.startsWith(name));
    assert.match(problems[0] ?? '', problem);
  });

test('a setting without a value in the file is as if it were not there', () => {
  assert.equal(
    pbxOf({ ...GOOD, RINGCUE_CONFIG: '/c' }, { '/c': 'ami:\n  port:\ndirectory:\n' }).amiPort,
    5038,
  );
  assert.equal(pbxOf({ ...GOOD, RINGCUE_CONFIG: '/c' }, { '/c': '' }).amiPort, 5038);
});

test('a number in the file is read as it is written, with its leading zeros', () => {
  const environment = { ...GOOD, RINGCUE_AMI_SECRET: undefined, RINGCUE_CONFIG: '/c' };
  const { amiSecret, amiPort, phones } = pbxOf(environment, {
    '/c': 'ami:\n  secret: 0123\n  port: 5039\nphones:\n  0101: 0150\n  1e3: 102\n',
  });
  assert.deepEqual([amiSecret, amiPort], ['0123', 5039]);
  assert.deepEqual(
    [...phones],
    [
      ['0101', '0150'],
      ['1e3', '102'],
    ],
  );
});

test('a list or a group where one text belongs is told, without what stands in it', () => {
  const environment = { ...GOOD, RINGCUE_AMI_SECRET: undefined, RINGCUE_CONFIG: '/c' };
  for (const text of ['[hunter2]', '{hunter2: x}'])
    assert.deepEqual(problemsOf(environment, { '/c': `ami:\n  secret: ${text}\n` }), [
      '/c: ami.secret must be one text',
    ]);
});

test('a file that is no settings is told', () => {
  assert.deepEqual(problemsOf({ ...GOOD, RINGCUE_CONFIG: '/c' }, { '/c': '- a\n- b\n' }), [
    '/c: the file must hold settings, one a line',
  ]);
  assert.deepEqual(problemsOf({ ...GOOD, RINGCUE_CONFIG: '/c' }, { '/c': 'ami: pbx\n' }), [
    '/c: ami must hold settings, one a line',
  ]);
  assert.match(problemsOf({ ...GOOD, RINGCUE_CONFIG: '/gone' })[0] ?? '', /^\/gone: ENOENT/);
});

test('no problem ever tells a secret, wherever it stands in a file that is wrong', async (t) => {
  const said: string[] = [];
  t.mock.method(process, 'emitWarning', (warning: unknown) => void said.push(String(warning)));
  const texts = [
    'hun: ter2',
    '*hunter2',
    '!hunter2 x',
    '@hunter2',
    '"hunter2',
    '[hunter2',
    '{hunter2',
    '|hunter2',
    '%hunter2',
    '&hunter2',
    'x\n\thunter2',
    'x\n  secret: hunter2',
    '[hunter2, hunter2]',
  ];
  for (const text of texts) {
    const environment = {
      ...GOOD,
      RINGCUE_AMI_SECRET: undefined,
      RINGCUE_CONFIG: '/c',
      RINGCUE_COUNTRY: 'XX',
    };
    said.push(...problemsOf(environment, { '/c': `ami:\n  secret: ${text}\n` }));
  }
  said.push(...problemsOf({ ...GOOD, RINGCUE_AMI_SECRET: 'hunter2', RINGCUE_COUNTRY: 'XX' }));
  const [first = ''] = said;
  assert.match(first, /^\/c: line 2, column \d+ is not YAML .*quotes/);
  await new Promise(setImmediate);
  assert.ok(!said.some((line) => /hun|ter2/.test(line)), said.join('\n'));
});

test('a secret that YAML would take for a tag is told, rather than cut', () => {
  const environment = { ...GOOD, RINGCUE_AMI_SECRET: undefined, RINGCUE_CONFIG: '/c' };
  assert.match(problemsOf(environment, { '/c': 'ami:\n  secret: !hunter2 x\n' })[0] ?? '', /quotes/);
  assert.equal(pbxOf(environment, { '/c': "ami:\n  secret: '!hunter2 x'\n" }).amiSecret, '!hunter2 x');
});

// Open mode.

for (const address of [
  '0.0.0.0:1',
  '[::]:1',
  '192.168.0.5:1',
  'relay.example:1',
  '127.0.0.1.example:1',
  '127.1:1',
])
  test(`open mode does not listen on ${address} unless asked for by name`, () => {
    assert.match(problemsOf({ ...GOOD, RINGCUE_LISTEN: address })[0] ?? '', /^RINGCUE_OPEN_BEYOND_LOOPBACK/);
    const asked = { ...GOOD, RINGCUE_LISTEN: address, RINGCUE_OPEN_BEYOND_LOOPBACK: 'yes' };
    assert.equal(configOf(asked).openBeyondLoopback, true);
  });

test('loopback is what only this machine reaches', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost.example', '1270.0.0.1', ''])
    assert.ok(!isLoopback(host), host);
});

test('every setting has one name in the file and one in the environment', () => {
  const names = Object.values(SETTINGS).flatMap(({ yaml, environment }) => [yaml, environment]);
  assert.equal(new Set(names).size, names.length);
});
