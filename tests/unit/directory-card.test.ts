// What a click opens: no client's data and no caller's text may lead it elsewhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADDRESS_NAMES, addressProblem, finishAddress } from '../../relay/address.ts';
import { foundFor } from '../../relay/directory/card.ts';
import { viewLine } from '../../relay/calls/view.ts';
import type { Found } from '../../relay/calls/facts.ts';
import type { Switchboard } from '../../relay/calls/switchboard.ts';
import { mayBeOpened } from '../../shared/address.ts';
import { decodeDown, encode, MAX_DOWN_BYTES } from '../../shared/protocol.ts';
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

// Fields, conditions, programs of their own, and what only the call knows.

const RING = { extension: '101', direction: 'inbound', dialed: '+74950000200', queue: null };
const opened = (client: Client, template: string, call = RING): string | null => {
  const { url } = foundFor('+79161234567', [client], { client: template, unknown: null });
  return url === null ? null : finishAddress(url, call);
};

for (const [template, url] of [
  ['https://crm.example/{field.Order no}/{id}', 'https://crm.example/17%2F2/7'],
  [
    'https://crm.example/{id}{?field.Order no:/orders/{field.Order no}}',
    'https://crm.example/7/orders/17%2F2',
  ],
  ['https://crm.example/{id}{!field.Debt:/well}', 'https://crm.example/7/well'],
  ['https://crm.example/{id}?to={dialed}&by={extension}', 'https://crm.example/7?to=%2B74950000200&by=101'],
  ['https://crm.example/{id}{?queue:?q={queue}&id={id}}{!queue:?direct}', 'https://crm.example/7?direct'],
  ['https://crm.example/{direction}/{id}', 'https://crm.example/inbound/7'],
  ['e1c://server/crm#e1cib/data/{id}', 'e1c://server/crm#e1cib/data/7'],
  ['callto:{number}', 'callto:+79161234567'],
] as const)
  test(`the card ${template} is opened as ${url}`, () => {
    assert.equal(addressProblem(template, ADDRESS_NAMES.card, ['e1c', 'callto']), null);
    assert.equal(opened(client({ fields: { 'Order no': '17/2' } }), template), url);
  });

test('a queue that is there is told to the card', () => {
  const template = 'https://crm.example/{id}{?queue:?q={queue}}';
  assert.equal(
    opened(client(), template, { ...RING, queue: 'a&b' } as never),
    'https://crm.example/7?q=a%26b',
  );
});

test('no field and no queue changes where an address leads to, also in a program’s own', () => {
  for (const value of [
    ...EVIL,
    '{queue}',
    '}{',
    '{?queue:x}',
    'javascript:alert(1)',
    '\u202e',
    'x'.repeat(10_000),
  ])
    for (const template of [
      'https://crm.example/{field.a}?q={queue}&x={?queue:{field.a}}',
      'callto:{field.a}',
      'e1c://server/{field.a}#{queue}',
    ]) {
      const url = opened(client({ fields: { a: value } }), template, { ...RING, queue: value } as never);
      if (url === null) continue;
      const origin = template.slice(0, template.indexOf('{'));
      assert.ok(url.startsWith(origin), url);
      assert.doesNotMatch(url.slice(origin.length).replace(/[?&]q=|&x=|#/g, ''), /[/:@\\\s{}<>"]/, url);
    }
});

test('what a list gives as an address is no template', () => {
  const own = client({ url: 'https://crm.example/{queue}/{?queue:x}' });
  assert.equal(opened(own, CARD), 'https://crm.example/%7Bqueue%7D/%7B?queue:x%7D');
});

test('a picture is made of the client alone; the list’s own goes before it', () => {
  const templates = { client: null, unknown: null, image: 'https://crm.example/{id}.jpg' };
  assert.equal(foundFor('1', [client()], templates).client?.image, 'https://crm.example/7.jpg');
  const own = 'data:image/png;base64,AAAA';
  assert.equal(foundFor('1', [client({ image: own })], templates).client?.image, own);
});

test('fields, marks and the managers of a client are told', () => {
  const fields = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`f${n}`, String(n)]));
  const found = foundFor('1', [client({ fields, isVip: true, manager: '101, 102' })], {
    client: null,
    unknown: null,
  });
  assert.equal(found.client?.fields.length, 8);
  assert.deepEqual(found.client?.fields[0], { label: 'f0', value: '0' });
  assert.equal(found.client?.isVip, true);
  assert.equal(found.client?.isBlocked, undefined);
  assert.deepEqual(found.client?.managers, ['101', '102']);
});

