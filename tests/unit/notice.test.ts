// What a notification says: a client's fields and marks, and IT's own templates in the person's language, whatever
// strangers write into their names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import en from '../../extension/public/_locales/en/messages.json' with { type: 'json' };
import ru from '../../extension/public/_locales/ru/messages.json' with { type: 'json' };
import { SENTENCES, sayIn as sayForLookup } from '../../relay/commands/lookup-words.ts';
import { markWords, NOTICE_NAMES, noticeWords } from '../../shared/notice.ts';
import type { NoticeKey } from '../../shared/notice.ts';
import { parseTemplate } from '../../shared/template.ts';
import { call, client, party } from './addon-call.ts';
import { sayIn } from './say-in.ts';

const say = sayIn(en);
const sayRu = sayIn(ru);
const NOW = new Date(2026, 10, 23, 15, 0).getTime();
const FIELDS = [
  { label: 'Company', value: 'Romashka' },
  { label: 'Debt', value: '1 200 ₽' },
  { label: 'Open order', value: '17' },
];
const ANNA = client({ name: 'Anna', fields: FIELDS });
const ring = (different: Parameters<typeof client>[0] = {}) =>
  call({ party: party({ client: { ...ANNA, ...different } }), queue: 'sales' });

test('the first two fields of the client are told, the others stand in the popup', () =>
  assert.equal(
    noticeWords(ring(), 'ringing', NOW, say).message,
    '+7 916 123-45-67 · incoming call\nqueue sales · Company: Romashka · Debt: 1 200 ₽',
  ));

test('VIP and your client are told in words', () => {
  const { message } = noticeWords(ring({ isVip: true, isYours: true }), 'ringing', NOW, say);
  assert.equal(message.split('\n')[1], 'VIP · your client');
  assert.deepEqual(markWords(party({ client: { ...ANNA, isYours: true, isBlocked: true } }), sayRu), [
    'чёрный список',
    'ваш клиент',
  ]);
});

test('a field that says nothing is left out', () => {
  const fields = [
    { label: 'Debt', value: '\u202e ' },
    { label: '', value: 'gold' },
  ];
  assert.match(noticeWords(ring({ fields }), 'ringing', NOW, say).message, /queue sales · gold$/);
});

const both = (text: string) => ({ en: text, ru: text });
const byText = (text: string, of = ring(), kind: 'ringing' | 'missed' = 'ringing'): string =>
  noticeWords(of, kind, NOW, say, { title: null, text: both(text) }).message;

for (const [template, message] of [
  ['{number}', '+7 916 123-45-67'],
  ['{state}', 'Incoming call'],
  ['{client}, {field.Company}', 'Anna, Romashka'],
  ['{field.Company}{?field.Debt: owes {field.Debt}}', 'Romashka owes 1 200 ₽'],
  ['{number} · {dialed} · {queue}', '+7 916 123-45-67 · sales'],
  [
    '{dialed} · {transferredBy}',
    '+7 916 123-45-67 · incoming call\nqueue sales · Company: Romashka · Debt: 1 200 ₽',
  ],
  ['{number}\n\n{dialed}\n{fields}', '+7 916 123-45-67\nCompany: Romashka · Debt: 1 200 ₽'],
  ['{?ringing:rings}{!ringing:rang}', 'Rings'],
  ['{?internal:colleague}{!internal:client}', 'Client'],
  ['{vip}{yours}{several}client {id}', 'Client 7'],
  ['1\n2\n3\n4\n5', '1\n2\n3\n4'],
] as const)
  test(`IT's text ${JSON.stringify(template)} reads ${JSON.stringify(message)}`, () =>
    assert.equal(byText(template), message));

