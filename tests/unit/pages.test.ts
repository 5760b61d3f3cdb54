// What the relay's own pages say, and to whom: tables of visitors and of what they see. How the pages look and whether
// everybody can use them: tests/browser/pages.test.ts.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { PagesOptions } from '../../relay/pages/answer.ts';
import { FRONT_WORDS } from '../../relay/pages/front-words.ts';
import { Html, markup } from '../../relay/pages/html.ts';
import { browserOf, INSTALL_WORDS, NO_OFFER } from '../../relay/pages/install.ts';
import type { AddOnOffer } from '../../relay/pages/install.ts';
import { languageOf, lastingOf, momentOf } from '../../relay/pages/language.ts';
import { addressFor, isFromOwnPage } from '../../relay/pages/own-address.ts';
import { SETUP_WORDS } from '../../relay/pages/setup-words.ts';
import type { Visit } from '../../relay/pages/visit.ts';
import { alike } from '../../relay/said.ts';
import { pagesOf } from '../relay/served-pages.ts';

const visit = (over: Partial<Visit> = {}, query = ''): Visit => ({
  method: 'GET',
  path: '/',
  query: new URLSearchParams(query),
  headers: { host: 'relay.example:8088' },
  isTls: false,
  peer: '192.0.2.7',
  form: new URLSearchParams(),
  ...over,
});
const page = (over: Partial<PagesOptions>, asked: Visit = visit()) =>
  pagesOf(over)(asked) ?? assert.fail('there is no such page');
/** As a person reads it. */
const seen = (body: string): string =>
  body
    .replace(/<style>[^]*?<\/style>|<script>[^]*?<\/script>|<[^>]*>/g, '')
    .replace(/\s+/g, ' ')
    .trim();
const AT = Date.parse('2026-11-28T10:00:00Z');

// Escaping.

for (const [what, made, text] of [
  [
    'text',
    markup`<p>${'<b> & "x" \'y\' `z`'}</p>`,
    '<p>&#60;b&#62; &#38; &#34;x&#34; &#39;y&#39; &#96;z&#96;</p>',
  ],
  ['an attribute', markup`<a href="${'"><script>'}">`, '<a href="&#34;&#62;&#60;script&#62;">'],
  ['a list', markup`${['<', markup`<i>`, 7]}`, '&#60;<i>7'],
  ['nothing', markup`a${null}${false}b`, 'ab'],
  ['what is made already', markup`${markup`<b>${'<'}</b>`}`, '<b>&#60;</b>'],
] as const)
  test(`${what} is written so that it stays what it is`, () => {
    assert.ok(made instanceof Html);
    assert.equal(made.text, text);
  });

test('whatever strangers and names hold, it is text on every page', () => {
  const evil = '"><img src=x onerror=alert(1)><script>alert(2)</script>';
  const pbxs = [
    { name: evil, isSeen: false, since: AT, reason: evil },
    { name: 'b', isSeen: true, since: AT, reason: '' },
  ];
  const told = {
    check: evil,
    pbx: evil,
    mark: 'wrong',
    text: alike(evil),
    remedy: { where: alike(evil), lines: [evil] },
  } as const;
  const options: Partial<PagesOptions> = {
    ...{ pbxs: () => pbxs, pairingPrefix: evil, isOpenMode: false, version: evil },
    stores: { chrome: `https://x/${evil}`, edge: null, firefox: null },
    door: { redeem: () => 'refused', opensUntil: () => AT },
    examination: { start: () => undefined, last: () => ({ told: [told], startedAt: AT, state: 'done' }) },
  };
  const headers = {
    host: evil,
    cookie: `ringcue_setup=${evil}`,
    'user-agent': `Chrome/1 ${evil}`,
    'accept-language': evil,
  };
  for (const path of ['/', '/setup/'])
    for (const query of ['', `lang=${encodeURIComponent(evil)}`]) {
      const { body } = page(options, visit({ path, headers }, query));
      assert.doesNotMatch(body, /<img|<script>alert/, path);
      assert.ok(body.includes('&#60;img'), `${path} shows it`);
    }
});

