// The funnel: whatever a source says, a client is clean and small, or is told to be none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkClient } from '../../relay/directory/checked-client.ts';
import { faultOf, SourceFault } from '../../relay/directory/fault.ts';
import { parseJsonPath, valuesAt } from '../../relay/directory/json-path.ts';
import { withNumber } from '../../relay/directory/live.ts';
import { queryFor } from '../../relay/directory/query.ts';
import type { Client } from '../../relay/directory/source.ts';
import { numberReader } from '../../relay/directory/written-number.ts';

const rules = { fields: ['debt', 'Company'], describe: numberReader('RU') };
const check = (raw: unknown) => checkClient(raw, rules);
function checked(raw: unknown): Client {
  const client = check(raw);
  assert.ok(typeof client !== 'string', JSON.stringify(client));
  return client;
}

test('a client is taken with what may be sent, in the order of the list', () => {
  const raw = {
    ID: 7n,
    Name: ' Иван\tПетров ',
    numbers: '8 (916) 123-45-67 доб. 3, 101; не звонить',
    company: 'Ромашка',
    debt: 1500.5,
    salary: 'secret',
    vip: 't',
    blocked: 0,
    manager: 101,
  };
  assert.deepEqual(checked(raw), {
    id: '7',
    name: 'Иван Петров',
    numbers: ['+79161234567', '101'],
    url: null,
    image: null,
    fields: { debt: '1500.5', Company: 'Ромашка' },
    manager: '101',
    isVip: true,
  });
  assert.deepEqual(Object.keys(checked(raw).fields), ['debt', 'Company']);
});

for (const [what, raw, problem] of [
  ['a text', 'Иван', 'no table'],
  ['nothing', null, 'no table'],
  ['a list', [1, 'Иван'], 'no table'],
  ['no id', { name: 'Иван' }, 'no id'],
  ['an empty id', { id: ' ', name: 'Иван' }, 'no id'],
  ['an object as id', { id: { a: 1 }, name: 'Иван' }, 'no id'],
  ['an id of 300 characters', { id: 'x'.repeat(300), name: 'Иван' }, 'more than 200'],
  ['no name', { id: 1, name: null }, 'no name'],
  ['bytes as a name', { id: 1, name: Buffer.from('Иван') }, 'no name'],
  ['control characters alone', { id: 1, name: '\u0000\u202e' }, 'no name'],
] as const)
  test(`a client who is ${what} is refused, and nothing of him is told`, () => {
    const told = check(raw);
    assert.ok(typeof told === 'string' && told.includes(problem), JSON.stringify(told));
    assert.doesNotMatch(told, /Иван|xxx/);
  });

test('a name of 10 MB, HTML, control and turning characters become a short line', () => {
  const hostile = `<img src=x onerror=alert(1)>\u0000\u202e\r\n${'я'.repeat(10_000_000)}`;
  const startedAt = performance.now();
  const { name, fields } = checked({ id: 1, name: hostile, company: hostile });
  assert.ok(performance.now() - startedAt < 100);
  for (const text of [name, fields['Company'] ?? '']) {
    assert.equal(text.length, 200);
    assert.match(text, /^<img src=x onerror=alert\(1\)> яяя/);
  }
});

test('addresses and pictures that are none are left out, and the client stays', () => {
  for (const evil of [
    'javascript:alert(1)',
    'file:///etc/passwd',
    ' data:text/html,x',
    'https://',
    `https://a/${'x'.repeat(3000)}`,
    {},
    5,
  ])
    assert.deepEqual(
      [
        checked({ id: 1, name: 'a', url: evil, image: evil }).url,
        checked({ id: 1, name: 'a', image: evil }).image,
      ],
      [null, null],
    );
  const good = checked({
    id: 1,
    name: 'a',
    url: 'https://crm.example/1',
    image: 'data:image/png;base64,AA==',
  });
  assert.deepEqual([good.url, good.image], ['https://crm.example/1', 'data:image/png;base64,AA==']);
});

test('a source that tells a thousand columns and numbers is not believed to the end', () => {
  const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`c${n}`, 'x'] as const));
  const numbers = Array.from({ length: 1_000 }, (_, n) => String(1_000 + n));
  const client = checked({ id: 1, name: 'a', numbers, ...wide });
  assert.equal(client.numbers?.length, 32);
  assert.deepEqual(client.fields, {});
});

test('columns that are called like what every object has are columns', () => {
  const raw = JSON.parse('{"id":1,"name":"a","__proto__":{"debt":"x"},"constructor":"y"}') as unknown;
  assert.deepEqual(checked(raw).fields, {});
});

test('of what a search has found only those with the number count, and never a guess', () => {
  const client = (id: string, ...numbers: string[]): Client => ({
    id,
    name: id,
    numbers,
    url: null,
    image: null,
    fields: {},
  });
  const ids = (clients: Client[], number: string) =>
    withNumber(clients, queryFor(number)).map(({ id }) => id);
  assert.deepEqual(ids([client('a', '+79161234567'), client('b', '+79161234568')], '+79161234567'), ['a']);
  assert.deepEqual(ids([client('a', '09161234567')], '+79161234567'), ['a'], 'by its national digits');
  assert.deepEqual(ids([client('a', '09161234567'), client('b', '19161234567')], '+79161234567'), [], 'two');
  assert.deepEqual(
    ids([client('a'), client('b')], '+79161234567'),
    ['a', 'b'],
    'who tells no numbers is believed',
  );
  assert.deepEqual(ids([client('a', '+79161234568')], '+79161234567'), []);
});

test('an error of a driver becomes a sentence without anybody’s number', () => {
  const error = faultOf(new Error('invalid input for "+7 (916) 123-45-67", 89161234567\n at x'));
  assert.equal(error.message, 'invalid input for "+7 (…", 891… at x');
  assert.equal(
    faultOf(new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }))
      .code,
    'directory.unreachable',
  );
  const own = new SourceFault('directory.busy', 'x'.repeat(1_000));
  assert.equal(faultOf(own), own);
  assert.equal(own.message.length, 401);
});

for (const [path, found] of [
  ['', [{ a: { b: [1, 2, { k: 'P', v: 3 }, { k: 'Q', v: 4 }] }, n: null }]],
  ['a.b[0]', [1]],
  ['a.b[]', [1, 2, { k: 'P', v: 3 }, { k: 'Q', v: 4 }]],
  ['a.b[k=P].v', [3]],
  ['a.b[].v', [3, 4]],
  ['n', []],
  ['a.x.y', []],
  ['a[0]', []],
  ['constructor', []],
] as const)
  test(`the place "${path}" in JSON holds ${JSON.stringify(found)}`, () => {
    const json = { a: { b: [1, 2, { k: 'P', v: 3 }, { k: 'Q', v: 4 }] }, n: null };
    assert.deepEqual(valuesAt(json, parseJsonPath(path) ?? []), found);
  });

test('what is no place in JSON is told so', () => {
  for (const text of ['a..b', 'a[', 'a]', 'a[b', '.', 'a[-1]']) assert.equal(parseJsonPath(text), null, text);
});
