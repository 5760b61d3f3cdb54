// The codes that browsers show and phones dial: whose they are, how long they live, how many there may be, and what a guesser gets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CODE_LIFE_MS,
  createCodes,
  MAX_CODES_OF_EXTENSION,
  MAX_CODES_OF_EXTENSION_AND_ADDRESS,
  MAX_LIVE_CODES,
} from '../../relay/pairing/codes.ts';
import type { Codes } from '../../relay/pairing/codes.ts';
import { codeIn, pairingDialplan } from '../../relay/pairing/dialplan.ts';
import { networkOf } from '../../relay/network.ts';
import { createRate } from '../../relay/pairing/rate.ts';
import { createRandom } from '../simulation/random.ts';

const NOW = 1_790_000_000_000;
const ADDRESS = '192.0.2.7';

function desk(seed = 1): {
  codes: Codes<string>;
  issue(extension: string, at?: number, address?: string): string;
} {
  const random = createRandom(seed);
  const codes = createCodes<string>((limit) => random.below(limit));
  return {
    codes,
    issue: (extension, at = NOW, address = ADDRESS) => {
      const code = codes.issue({ extension, address, owner: `browser of ${extension}` }, at);
      assert.ok(code, `a code for ${extension}`);
      return code.digits;
    },
  };
}

test('a code is six digits and good for the phone it was asked for, once, within 120 s', () => {
  const { codes } = desk();
  const code = codes.issue({ extension: '101', address: ADDRESS, owner: 'mine' }, NOW);
  assert.match(code?.digits ?? '', /^\d{6}$/);
  assert.equal(code?.expiresAt, NOW + 120_000);
  assert.deepEqual(codes.dial(code?.digits ?? '', '101', NOW + 119_999), { owner: 'mine' });
});

const never = (live: string): string => String((Number(live) + 1) % 1_000_000).padStart(6, '0');
for (const [what, extension, dial, after, expected] of [
  ['by another phone', '102', (live: string) => live, 0, 'wrong-phone'],
  ['by what is no phone', null, (live: string) => live, 0, 'not-a-phone'],
  ['too late', '101', (live: string) => live, CODE_LIFE_MS, 'expired-code'],
  ['never issued', '101', never, 0, 'unknown-code'],
  ['long forgotten', '101', (live: string) => live, CODE_LIFE_MS + 86_400_000, 'expired-code'],
] as const)
  test(`a code that is dialled ${what} pairs nobody: ${expected}`, () => {
    const { codes, issue } = desk();
    assert.equal(codes.dial(dial(issue('101')), extension, NOW + after), expected);
  });

test('the wrong phone changes nothing for the right one', () => {
  const { codes, issue } = desk();
  const digits = issue('101');
  codes.dial(digits, '102', NOW);
  assert.deepEqual(codes.dial(digits, '101', NOW), { owner: 'browser of 101' });
});

test('a code that was used, or whose browser has gone, is told as such', () => {
  const { codes, issue } = desk();
  const [used, left] = [issue('101'), issue('101')];
  codes.dial(used, '101', NOW);
  codes.release(left, NOW);
  codes.release(used, NOW);
  assert.equal(codes.dial(used, '101', NOW), 'used-code');
  assert.equal(codes.dial(left, '101', NOW), 'expired-code');
});

test('a terminal server with 200 people, each of whom needs three attempts on one morning, is served', () => {
  const { codes, issue } = desk();
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const at = NOW + attempt * 150_000;
    const digits = Array.from({ length: 200 }, (_, n) => issue(String(1000 + n), at + n * 100));
    if (attempt === 2)
      for (const [n, one] of digits.entries())
        assert.deepEqual(codes.dial(one, String(1000 + n), at + 40_000), { owner: `browser of ${1000 + n}` });
  }
});

test('one address gets few codes for one extension, and leaves some for its owner elsewhere', () => {
  const { codes, issue } = desk();
  const ask = (address: string) => codes.issue({ extension: '101', address, owner: '' }, NOW);
  for (let n = 0; n < MAX_CODES_OF_EXTENSION_AND_ADDRESS; n += 1) issue('101');
  assert.equal(ask(ADDRESS), null);
  assert.ok(ask('192.0.2.8'));
  for (let n = 0; n < MAX_CODES_OF_EXTENSION; n += 1) ask(`198.51.100.${n}`);
  assert.equal(ask('203.0.113.1'), null, 'in all there are no more than so many');
  assert.ok(codes.issue({ extension: '102', address: ADDRESS, owner: '' }, NOW), 'others are not concerned');
  assert.ok(codes.issue({ extension: '101', address: ADDRESS, owner: '' }, NOW + CODE_LIFE_MS));
});

