// Calls in words, in both languages, and strangers' texts made harmless. Reads the shipped _locales, as browsers do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callLine, missedTogetherWords } from '../../extension/phrases.ts';
import en from '../../extension/public/_locales/en/messages.json' with { type: 'json' };
import ru from '../../extension/public/_locales/ru/messages.json' with { type: 'json' };
import { cleaned, MAX_NAME, MAX_NUMBER, noticeWords, partyName, timeWords } from '../../shared/notice.ts';
import type { EndReason } from '../../shared/protocol.ts';
import { call, client, party } from './addon-call.ts';
import type { Say } from '../../extension/phrases.ts';
import { sayIn } from './say-in.ts';

const say = sayIn(en);
const sayRu = sayIn(ru);

const at = (hour: number, minute: number, day = 23) => new Date(2026, 10, day, hour, minute).getTime();
const now = at(15, 0);
const missed = call({ state: 'ended', endReason: 'missed', startedAt: at(14, 31), endedAt: at(14, 32) });

test('an unknown caller: the number is the title, and stands nowhere twice', () => {
  assert.deepEqual(noticeWords(call(), 'ringing', now, say), {
    title: '+7 916 123-45-67',
    message: 'Incoming call',
  });
});

test('a client: the name is the title, the number comes first in the message', () => {
  const known = call({ party: party({ client: client(), name: 'IVAN P' }) });
  assert.deepEqual(noticeWords(known, 'ringing', now, say), {
    title: 'Ivan Petrov',
    message: '+7 916 123-45-67 · incoming call',
  });
  assert.deepEqual(noticeWords(known, 'ringing', now, sayRu).message, '+7 916 123-45-67 · входящий звонок');
});

test('without a client the name that the phone system tells is the title', () => {
  assert.equal(partyName(party({ name: 'Office Kazan' }), say), 'Office Kazan');
  assert.equal(
    partyName(party({ client: client({ name: ' \u202e ' }), name: '\n' }), say),
    '+7 916 123-45-67',
  );
});

test('a hidden number is called so', () => {
  const hidden = call({ party: party({ number: null, display: '' }) });
  assert.deepEqual(noticeWords(hidden, 'ringing', now, say), {
    title: 'Hidden number',
    message: 'Incoming call',
  });
  assert.equal(noticeWords(hidden, 'ringing', now, sayRu).title, 'Номер скрыт');
});

test('a colleague: an internal call from which extension', () => {
  const internal = party({ number: '102', display: '102', internal: true });
  assert.deepEqual(noticeWords(call({ party: { ...internal, name: 'Anna' } }), 'ringing', now, say), {
    title: 'Anna',
    message: 'Internal call from 102',
  });
  assert.equal(
    noticeWords(call({ party: { ...internal, display: '' } }), 'ringing', now, say).message,
    'Internal call',
  );
});

test('missed and busy say when', () => {
  assert.equal(noticeWords(missed, 'missed', now, say).message, 'Missed at 14:32');
  assert.equal(noticeWords(missed, 'missed', now, sayRu).message, 'Пропущен в 14:32');
  assert.equal(noticeWords(missed, 'busy', now, say).message, 'Called while you were busy, 14:32');
});

test('a time of another day says which day', () => {
  assert.equal(timeWords(at(14, 32), now, say), '14:32');
  assert.equal(timeWords(at(0, 5), now, say), '00:05');
  assert.match(timeWords(at(14, 32, 20), now, say), /20.*14:32/);
  assert.match(timeWords(at(14, 32, 20), now, sayRu), /20 нояб.* 14:32/);
});

test('transfer, queue, the number that was called and facts of the client are told', () => {
  const rich = call({
    party: party({ client: client({ fields: [{ label: 'Manager', value: 'Anna' }] }) }),
    transferredBy: '101',
    queue: 'sales',
    dialed: '+7 495 000-02-00',
  });
  assert.equal(
    noticeWords(rich, 'ringing', now, say).message,
    '+7 916 123-45-67 · incoming call · transferred by 101\nqueue sales · called +7 495 000-02-00 · Manager: Anna',
  );
});

