// CRMs by HTTP: each preset against a reply in the shape that its vendor documents, from a real server on loopback; and what a
// server may do wrong. The replies were written after the documentation named in relay/directory/http-presets.ts.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { askHttp, pullHttp } from '../../relay/directory/http.ts';
import { HTTP_PRESETS, presetAt } from '../../relay/directory/http-presets.ts';
import type { HttpQuestion, PresetName } from '../../relay/directory/http-presets.ts';
import { liveSource } from '../../relay/directory/live.ts';
import { queryFor } from '../../relay/directory/query.ts';
import type { Client } from '../../relay/directory/source.ts';
import { fillBody, fillHeader, fillUrl, urlProblem } from '../../relay/directory/request-template.ts';
import { numberReader } from '../../relay/directory/written-number.ts';

const NUMBER = '+79161234567';
type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: string };
type Answer = (seen: Seen, response: ServerResponse) => void;

async function serve(answer: Answer) {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      answer(one, response);
    });
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const json =
  (value: unknown, status = 200): Answer =>
  (_, response) =>
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));

const rules = { fields: ['company', 'post', 'debt'], describe: numberReader('RU') };
const ask = async (question: HttpQuestion, user: string | null = null, secret: string | null = 's3cret') =>
  liveSource('crm', askHttp({ question, user, secret }), rules).find(
    queryFor(NUMBER),
    AbortSignal.timeout(5_000),
  );
const plain = (url: string, over: Partial<HttpQuestion> = {}): HttpQuestion => ({
  method: 'GET',
  url: `${url}/clients?phone={e164}`,
  headers: {},
  body: null,
  tokenUrl: null,
  lists: [{ at: 'clients[]', id: 'id', name: ['name'], numbers: [], fields: {} }],
  ...over,
});

const PHONE = (value: string) => [{ ID: '1', VALUE_TYPE: 'WORK', VALUE: value, TYPE_ID: 'PHONE' }];
const amo = (value: string) => [
  {
    field_id: 3,
    field_name: 'Телефон',
    field_code: 'PHONE',
    field_type: 'multitext',
    values: [{ value, enum_id: 1, enum_code: 'WORK' }],
  },
];

/** What each answers, the request it must have got, and whom it finds. */
const VENDORS: Record<
  PresetName,
  { reply: unknown; requested: RegExp; authorized?: string; found: Partial<Client>[] }
> = {
  bitrix24: {
    reply: {
      result: {
        result: {
          people: { CONTACT: [22044] },
          firms: { COMPANY: [9] },
          contacts: [
            {
              ID: '22044',
              NAME: 'Виктория',
              SECOND_NAME: null,
              LAST_NAME: 'Иванова',
              POST: 'директор',
              PHONE: PHONE('8 (916) 123-45-67'),
            },
            { ID: '1', NAME: 'Чужой', SECOND_NAME: null, LAST_NAME: null, PHONE: PHONE('+7 495 000-00-00') },
          ],
          companies: [{ ID: '9', TITLE: 'ООО Ромашка', PHONE: PHONE('79161234567') }],
        },
        result_error: [],
        result_total: { contacts: 1 },
        result_next: [],
      },
      time: { start: 1, finish: 2 },
    },
    requested:
      /^POST \/s3cret\/batch\.json .*entity_type=CONTACT&type=PHONE&values\[\]=79161234567.*entity_type=COMPANY/,
    found: [
      {
        id: '22044',
        name: 'Виктория Иванова',
        url: '/crm/contact/details/22044/',
        fields: { post: 'директор' },
      },
      { id: '9', name: 'ООО Ромашка', url: '/crm/company/details/9/' },
    ],
  },
  amocrm: {
    reply: {
      _page: 1,
      _embedded: {
        contacts: [
          {
            id: 3,
            name: 'Иван Иванов',
            responsible_user_id: 3,
            custom_fields_values: amo('+7 (916) 123-45-67'),
            _links: {},
          },
          {
            id: 4,
            name: 'Однофамилец',
            responsible_user_id: 3,
            custom_fields_values: amo('+79161234568'),
            _links: {},
          },
          { id: 5, name: 'Без телефона', custom_fields_values: null },
        ],
      },
    },
    requested: /^GET \/api\/v4\/contacts\?limit=20&query=9161234567 /,
    authorized: 'Bearer s3cret',
    found: [{ id: '3', name: 'Иван Иванов', url: '/contacts/detail/3' }],
  },
  hubspot: {
    reply: {
      total: 1,
      results: [
        {
          id: '100451',
          properties: {
            firstname: 'John',
            lastname: 'Smith',
            phone: null,
            mobilephone: '+7 916 123 45 67',
            company: 'HubSpot',
            jobtitle: 'CTO',
            hs_object_id: '100451',
          },
          createdAt: '2024-01-17T19:55:04.281Z',
          archived: false,
        },
      ],
    },
    requested: /^POST \/crm\/v3\/objects\/contacts\/search .*"operator":"EQ","value":"9161234567"/,
    authorized: 'Bearer s3cret',
    found: [
      {
        id: '100451',
        name: 'John Smith',
        url: '/record/0-1/100451',
        fields: { company: 'HubSpot', post: 'CTO' },
      },
    ],
  },
  suitecrm: {
    reply: {
      meta: { 'total-pages': 1, 'records-on-this-page': 1 },
      data: [
        {
          type: 'Contact',
          id: '691565b7-b3d2-71fb-76a3-5cf79888c4ff',
          attributes: {
            name: 'Иванов Иван',
            full_name: 'Иван Иванов',
            account_name: 'Ромашка',
            title: '',
            phone_mobile: '89161234567',
            phone_work: '',
          },
        },
      ],
    },
    requested: /^GET \/Api\/V8\/module\/Contacts\?.*filter\[phone_mobile\]\[eq\]=%2B79161234567&/,
    authorized: 'Bearer t0ken',
    found: [
      {
        id: '691565b7-b3d2-71fb-76a3-5cf79888c4ff',
        name: 'Иван Иванов',
        url: '/index.php?module=Contacts&action=DetailView&record=691565b7-b3d2-71fb-76a3-5cf79888c4ff',
        fields: { company: 'Ромашка' },
      },
    ],
  },
  '1c': {
    reply: {
      clients: [
        {
          id: '000017',
          name: 'Петров',
          numbers: ['8-916-123-45-67'],
          debt: 1500,
          manager: '101',
          vip: true,
          url: '',
        },
      ],
    },
    requested: /^GET \/hs\/ringcue\/client\?e164=%2B79161234567&last10=9161234567 /,
    authorized: `Basic ${Buffer.from('ringcue:s3cret').toString('base64')}`,
    found: [{ id: '000017', name: 'Петров', manager: '101', isVip: true, fields: { debt: '1500' } }],
  },
};