// Languages.

for (const [chosen, accepts, language] of [
  [null, undefined, 'en'],
  [null, 'ru', 'ru'],
  [null, 'ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7', 'ru'],
  [null, 'en-US,en;q=0.9,ru;q=0.8', 'en'],
  [null, 'en;q=0.3, ru;q=0.4', 'ru'],
  [null, 'de-DE,de;q=0.9,ru;q=0.1', 'ru'],
  [null, 'ru;q=0, de', 'en'],
  [null, 'ru;q=x', 'en'],
  [null, `${'de,'.repeat(5_000)}ru`, 'en'],
  ['ru', 'en', 'ru'],
  ['en', 'ru', 'en'],
  ['de', 'ru', 'ru'],
  ['constructor', undefined, 'en'],
] as const)
  test(`who chose ${chosen ?? 'nothing'} and asks for ${accepts?.slice(0, 50) ?? 'nothing'} reads ${language}`, () => {
    assert.equal(languageOf(chosen, accepts), language);
  });

/** Every text in a table of words, with its place. */
const leaves = (words: unknown, place = ''): [string, string][] =>
  typeof words === 'string'
    ? [[place, words]]
    : Object.entries(words as object).flatMap(([key, value]) => leaves(value, `${place}.${key}`));

test('each page says in Russian all that it says in English', () => {
  for (const { en, ru } of [FRONT_WORDS, SETUP_WORDS, INSTALL_WORDS]) {
    const [english, russian] = [leaves(en), leaves(ru)];
    assert.deepEqual(
      english.map(([place]) => place),
      russian.map(([place]) => place),
    );
    for (const [place, text] of russian)
      assert.ok(/[а-я]/i.test(text) || text === 'Ringcue', `${place} is Russian: ${text}`);
    for (const [place, text] of english) assert.doesNotMatch(text, /[а-я]/i, place);
  }
});

test('times are said in words, with the zone, and how long it has been', () => {
  const clock = { now: AT, timeZone: 'Europe/Moscow' };
  assert.equal(momentOf('en', AT, clock), '28 November at 13:00 GMT+3');
  assert.match(momentOf('ru', AT, clock), /^28 ноября в 13:00 GMT\+3$/);
  assert.deepEqual(
    [0, 1_000, 61_000, 7_300_000, 200_000_000].map((ms) => lastingOf('en', ms)),
    ['0 seconds', '1 second', '1 minute', '2 hours', '2 days'],
  );
  assert.deepEqual(
    [1_000, 120_000, 5 * 3_600_000].map((ms) => lastingOf('ru', ms)),
    ['1 секунда', '2 минуты', '5 часов'],
  );
  assert.equal(lastingOf('en', -5_000), '0 seconds', 'a clock that was put back');
});

// The address that staff enter.

for (const [what, headers, over, address] of [
  ['as he came', { host: 'relay.example:8088' }, {}, 'http://relay.example:8088'],
  ['by TLS', { host: 'relay.example' }, { isTls: true }, 'https://relay.example'],
  ['through a proxy with TLS', { host: 'R.example', 'x-forwarded-proto': 'https' }, {}, 'https://r.example'],
  ['through two', { host: 'r.example', 'x-forwarded-proto': 'https, http' }, {}, 'https://r.example'],
  ['below a path', { host: 'r.example' }, { basePath: '/ringcue' }, 'http://r.example/ringcue'],
  ['as IT named it', { host: 'x' }, { publicUrl: 'https://ringcue.example/' }, 'https://ringcue.example'],
  ['by IPv6', { host: '[2001:db8::7]:8088' }, {}, 'http://[2001:db8::7]:8088'],
  ['with no Host', {}, {}, null],
  ['with a Host that is HTML', { host: '"><b>' }, {}, null],
  ['with a user in it', { host: 'good@evil.example' }, {}, null],
  ['with a path in it', { host: 'good/evil' }, {}, null],
  ['with a space', { host: 'a b' }, {}, null],
  ['of endless length', { host: 'a'.repeat(5_000) }, {}, null],
] as const)
  test(`whoever visits ${what} is told to enter ${address ?? 'what his browser shows'}`, () => {
    const {
      isTls = false,
      publicUrl = null,
      basePath = '',
    } = over as {
      isTls?: boolean;
      publicUrl?: string;
      basePath?: string;
    };
    assert.equal(addressFor({ isTls, headers }, { publicUrl, basePath }), address);
    const text = seen(page({ publicUrl, basePath }, visit({ headers, isTls })).body);
    assert.ok(text.includes(address ?? 'Enter the address of this page'), text);
  });

