// What a click opens: no client's data and no caller's text may lead it elsewhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADDRESS_NAMES, addressProblem, finishAddress } from '../../relay/address.ts';
import { foundFor } from '../../relay/directory/card.ts';
import type { Client } from '../../relay/directory/source.ts';

const client = (over: Partial<Client> = {}): Client => ({
  id: '7',
  name: 'Иван',
  numbers: ['+79161234567'],
  url: null,
  image: null,
  fields: {},
  ...over,
});
const CARD = 'https://crm.example/clients/{id}?n={number}&q={name}#{id}';
const SEARCH = 'https://crm.example/search?q={number}';

test('a known client’s card is opened, an unknown number is searched for', () => {
  const templates = { client: CARD, unknown: SEARCH };
  assert.deepEqual(foundFor('+79161234567', [client()], templates), {
    client: { id: '7', name: 'Иван', image: null, others: 0, fields: [] },
    url: 'https://crm.example/clients/7?n=%2B79161234567&q=%D0%98%D0%B2%D0%B0%D0%BD#7',
  });
  assert.deepEqual(foundFor('+79161234567', [], templates), {
    client: null,
    url: 'https://crm.example/search?q=%2B79161234567',
  });
});

test('the list’s own address goes before the template', () => {
  const templates = { client: CARD, unknown: SEARCH };
  assert.equal(
    foundFor('1', [client({ url: 'https://other.example/7' })], templates).url,
    'https://other.example/7',
  );
});

test('without templates there is nothing to open', () => {
  const templates = { client: null, unknown: null };
  assert.deepEqual(
    [foundFor('1', [client()], templates).url, foundFor('1', [], templates).url],
    [null, null],
  );
});

test('of several clients how many is told, and a search is opened rather than a guess', () => {
  const clients = [client(), client({ id: '8' }), client({ id: '9' })];
  const found = foundFor('1', clients, { client: CARD, unknown: SEARCH });
  assert.deepEqual([found.client?.others, found.url], [2, 'https://crm.example/search?q=1']);
});

const EVIL = [
  '//evil.example/',
  '@evil.example',
  '.evil.example',
  ':666',
  '\\\\evil.example',
  '?x#y&z=1',
  '../../admin',
  '%2e%2e%2f',
  '\r\nLocation: x',
  '<script>',
  '"\'`',
  '\ud83d',
  '{number}',
  '$&',
  'иван',
];

test('no value changes where an address leads to', () => {
  for (const value of EVIL) {
    const found = foundFor(value, [client({ id: value, name: value })], {
      client: 'https://crm.example/clients/{id}/{name}?n={number}',
      unknown: null,
    });
    const url = new URL(found.url ?? assert.fail(value));
    assert.equal(url.origin, 'https://crm.example');
    assert.match(url.pathname, /^\/clients\/[^/]+\/[^/]+$/, value);
    assert.deepEqual([...url.searchParams.keys()], ['n'], value);
    assert.equal(url.searchParams.get('n'), value.toWellFormed());
    assert.equal(url.hash, '');
  }
});

test('a value of dots opens nothing, as it would go up a folder', () => {
  for (const value of ['.', '..'])
    assert.equal(
      foundFor('1', [client({ id: value })], { client: 'https://crm.example/a/{id}/b', unknown: null }).url,
      null,
    );
});

test('an address longer than the wire carries is left out, not the call', () => {
  const long = client({ id: '号'.repeat(200), name: '名'.repeat(200) });
  assert.equal(foundFor('1', [long], { client: CARD, unknown: null }).url, null);
  assert.equal(foundFor('1', [long], { client: CARD, unknown: null }).client?.name, long.name);
});

for (const [template, problem] of [
  ['https://crm.example/{id}', null],
  ['http://10.0.0.5:8080/#/clients/{id}', null],
  ['https://crm.example?{number}', null],
  ['https://[::1]/{id}', null],
  ['https://{id}.example/', 'must begin'],
  ['https://crm.example:{id}/', 'must begin'],
  ['https://crm.example:80{id}/', 'must begin'],
  ['https://crm.example{id}', 'must begin'],
  ['https://user:x@crm.example/{id}', 'must begin'],
  ['https://crm.example\\@{id}', 'must begin'],
  ['https:///{id}', 'must begin'],
  ['//crm.example/{id}', 'must begin'],
  ['javascript:alert({id})', 'must begin'],
  ['', 'must begin'],
  ['https://crm.example/{nummer}', 'unknown placeholder {nummer}'],
  ['https://crm.example/{}', 'unknown placeholder {}'],
  ['https://crm.example/{__proto__}', 'unknown placeholder'],
  ['https://crm.example/{id', 'does not close'],
  ['https://crm.example/id}', 'stray brace'],
  ['https://crm.example/{ id }', 'unknown placeholder'],
] as const)
  test(`the template "${template}" is ${problem === null ? 'taken' : `refused: ${problem}`}`, () => {
    const told = addressProblem(template, { values: ['id', 'number'], hasFields: false });
    if (problem === null) assert.equal(told, null);
    else assert.ok(told?.includes(problem), String(told));
  });
