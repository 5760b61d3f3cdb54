// Numbers as phones, trunks and clerks write them → one normal form.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanText, describeNumber, numberDescriber } from '../../relay/numbers.ts';

const WRITINGS: readonly (readonly [country: 'RU' | 'DE' | 'US', writing: string, number: string | null])[] =
  [
    ['RU', '+79161234567', '+79161234567'],
    ['RU', '+7 (916) 123-45-67', '+79161234567'],
    ['RU', '+7(916)123-45-67', '+79161234567'], // pjsip leaves it as the caller sent it
    ['RU', '8 (916) 123-45-67', '+79161234567'],
    ['RU', '89161234567', '+79161234567'],
    ['RU', '79161234567', '+79161234567'],
    ['RU', '9161234567', '+79161234567'],
    ['RU', '+7\u00a0916\u00a0123\u201145\u201167', '+79161234567'],
    ['RU', '8-800-555-35-35', '+78005553535'],
    ['RU', '74950000200', '+74950000200'],
    ['RU', '810 44 20 7946 0958', '+442079460958'],
    ['RU', '8~10 44 20 7946 0958', '+442079460958'],
    ['RU', '00 44 20 7946 0958', '+442079460958'], // not how Russia dials abroad, but how it is written
    ['RU', '0044 20 7946 0958', '+442079460958'],
    ['RU', '375291234567', '+375291234567'], // trunks leave the plus out
    ['RU', '380501234567', '+380501234567'],
    ['RU', '0099 999', '0099999'],
    ['DE', '030 901820', '+4930901820'],
    ['DE', '0044 20 7946 0958', '+442079460958'],
    ['US', '(212) 555-0123', '+12125550123'],
    ['US', '011 44 20 7946 0958', '+442079460958'],
    // Short: extensions, feature codes, service and local numbers. No national plan may stretch them.
    ['RU', '101', '101'],
    ['RU', '112', '112'],
    ['RU', '*77482193', '*77482193'],
    ['RU', '23-45-67', '234567'],
    ['RU', '123-45-67', '1234567'],
    // No number at all: the text, so that people see what the PBX knows.
    ['RU', 'Reception', 'Reception'],
    ['RU', 'sip:ivan@example', 'sip:ivan@example'],
    ['RU', '+7 916 123 45 67 x', '+7 916 123 45 67 x'],
    ['RU', '12345678901234567890', '12345678901234567890'],
    ['RU', '7.9161234567E+10', '7.9161234567E+10'], // what a spreadsheet makes of it
    ['RU', '\u001b[31m101\r\n\u202e', '[31m101'],
    // Hidden.
    ['RU', '', null],
    ['RU', '   ', null],
    ['RU', '\u200b\r\n', null],
    ...[
      'anonymous',
      'Anonymous',
      'RESTRICTED',
      'unavailable',
      'unknown',
      '<unknown>',
      'private',
      'withheld',
    ].map((word) => ['RU', word, null] as const),
  ];

for (const [country, writing, number] of WRITINGS)
  test(`${JSON.stringify(writing)} from ${country} is ${number ?? 'hidden'}`, () => {
    const described = describeNumber(writing, country);
    assert.equal(described.number, number);
    assert.equal(described.display === '', number === null);
  });

test('a public number is shown as people write it', () =>
  assert.equal(describeNumber('89161234567', 'RU').display, '+7 916 123 45 67'));

test('what is remembered is what would be found', () => {
  const describe = numberDescriber('RU');
  for (let n = 0; n < 12_000; n += 1) describe(`8916${String(n).padStart(7, '0')}`);
  for (const raw of ['89161234567', 'anonymous', '101'])
    for (let twice = 0; twice < 2; twice += 1) assert.deepEqual(describe(raw), describeNumber(raw, 'RU'));
});

test('a text is on one line, without what hides or turns text, and not too long', () => {
  for (const [text, length, clean] of [
    ['a\r\nb\tc\u0000d', 80, 'a b c d'],
    ['\u202eевил\u2066 \u200fx\ufeff', 80, 'евил x'],
    ['a\u2028b\u2029c\u0085d', 80, 'a b c d'],
    ['ООО \\"Ромашка\\"', 80, 'ООО "Ромашка"'], // chan_sip of 16
    ['ООО \\\\\\"Ромашка\\\\\\"', 80, 'ООО "Ромашка"'], // chan_pjsip
    ["O\\'Brien\\?", 80, "O'Brien?"], // 12 and newer
    ['👋👋👋', 2, '👋👋'],
    ['x'.repeat(2_000), 80, 'x'.repeat(80)],
    ['a\ud83d', 80, 'a\ufffd'],
    ['', 80, ''],
  ] as const)
    assert.equal(cleanText(text, length), clean, JSON.stringify(text));
});

test('whatever a stranger sends, it is short, on one line, whole Unicode, and nothing throws', () => {
  let seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
  const first = seed;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (seed >>> 8) % below;
  };
  const pieces = [
    '+7',
    '8',
    '00',
    '810',
    '(',
    ')',
    '-',
    ' ',
    ';ext=',
    '#',
    '*',
    '\r\n',
    '\ud83d',
    '\u202e',
    '٣',
    '７',
    'доб.',
  ];
  const characters = (): string =>
    random(3) > 0
      ? String(random(1_000_000))
      : random(2) > 0
        ? (pieces[random(pieces.length)] ?? '')
        : String.fromCharCode(random(0x10000));
  for (let n = 0; n < 3_000; n += 1) {
    const raw = Array.from({ length: random(14) }, characters)
      .join('')
      .repeat(n % 500 === 0 ? 100 : 1);
    const { number, display } = describeNumber(raw, 'RU');
    const told = `seed ${first}: ${JSON.stringify(raw)} → ${JSON.stringify(number)}`;
    assert.equal(number === null, display === '', told);
    for (const text of [number ?? '', display]) {
      assert.ok(text.length <= 160, told);
      assert.ok(text.isWellFormed(), told);
      assert.doesNotMatch(text, /[\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]/, told);
    }
  }
});