test('a name is never a guess: of several clients with the number none is called the caller', () => {
  const words = (others: number, language: Say) =>
    noticeWords(call({ party: party({ client: client({ others }) }) }), 'ringing', now, language);
  assert.doesNotMatch(words(0, say).message, /clients/);
  assert.deepEqual(words(2, say), {
    title: '+7 916 123-45-67',
    message: 'Incoming call\n3 clients have this number, Ivan Petrov among them',
  });
  assert.match(words(1, sayRu).message, /\nклиентов с этим номером: 2, один из них — Ivan Petrov$/);
  const fromPbx = party({ client: client({ others: 1 }), name: 'RECEPTION' });
  assert.equal(partyName(fromPbx, say), 'RECEPTION');
  assert.match(callLine(call({ party: fromPbx }), now, say), /2 clients have this number/);
});

test('several missed calls: how many, who and when, and how many more', () => {
  const calls = Array.from({ length: 6 }, (_, index) => ({ ...missed, id: `c${index}` }));
  assert.deepEqual(missedTogetherWords(calls, now, say), {
    title: 'Missed calls: 6',
    message: [...Array.from({ length: 4 }, () => '14:32 +7 916 123-45-67'), 'and 2 more'].join('\n'),
  });
  assert.doesNotMatch(missedTogetherWords(calls.slice(0, 4), now, say).message, /more/);
});

test('every state and every end has its words in both languages', () => {
  const reasons: EndReason[] = [
    ...(['completed', 'missed', 'answered-elsewhere', 'rejected', 'busy', 'no-answer'] as const),
    ...(['cancelled', 'forwarded', 'transferred', 'lost'] as const),
  ];
  for (const language of [say, sayRu]) {
    const lines = [
      ...(['ringing', 'dialing', 'talking', 'held'] as const).map((state) =>
        call({ state, answeredAt: now }),
      ),
      ...reasons.map((endReason) => call({ state: 'ended', endReason, endedAt: now })),
    ].map((one) => callLine(one, now, language));
    assert.equal(new Set(lines).size, lines.length);
    assert.ok(lines.every((line) => line !== '' && !line.includes('$')));
  }
  const elsewhere = call({
    state: 'ended',
    endReason: 'answered-elsewhere',
    answeredBy: '102',
    endedAt: now,
  });
  assert.equal(callLine(elsewhere, now, say), 'answered by 102 · 15:00');
});

test("a stranger's text loses control and direction characters, keeps its letters, and is cut", () => {
  const cases: [string, string][] = [
    ['Anna\r\nEvent: Fake', 'Anna Event: Fake'],
    ['\u202e76-54-321\u202c', '76-54-321'],
    ['\u2066a\u2069\u200f\u061cb', 'ab'],
    ['a\u0000b\u001b[31mc\u009f', 'a b [31mc'],
    ['a\u2028b\u2029c', 'a b c'],
    ['  ООО «Ромашка»\t и К° ', 'ООО «Ромашка» и К°'],
    ['<b>Анна</b> & Co', '<b>Анна</b> & Co'],
    ['👩‍👩‍👧 family', '👩‍👩‍👧 family'],
    ['\ud800x', '\ufffdx'],
    ['\u200b\ufeff', ''],
  ];
  for (const [text, expected] of cases) assert.equal(cleaned(text, 80), expected);
  assert.equal(cleaned('🙂'.repeat(5), 4), '🙂🙂🙂…');
  assert.equal(cleaned('1234', 4), '1234');
});

test('the longest texts a relay may send stay short on the screen', () => {
  const long = 'ж'.repeat(512);
  const worst = call({
    party: party({
      display: long,
      client: client({
        name: long,
        others: 3,
        fields: Array.from({ length: 8 }, () => ({ label: long, value: long })),
      }),
    }),
    transferredBy: long,
    queue: long,
    dialed: long,
  });
  const { title, message } = noticeWords(worst, 'ringing', now, say);
  assert.equal(Array.from(title).length, MAX_NUMBER);
  assert.equal(Array.from(partyName(party({ name: long }), say)).length, MAX_NAME);
  assert.ok(message.length < 600, String(message.length));
  assert.ok(callLine(worst, now, say).length < MAX_NUMBER + MAX_NAME + 100);
});
