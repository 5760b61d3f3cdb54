// The templates that IT writes: what they say, how they are filled, and what is told where one is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillTemplate, namesIn, parseTemplate, TemplateError } from '../../shared/template.ts';

const NAMES = { values: ['name', 'queue', 'number'], conditions: ['missed'], hasFields: true };
const VALUES: Record<string, string> = { name: 'Анна', number: '+7', 'field.Open order': '17' };
const fill = (template: string, values: Record<string, string | undefined> = VALUES): string =>
  fillTemplate(parseTemplate(template, NAMES), (name) => (name in values ? values[name] : ''));

for (const [template, filled] of [
  ['', ''],
  ['plain text, with: colons and ? marks!', 'plain text, with: colons and ? marks!'],
  ['{name}', 'Анна'],
  ['{queue}', ''],
  ['{name}{number}', 'Анна+7'],
  ['order {field.Open order}.', 'order 17.'],
  ['{field.Debt}', ''],
  ['{?queue: in {queue}}', ''],
  ['{!queue:direct}', 'direct'],
  ['{?name:{name}, {?queue:in {queue}}{!queue:direct}}', 'Анна, direct'],
  ['a{?name: b }c', 'a b c'],
  ['{?missed:missed}{!missed:not missed}', 'not missed'],
  ['{?name:}', ''],
  ['{?field.Open order:yes}', 'yes'],
  ['two\nlines', 'two\nlines'],
] as const)
  test(`${JSON.stringify(template)} reads ${JSON.stringify(filled)}`, () =>
    assert.equal(fill(template), filled));

test('a value is never read as a template', () => {
  for (const value of [
    '{number}',
    '}{',
    '{?name:x}',
    '$&',
    '$1',
    '\\',
    '{{',
    '}}',
    '\u202e',
    'a\nb',
    'x'.repeat(10_000),
  ])
    assert.equal(fill('<{name}>', { name: value, number: 'secret' }), `<${value}>`);
});

test('what is not known yet stays for a second filling, with all that is known within it', () => {
  const once = fill('/{name}{?queue:?q={queue}&n={number}}{!missed:#{name}}', {
    ...VALUES,
    queue: undefined,
    missed: undefined,
  });
  assert.equal(once, '/Анна{?queue:?q={queue}&n=+7}{!missed:#Анна}');
  assert.equal(fill(once, { queue: 'sales', missed: 'yes' }), '/Анна?q=sales&n=+7');
  assert.equal(fill(once, {}), '/Анна#Анна');
});

test('the names that a template fills in are known, within conditions too', () =>
  assert.deepEqual(namesIn(parseTemplate('{name}{?queue:{number}}')), ['name', 'number']));

for (const [template, problem] of [
  ['{', 'at character 1: a brace does not close'],
  ['text {name', 'at character 6: a brace does not close'],
  ['text }', 'at character 6: a stray brace'],
  ['{name}}', 'at character 7: a stray brace'],
  ['{?queue:{name}', 'at character 1: a brace does not close'],
  [
    '{}',
    'at character 1: has the unknown placeholder {}; known: {name}, {queue}, {number}, {field.…}, {?missed: …}',
  ],
  ['{nam}', 'at character 1: has the unknown placeholder {nam}'],
  ['{ name }', 'unknown placeholder { name }'],
  ['{__proto__}', 'unknown placeholder'],
  ['{field.}', 'unknown placeholder'],
  ['{missed}', 'at character 1: {missed} can only be asked: {?missed: …}'],
  ['{?queue}', 'at character 1: {?queue} lacks its text: {?queue: …}'],
  ['{queue: in {queue}}', 'at character 1: {queue:…} lacks its mark: {?queue: …}'],
  ['{{name}}', 'at character 1: a brace does not close'],
  [`${'{?name:'.repeat(6)}x${'}'.repeat(6)}`, 'more than 4 deep'],
] as const)
  test(`${JSON.stringify(template)} is refused: ${problem}`, () =>
    assert.throws(
      () => parseTemplate(template, NAMES),
      (error: Error) => {
        assert.ok(error instanceof TemplateError);
        assert.ok(error.message.includes(problem), error.message);
        return true;
      },
    ));
