// The quick way to read the numbers of a list gives what the careful way gives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getCountries, getCountryCallingCode } from 'libphonenumber-js/max';
import { queryFor } from '../../relay/directory/query.ts';
import { numberReader } from '../../relay/directory/written-number.ts';
import { describeNumber } from '../../relay/numbers.ts';

test('20000 numbers of all countries are read as the careful way reads them', () => {
  let seed = 42;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed % below;
  };
  const read = numberReader('RU');
  const countries = getCountries();
  for (let n = 0; n < 20_000; n += 1) {
    const code = getCountryCallingCode(countries[random(countries.length)] ?? 'RU');
    const length = 6 + random(7);
    const digits = Array.from({ length }, () => random(10)).join('');
    const raw = `+${code}${digits}`;
    assert.equal(read(raw), describeNumber(raw, 'RU').number, raw);
  }
});

test('what is not in E.164 goes the careful way', () => {
  const read = numberReader('RU');
  assert.deepEqual(
    ['8 (916) 123-45-67', '89161234567', '+44 (0)20 7946 0958', '101', 'anonymous', ''].map(read),
    ['+79161234567', '+79161234567', '+442079460958', '101', null, null],
  );
});

test('a question has the number in all forms that a database may want', () => {
  assert.deepEqual(queryFor('+79161234567'), {
    number: '+79161234567',
    e164: '+79161234567',
    national: '9161234567',
    digits: '79161234567',
    last10: '9161234567',
    extension: null,
  });
  assert.deepEqual(queryFor('101'), {
    number: '101',
    e164: null,
    national: null,
    digits: '101',
    last10: null,
    extension: '101',
  });
  assert.deepEqual([queryFor('Иван').extension, queryFor('+493012').last10], [null, null]);
});