for (const [what, headers, isOwn] of [
  ['a program', { host: 'r' }, true],
  ['our page, over TLS', { host: 'r', origin: 'https://r', 'sec-fetch-site': 'same-origin' }, true],
  [
    'our page behind a proxy that drops the port',
    { host: 'r', origin: 'https://r:8443', 'sec-fetch-site': 'same-origin' },
    true,
  ],
  ['our page without TLS', { host: 'r:8088', origin: 'http://r:8088' }, true],
  ['our page by the address that IT named', { host: 'inside:8088', origin: 'https://ringcue.example' }, true],
  [
    'a page of another site',
    { host: 'r', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    false,
  ],
  ['the same without fetch metadata', { host: 'r', origin: 'https://evil.example' }, false],
  ['a neighbour', { host: 'r.example', origin: 'https://x.example', 'sec-fetch-site': 'same-site' }, false],
  ['another port of the same host', { host: 'r:8088', origin: 'http://r:3000' }, false],
  ['a sandboxed frame', { host: 'r', origin: 'null' }, false],
  ['nobody at all', { host: 'r', origin: '' }, false],
  ['a page where no Host is told', { origin: 'http://r' }, false],
] as const)
  test(`a form that ${what} sends is ${isOwn ? 'ours' : 'not ours'}`, () => {
    assert.equal(isFromOwnPage({ headers }, 'https://ringcue.example/ringcue'), isOwn);
  });

// The way to the add-on.

const AGENTS = {
  chrome:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0',
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
  telephone:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36',
  other:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15',
} as const;
const STORES = {
  chrome: 'https://chrome.example/',
  edge: 'https://edge.example/',
  firefox: 'https://amo.example/',
};
const NO_STORES = { chrome: null, edge: null, firefox: null };
const OFFER: AddOnOffer = {
  chromium: { id: 'a'.repeat(32), updatesPath: '/add-on/updates.xml', crxPath: '/add-on/ringcue.crx' },
  firefox: { xpiPath: '/add-on/ringcue.xpi' },
};
const ASK = /Ask your IT department for it/;
const BY_IT = /takes Ringcue from your IT department only/;
const ELSEWHERE = /works in Chrome, Edge and Firefox on a computer/;

for (const [name, stores, offer, link, text] of [
  ['chrome', STORES, NO_OFFER, 'https://chrome.example/', /Install for Chrome/],
  ['edge', STORES, OFFER, 'https://edge.example/', /Install for Edge/],
  ['edge', { ...STORES, edge: null }, OFFER, 'https://chrome.example/', /Install for Edge/],
  ['firefox', STORES, OFFER, 'https://amo.example/', /Install for Firefox/],
  ['firefox', NO_STORES, OFFER, './add-on/ringcue.xpi', /could not be verified, ask your IT/],
  ['chrome', NO_STORES, OFFER, null, BY_IT],
  ['edge', NO_STORES, OFFER, null, BY_IT],
  ['chrome', NO_STORES, NO_OFFER, null, ASK],
  ['edge', NO_STORES, NO_OFFER, null, ASK],
  ['firefox', NO_STORES, NO_OFFER, null, ASK],
  ['telephone', STORES, OFFER, null, ELSEWHERE],
  ['other', STORES, OFFER, null, ELSEWHERE],
] as const)
  test(`in ${name}, ${link === null ? 'there is no button that could not do it' : `the button leads to ${link}`} (${text.source})`, () => {
    assert.equal(browserOf(AGENTS[name]), name);
    const headers = { 'user-agent': AGENTS[name], host: 'r' };
    const { body } = page({ stores, offer: () => offer }, visit({ headers }));
    assert.equal(/class="button" href="([^"]*)"/.exec(body)?.[1] ?? null, link);
    assert.match(seen(body), text);
  });