for (const [name, { reply, requested, authorized, found }] of Object.entries(VENDORS))
  test(`${name} is asked as its vendor wants it, and its answer is understood`, async () => {
    await using server = await serve((seen, response) =>
      json(
        seen.url === '/Api/access_token'
          ? { access_token: 't0ken', expires_in: 3600, token_type: 'Bearer' }
          : reply,
      )(seen, response),
    );
    const preset = presetAt(name as PresetName, `${server.url}/`);
    const question = { ...preset, url: preset.url.replace('https://api.hubapi.com', server.url) };
    const clients = await ask(question, name === '1c' || name === 'suitecrm' ? 'ringcue' : null);
    const last = server.seen.at(-1);
    assert.match(decodeURI(`${last?.method} ${last?.url} ${last?.body}`).replaceAll('%2B', '%2B'), requested);
    if (authorized !== undefined) assert.equal(last?.headers.authorization, authorized);
    assert.deepEqual(
      clients.map(({ url, ...rest }) => ({
        ...rest,
        numbers: undefined,
        image: undefined,
        url: url?.replace(server.url, ''),
      })),
      found.map((one) => ({ fields: {}, ...one, numbers: undefined, image: undefined, url: one.url })),
    );
  });

test('SuiteCRM, which is PHP, keeps every way to write the number, and is not asked for everybody', () => {
  const names = [...new URL(presetAt('suitecrm', 'https://crm.example').url).searchParams.keys()];
  assert.equal(new Set(names).size, names.length, 'of two with one name the last would be kept');
  assert.equal(names.filter((name) => /^filter\[phone_\w+\]\[eq\]$/i.test(name)).length, 8);
  assert.ok(names.includes('filter[deleted][lt]'));
});

test('every preset has an address that begins where IT says, or at its vendor', () => {
  for (const name of Object.keys(HTTP_PRESETS) as PresetName[])
    assert.equal(urlProblem(presetAt(name, 'https://crm.example').url), null, name);
});

test('a token is asked for once, and again when it is refused', async () => {
  let issued = 0;
  await using server = await serve((seen, response) => {
    if (seen.url === '/token')
      return json({ access_token: `t${++issued}`, expires_in: 3600 })(seen, response);
    if (seen.headers.authorization === 'Bearer t1' && server.seen.length > 4)
      return json({}, 401)(seen, response);
    return json({ clients: [{ id: 1, name: 'Анна' }] })(seen, response);
  });
  const question = plain(server.url, {
    tokenUrl: `${server.url}/token`,
    headers: { Authorization: 'Bearer {token}' },
  });
  const source = liveSource('crm', askHttp({ question, user: 'id', secret: 'x' }), rules);
  const find = async () => source.find(queryFor(NUMBER), AbortSignal.timeout(5_000));
  for (let n = 0; n < 3; n += 1) assert.equal((await find()).length, 1);
  await assert.rejects(find(), { code: 'directory.refused' });
  assert.equal((await find()).length, 1);
  assert.equal(issued, 2);
});

