// What IT may write about numbers, notifications, cards and schemes, and what it is told where that is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../relay/config.ts';
import { describeNumber } from '../../relay/numbers.ts';

const GOOD = {
  RINGCUE_AMI_HOST: 'pbx.example',
  RINGCUE_AMI_USERNAME: 'ringcue',
  RINGCUE_AMI_SECRET: 'hunter2',
  RINGCUE_AUTH: 'open',
  RINGCUE_COUNTRY: 'RU',
};

const read = (yaml: string, environment: Record<string, string> = {}) =>
  readConfig({ ...GOOD, RINGCUE_CONFIG: '/c', ...environment }, () => yaml);
function configOf(yaml: string, environment: Record<string, string> = {}) {
  const result = read(yaml, environment);
  assert.ok('config' in result, JSON.stringify(result));
  return result.config;
}
function problemsOf(yaml: string, environment: Record<string, string> = {}): string[] {
  const result = read(yaml, environment);
  assert.ok('problems' in result, 'there should be problems');
  return result.problems;
}

test('a notification is worded in each language, or once for all', () => {
  const yaml = "notification:\n  title: '{name}'\n  text: { en: 'calls {queue}', ru: 'звонит в {queue}' }\n";
  const { notificationTitle, notificationText } = configOf(yaml);
  assert.deepEqual(notificationTitle, { en: '{name}', ru: '{name}' });
  assert.deepEqual(notificationText, { en: 'calls {queue}', ru: 'звонит в {queue}' });
  assert.deepEqual(configOf('', { RINGCUE_NOTIFICATION_TEXT: '{number}' }).notificationText?.ru, '{number}');
});

for (const [yaml, problem] of [
  [
    "notification:\n  title: '{nam}'\n",
    '/c: notification.title at character 1: has the unknown placeholder {nam}; known: {name}, {client}, {caller}, {number}, {id}, {state}, {dialed}, {queue}, {transferredBy}, {several}, {vip}, {yours}, {fields}, {field.…}, {?ringing: …}, {?connected: …}, {?missed: …}, {?busy: …}, {?internal: …}',
  ],
  [
    "notification:\n  text: { en: x, ru: 'очередь {queue' }\n",
    '/c: notification.text.ru at character 9: a brace does not close',
  ],
  [
    'notification:\n  text: { en: x }\n',
    '/c: notification.text must be one text for everybody, or one for each language: en, ru',
  ],
  ['notification:\n  text: [x]\n', '/c: notification.text must be one text for everybody'],
  ["notification:\n  text: ' '\n", '/c: notification.text is empty: leave it out for the usual words'],
  [`notification:\n  text: ${'x'.repeat(501)}\n`, '/c: notification.text has more than 500 characters'],
  [
    'directory:\n  schemes: [javascript]\n',
    '/c: directory.schemes.0 "javascript" is a scheme that no click may open',
  ],
  [
    'directory:\n  schemes: callto, moz-extension\n',
    '/c: directory.schemes.1 "moz-extension" is a scheme that no click may open',
  ],
  [
    'directory:\n  schemes: [1c]\n',
    '"1c" must be the scheme of an address in small letters, beginning with one',
  ],
  [
    'directory:\n  cardUrl: e1c://crm/{id}\n',
    '/c: directory.cardUrl must begin with http:// or https:// and a host without placeholders',
  ],
  [
    'directory:\n  schemes: callto\n  cardUrl: e1c://crm/{id}\n',
    '/c: directory.cardUrl must begin with http:// or https:// or callto: and a host without placeholders',
  ],
  ['directory:\n  schemes: e1c\n  cardUrl: e1c://{id}/\n', '/c: directory.cardUrl must begin with'],
  [
    'directory:\n  cardUrl: https://crm.example/{nr}\n',
    '/c: directory.cardUrl at character 21: has the unknown placeholder {nr}; known: {id}, {name}, {number}, {extension}, {direction}, {dialed}, {queue}, {field.…}',
  ],
  [
    'directory:\n  unknownUrl: https://crm.example/{id}\n',
    '/c: directory.unknownUrl at character 21: has the unknown placeholder {id}',
  ],
  [
    'directory:\n  imageUrl: https://crm.example/{queue}\n',
    '/c: directory.imageUrl at character 21: has the unknown placeholder {queue}',
  ],
  [
    'directory:\n  schemes: e1c\n  imageUrl: e1c://crm/{id}\n',
    '/c: directory.imageUrl must begin with http:// or https:// and a host',
  ],
  [
    'numbers:\n  rewrite: 9\n',
    '/c: numbers.rewrite must be a list of rules, each beginning with "- match: …"',
  ],
  ['numbers:\n  rewrite: [x]\n', '/c: numbers.rewrite.0 must be a rule, for example { match:'],
  [
    'numbers:\n  rewrite: [{ match: x }]\n',
    '/c: numbers.rewrite.0.replace is missing: what to write in its place',
  ],
  [
    "numbers:\n  rewrite: [{ match: '(', replace: x }]\n",
    '/c: numbers.rewrite.0.match is not a regular expression',
  ],
  [
    "numbers:\n  rewrite: [{ match: '(\\d+)+', replace: x }]\n",
    '/c: numbers.rewrite.0.match takes too long on some texts',
  ],
] as const)
  test(`${JSON.stringify(yaml.slice(0, 70))} is told: ${problem.slice(0, 60)}`, () => {
    const problems = problemsOf(yaml);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.ok(problems[0]?.includes(problem), problems[0]);
  });