test('IT’s title and text are in the language of the person', () => {
  const templates = {
    title: {
      en: '{name}{?field.Company: of {field.Company}}',
      ru: '{name}{?field.Company:, {field.Company}}',
    },
    text: { en: 'calls {queue}', ru: '{?queue:звонит в {queue}}' },
  };
  assert.deepEqual(noticeWords(ring(), 'ringing', NOW, say, templates), {
    title: 'Anna of Romashka',
    message: 'Calls sales',
  });
  assert.deepEqual(noticeWords(ring(), 'ringing', NOW, sayRu, templates), {
    title: 'Anna, Romashka',
    message: 'Звонит в sales',
  });
});

test('a template tells what a call has become', () => {
  const missed = { ...ring(), state: 'ended' as const, endReason: 'missed' as const, endedAt: NOW };
  assert.equal(
    byText('{?missed:call {number} back, }{state}', missed, 'missed'),
    'Call +7 916 123-45-67 back, missed at 15:00',
  );
});

test('of several clients, templates name none and show no fields', () => {
  const several = call({ party: party({ client: { ...ANNA, others: 2 } }) });
  assert.equal(
    byText('{client}{field.Company}|{several}', several),
    '3 clients have this number, Anna among them',
  );
});

test('a template that this add-on cannot read gives way to its own words', () => {
  for (const broken of ['{name', '{?x', '}', '{#each calls}'])
    assert.equal(byText(broken), noticeWords(ring(), 'ringing', NOW, say).message);
  assert.equal(byText('{name} {weather}'), 'Anna', 'a name of a later relay is empty');
});

test('no value of a stranger breaks out of its place', () => {
  const hostile = [
    '}{',
    '{number}',
    '{?vip:x}',
    '"\'`<b>',
    '<img src=x onerror=alert(1)>',
    'javascript:alert(1)',
    '\u202eevil\u202c',
    'a\r\nb\u2028c',
    '$&$1',
    '\u0000\u001b[31m',
    '\ud800',
    'x'.repeat(10_000),
  ];
  for (const value of hostile) {
    const of = call({
      party: party({
        display: value,
        name: value,
        client: { ...ANNA, name: value, id: value, fields: [{ label: 'Company', value }] },
      }),
      queue: value,
      dialed: value,
      transferredBy: value,
    });
    const template = 'A {name} B {field.Company} C {queue} D';
    for (const words of [
      noticeWords(of, 'ringing', NOW, say),
      noticeWords(of, 'ringing', NOW, say, { title: both(template), text: both(template) }),
    ]) {
      assert.doesNotMatch(words.title, /[\p{Cc}\p{Bidi_Control}\u2028]/u);
      assert.doesNotMatch(words.message, /[\u0000-\u0009\u000b-\u001f\p{Bidi_Control}\u2028]/u);
      assert.ok(words.message.split('\n').length <= 4 && words.message.length < 900, value.slice(0, 20));
      assert.ok(words.title.length <= 80 && words.title.isWellFormed() && words.message.isWellFormed());
    }
    const { message } = noticeWords(of, 'ringing', NOW, say, { title: null, text: both(template) });
    assert.match(message, /^A .* B /);
  }
});

test('all names that IT may use are understood', () => {
  const all = NOTICE_NAMES.values.map((name) => `{${name}}`).join('\n');
  assert.doesNotThrow(() => parseTemplate(all, NOTICE_NAMES));
  const rich = call({
    party: party({ name: 'CALLER', client: { ...ANNA, isVip: true, isYours: true } }),
    ...{ queue: 'sales', dialed: '+7 495', transferredBy: '102' },
  });
  for (const name of NOTICE_NAMES.values.filter((one) => one !== 'several'))
    assert.equal(byText(`{?${name}:yes}{!${name}:no}`, rich), 'Yes', name);
});

test('what `ringcue lookup` prints is in the add-on’s own sentences', () => {
  for (const [language, messages] of [
    ['en', en],
    ['ru', ru],
  ] as const)
    for (const key of Object.keys(SENTENCES[language]) as NoticeKey[])
      assert.equal(
        sayForLookup(language)(key, 'A', 'B'),
        sayIn(messages)(key, 'A', 'B'),
        `${language} ${key}`,
      );
});