for (const [what, answer, code] of [
  ['answers 401', json({}, 401), 'directory.refused'],
  ['answers 403', json({}, 403), 'directory.refused'],
  ['answers 404', json({}, 404), 'directory.bad-query'],
  ['answers 429', json({}, 429), 'directory.busy'],
  ['answers 503', json({}, 503), 'directory.unreachable'],
  [
    'answers with a page',
    (_: Seen, response: ServerResponse) => response.end('<html>login</html>'),
    'directory.bad-answer',
  ],
  [
    'answers half a JSON',
    (_: Seen, response: ServerResponse) => response.end('{"clients":[{"id":1,'),
    'directory.bad-answer',
  ],
  [
    'closes in mid-answer',
    (_: Seen, response: ServerResponse) => {
      response.writeHead(200, { 'Content-Length': 100 }).write('{"clients":');
      response.destroy();
    },
    'directory.unreachable',
  ],
  [
    'floods',
    (_: Seen, response: ServerResponse) => {
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    },
    'directory.too-large',
  ],
  ['sends a client without a name', json({ clients: [{ id: 1 }] }), 'directory.bad-answer'],
] as const)
  test(`a server that ${what} is told as ${code}`, async () => {
    await using server = await serve(answer);
    await assert.rejects(ask(plain(server.url)), { code });
  });

test('a redirect is not followed, as the secret would go with it', async () => {
  await using thief = await serve(json({ clients: [{ id: 1, name: 'x' }] }));
  await using server = await serve((_, response) =>
    response.writeHead(302, { Location: `${thief.url}/` }).end(),
  );
  await assert.rejects(
    ask(plain(server.url, { headers: { Authorization: 'Bearer {secret}' } })),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'directory.bad-query');
      assert.match(error.message, /leads to another/);
      return true;
    },
  );
  assert.equal(thief.seen.length, 0);
});

test('nothing in an answer that should be somewhere else is a client', async () => {
  for (const reply of [
    null,
    [],
    'x',
    5,
    { clients: {} },
    { clients: 'x' },
    { clients: [null, 5, 'x', []] },
  ]) {
    await using server = await serve(json(reply));
    const found = await ask(plain(server.url)).catch((error: unknown) => (error as { code: string }).code);
    assert.ok(found === 'directory.bad-answer' || found.length === 0, JSON.stringify(reply));
  }
});

test('204 is nobody', async () => {
  await using server = await serve((_, response) => response.writeHead(204).end());
  assert.deepEqual(await ask(plain(server.url)), []);
});

test('a question that is given up ends its connection', async () => {
  let isClosed = false;
  await using server = await serve((_, response) => response.on('close', () => (isClosed = true)));
  const source = liveSource('crm', askHttp({ question: plain(server.url), user: null, secret: null }), rules);
  await assert.rejects(async () => source.find(queryFor(NUMBER), AbortSignal.timeout(100)), {
    code: 'directory.timeout',
  });
  const giveUpAt = performance.now() + 3_000;
  while (!isClosed && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(isClosed);
});

test('a list of many pages is read to its end', async () => {
  await using server = await serve((seen, response) => {
    const page = Number(new URL(seen.url, 'http://x').searchParams.get('page'));
    json({ clients: page <= 3 ? [{ id: page, name: `Клиент ${page}` }] : [] })(seen, response);
  });
  const question = plain(server.url, { url: `${server.url}/all?page={page}` });
  const ids: unknown[] = [];
  for await (const rows of pullHttp({ question, user: null, secret: null })(AbortSignal.timeout(5_000)))
    ids.push(...rows.map((row) => (row as { id: unknown }).id));
  assert.deepEqual(ids, [1, 2, 3]);
});

const EVIL = ['"}{', '&x=1', '#', '/../', '\r\nX-Evil: 1', 'я', '\ud83d', '{secret}', '$&', '%00'];
test('whatever a value is, it stays where it was put', () => {
  for (const value of EVIL) {
    const url = new URL(fillUrl('https://crm.example/a/{e164}/b?q={e164}&z=1', { e164: value }));
    assert.equal(url.origin, 'https://crm.example');
    assert.deepEqual([...url.searchParams.keys()], ['q', 'z'], value);
    assert.doesNotMatch(fillHeader('Bearer {e164}', { e164: value }), /[\r\nя]/);
    const body = JSON.parse(fillBody('{"a":{"b":"{e164}"}}', { e164: value }, false)) as { a: { b: string } };
    assert.deepEqual(body, { a: { b: value.toWellFormed() } });
    assert.deepEqual(
      [...new URLSearchParams(fillBody('a={e164}&b=1', { e164: value }, true)).keys()],
      ['a', 'b'],
    );
  }
});

for (const [template, problem] of [
  ['https://{e164}.example/', /host without placeholders/],
  ['https://user:{secret}@crm.example/', /host without placeholders/],
  ['file:///etc/passwd', /must begin with http/],
  ['https://crm.example/{phone}', /unknown placeholder \{phone\}; known: \{e164\}/],
] as const)
  test(`the address ${template} is refused`, () => assert.match(urlProblem(template) ?? '', problem));