test('twenty thousand requests within a moment get no more codes than may live, whoever asks', () => {
  const { codes } = desk();
  let given = 0;
  for (let n = 0; n < 20_000; n += 1) {
    const address = `10.0.${n % 200}.${n % 250}`;
    if (codes.issue({ extension: String(10_000 + n), address, owner: '' }, NOW + n / 1_000)) given += 1;
  }
  assert.equal(given, MAX_LIVE_CODES);
});

test('a guess at a million codes a second for a minute, from one’s own phone and from others: nobody is paired', () => {
  for (const [extension, expected] of [
    ['101', 'too-many-guesses'],
    ['102', 'too-many-guesses'],
    [null, 'not-a-phone'],
  ] as const) {
    const { codes, issue } = desk(7);
    const waiting = new Set([issue('101'), issue('101')]);
    let last: unknown;
    let guesses = 0;
    for (let n = 0; n < 1_000_000; n += 1) {
      const digits = String(n).padStart(6, '0');
      if (extension === '101' && waiting.has(digits) && n < 20) continue; // a guess in the first ten would be luck
      last = codes.dial(digits, extension, NOW + (n * 60_000) / 1_000_000);
      assert.equal(typeof last, 'string', `guessed ${digits}`);
      if (last !== 'too-many-guesses') guesses += 1;
    }
    assert.equal(last, expected);
    if (extension !== null) assert.ok(guesses <= 11, `${guesses} guesses were answered`);
  }
});

test('somebody who has mistyped ten times can try again after some minutes', () => {
  const { codes, issue } = desk();
  for (let n = 0; n < 10; n += 1) codes.dial(String(n), '101', NOW);
  assert.equal(codes.dial(issue('101'), '101', NOW), 'too-many-guesses');
  const later = NOW + 300_000;
  assert.deepEqual(codes.dial(issue('101', later), '101', later), { owner: 'browser of 101' });
});

test('a code is never given to two browsers that wait at the same time', () => {
  const { issue } = desk();
  const given = Array.from({ length: MAX_LIVE_CODES }, (_, n) =>
    issue(String(10_000 + n), NOW, `10.0.${n}.1`),
  );
  assert.equal(new Set(given).size, MAX_LIVE_CODES);
});

// What is dialled.

for (const [dialled, digits] of [
  ['*77482193', '482193'],
  ['*77000000', '000000'],
  ['*7748219', null],
  ['*774821930', null],
  ['77482193', null],
  ['*7748219a', null],
  ['', null],
] as const)
  test(`${dialled || 'nothing'} ${digits ? `holds the code ${digits}` : 'holds no code'}`, () =>
    assert.equal(codeIn('*77', dialled), digits));

test('the dialplan is a pattern of the prefix and six digits, that stays for a moment', () =>
  assert.equal(
    pairingDialplan('#9'),
    'exten => _#9XXXXXX,1,NoOp()\n same => n,Answer()\n same => n,Playback(beep)\n same => n,Wait(2)\n same => n,Hangup()\n',
  ));

// How often.

test('a burst is let through, then so many a second, each key for itself', () => {
  const rate = createRate({ burst: 3, perSecond: 2, maxKeys: 10 });
  const taken = (key: string, at: number): number =>
    Array.from({ length: 9 }, () => rate.take(key, at)).filter(Boolean).length;
  assert.deepEqual([taken('a', NOW), taken('a', NOW), taken('b', NOW)], [3, 0, 3]);
  assert.deepEqual([taken('a', NOW + 1_000), taken('a', NOW + 60_000)], [2, 3]);
  assert.equal(taken('a', NOW), 0, 'a clock that is set back gives nothing away');
});

test('ever new keys take no more memory, and those that are busy are remembered', () => {
  const rate = createRate({ burst: 1, perSecond: 0.001, maxKeys: 100 });
  for (let n = 0; n < 10_000; n += 1) {
    rate.take(`key ${n}`, NOW + n);
    rate.take('busy', NOW + n);
  }
  assert.equal(rate.isLeft('busy', NOW + 10_000), false);
});

for (const [address, network] of [
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
] as const)
  test(`${address || 'no address'} is counted as ${network || 'itself'}`, () =>
    assert.equal(networkOf(address), network));