test('cards may lead to a program whose scheme is listed', () => {
  const { schemes, cardUrl } = configOf(
    "directory:\n  schemes: [e1c, 'callto:']\n  cardUrl: e1c://server/crm#e1cib/data/{id}\n  unknownUrl: callto:{number}\n",
  );
  assert.deepEqual(schemes, ['e1c', 'callto']);
  assert.equal(cardUrl, 'e1c://server/crm#e1cib/data/{id}');
});

test('rewriting rules are applied in their order, to all of a number without its punctuation', () => {
  const [pbx] = configOf(`
numbers:
  rewrite:
    - { match: '9(8\\d{10})', replace: '$1' } # the prefix of the trunk
    - { match: '\\d{6}', replace: '+7395$0$&' } # the town's own numbers
    - { match: '\\+7395\\$0(\\d{6})', replace: '+73952$1' }
    - { match: '777', replace: anonymous }
`).pbxs;
  const number = (raw: string): string | null => describeNumber(raw, 'RU', pbx?.rewrite).number;
  assert.equal(number('9 8 (916) 123-45-67'), '+79161234567');
  assert.equal(number('20-12-34'), '+73952201234');
  assert.equal(number('777'), null);
  assert.equal(number('7771'), '7771', 'a part of a number is left alone');
  assert.equal(number('+7 916 123-45-67'), '+79161234567');
  assert.equal(describeNumber('9 8 (916) 123-45-67', 'RU').number, '+989161234567', 'else it is in Iran');
});

test('each PBX has rules of its own', () => {
  const { RINGCUE_AMI_HOST, RINGCUE_AMI_USERNAME, RINGCUE_AMI_SECRET, ...rest } = GOOD;
  assert.ok(RINGCUE_AMI_HOST && RINGCUE_AMI_USERNAME && RINGCUE_AMI_SECRET);
  const yaml = `
pbxs:
  - { name: a, ami: { host: 1.1.1.1, username: x, secret: y }, numbers: { rewrite: [{ match: '9(.+)', replace: $1 }] } }
  - { name: b, ami: { host: 1.1.1.2, username: x, secret: y } }
`;
  const result = readConfig({ ...rest, RINGCUE_CONFIG: '/c' }, () => yaml);
  assert.ok('config' in result, JSON.stringify(result));
  assert.deepEqual(
    result.config.pbxs.map(({ rewrite }) => describeNumber('989161234567', 'RU', rewrite).number),
    ['+79161234567', '+989161234567'],
  );
});