// The state.

const sight = (isSeen: boolean, name = 'pbx') => ({
  ...{ name, isSeen, since: AT },
  reason: isSeen ? '' : 'cannot connect to 10.1.2.3:5038',
});
for (const [what, pbxs, words] of [
  [
    'one that is seen',
    [sight(true)],
    /✔ Connected to the phone system since 28 November at 10:00 UTC \(2 hours\)\./,
  ],
  ['one that is not', [sight(false)], /✖ Not connected to the phone system since .*Calls are not shown now/],
  [
    'two, of which one is',
    [sight(true, 'moscow'), sight(false, 'kazan')],
    /✔ moscow: connected since .*✖ kazan: not connected since .*Calls of the phone systems that are not/,
  ],
  [
    'two that are not',
    [sight(false, 'moscow'), sight(false, 'kazan')],
    /✖ moscow.*✖ kazan.*Calls are not shown now/,
  ],
] as const)
  test(`of ${what}, staff are told that in words, and strangers nothing of the network`, () => {
    const { body } = page({ pbxs: () => pbxs });
    assert.match(seen(body), words);
    assert.doesNotMatch(body, /10\.1\.2\.3/);
    assert.match(body, /<time datetime="2026-11-28T10:00:00\.000Z">/);
  });

test('trial mode is warned of, and the third step is the one that fits', () => {
  const trial = seen(page({ isOpenMode: true }).body);
  assert.match(trial, /Trial mode\. Everybody who can open this page can watch the calls of every phone/);
  assert.match(trial, /Press Save: calls to that phone are shown/);
  const paired = seen(page({ isOpenMode: false, pairingPrefix: '*78' }).body);
  assert.doesNotMatch(paired, /Trial/);
  assert.match(paired, /dial it on your phone, for example \*78 482 193,/);
});

test('a language that was chosen goes along to the other pages, and only one of ours does', () => {
  assert.ok(page({}, visit({}, 'lang=ru')).body.includes('href="setup/?lang=ru"'));
  assert.ok(page({}, visit({ headers: { 'accept-language': 'ru' } })).body.includes('href="setup/"'));
  assert.ok(page({}, visit({}, 'lang=xx')).body.includes('href="setup/"'));
  assert.equal(page({}, visit({ path: '/setup' }, 'lang=ru')).headers?.['location'], 'setup/?lang=ru');
});

// The policy.

test('no page may do more than show itself with the one style, and its script where it has one', () => {
  const opened: PagesOptions['door'] = { redeem: () => 'refused', opensUntil: () => AT };
  const cookie = { host: 'r', cookie: 'ringcue_setup=x' };
  for (const [name, { body, policy }, scripts, form] of [
    ['front', page({}), 0, "'none'"],
    ['invitation', page({}, visit({ path: '/pair' })), 1, "'none'"],
    ['locked', page({}, visit({ path: '/setup/' })), 1, "'self'"],
    ['report', page({ door: opened }, visit({ path: '/setup/', headers: cookie })), 0, "'self'"],
  ] as const) {
    const hashes = (tag: string) =>
      [...body.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))].map(
        ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
      );
    assert.equal(hashes('script').length, scripts, name);
    const rules = [
      "default-src 'none'",
      ...hashes('script').map((hash) => `script-src ${hash}`),
      `style-src ${hashes('style').join(' ')}`,
      ...["base-uri 'none'", `form-action ${form}`, "frame-ancestors 'none'"],
    ];
    assert.deepEqual(policy.split('; '), rules, name);
    assert.doesNotMatch(
      body,
      /\son\w+=|\sstyle=|\ssrc=|http-equiv/,
      `${name}: nothing that the policy would stop`,
    );
  }
});