test('the largest line that a directory can fill fits into a frame', () => {
  const longest = (length: number): string => '号'.repeat(length);
  const fields = Object.fromEntries(
    Array.from({ length: 8 }, (_, n) => [longest(39) + String(n), longest(200)]),
  );
  const one = client({
    id: longest(66),
    name: longest(200),
    image: `data:image/png;base64,${'A'.repeat(4_074)}`,
    fields,
    url: `https://crm.example/${'x'.repeat(2_000)}`,
  });
  const found = foundFor('1', [one], { client: null, unknown: null });
  const board = { lines: new Map([['101', Array.from({ length: 8 }, () => endedCall(found))]]) };
  const line = viewLine(board as unknown as Switchboard, '101');
  assert.equal(line.filter(({ party }) => party.client?.image !== null).length, 4);
  const text = encode({ type: 'line', extension: '101', epoch: 'e', seq: 1, cause: null, calls: line });
  assert.ok(text.length <= MAX_DOWN_BYTES, `${text.length} characters`);
  assert.ok(decodeDown(text));
});

/** With texts as long as a PBX may make them. */
const endedCall = (found: Found) => ({
  id: 'x'.repeat(96),
  extension: '101',
  direction: 'inbound',
  state: 'ended',
  remote: {
    number: { number: '1'.repeat(64), display: '号'.repeat(64) },
    name: '号'.repeat(80),
    extension: null,
  },
  found,
  dialed: '1'.repeat(64),
  queue: '号'.repeat(80),
  transferredBy: '101',
  ...{ startedAt: 1, answeredAt: 2, endedAt: 3, endReason: 'transferred', answeredBy: '102' },
});

test('of several clients only what is true of all of them is told', () => {
  const templates = { client: CARD, unknown: null };
  const one = client({
    isBlocked: true,
    isVip: true,
    manager: '101,102',
    fields: { a: 'x' },
    image: 'data:x',
  });
  const found = foundFor('1', [one, client({ isVip: true, manager: '102' })], templates).client;
  assert.deepEqual(found, {
    id: '7',
    name: 'Иван',
    image: null,
    others: 1,
    fields: [],
    isVip: true,
    managers: ['102'],
  });
});

test('which addresses a browser may open at all', () => {
  for (const address of ['https://a', 'HTTP://a', 'callto:+7', 'e1c://x', 'web+crm:1', 'tel:1'])
    assert.ok(mayBeOpened(address), address);
  for (const address of [
    ...[
      'javascript:alert(1)',
      'JavaScript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'blob:https://a/b',
    ],
    ...[
      'chrome://settings',
      'chrome-extension://x/',
      'moz-extension://x/',
      'about:config',
      'view-source:https://a',
    ],
    ...[
      'java\nscript:alert(1)',
      ' javascript:alert(1)',
      '\u0001javascript:alert(1)',
      '//a',
      '/a',
      'a',
      '',
      'https:',
    ],
    ...[
      'edge://flags',
      'vbscript:x',
      'filesystem:https://a',
      'resource://x',
      'https://a\nb',
      'safari-web-extension://x',
    ],
  ])
    assert.equal(mayBeOpened(address), false, JSON.stringify(address));
});
