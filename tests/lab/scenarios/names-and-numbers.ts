// How clients' numbers and names come in, and how they are told: one normal form, hidden is hidden, no odd character lost
// or believed.
import assert from 'node:assert/strict';
import type { ClientOptions } from '../person.ts';
import { CLIENT, missed, type Scenario } from './scenario.ts';

type Expected = { party: string; name?: string | null; display?: string };

const calling = (name: string, options: ClientOptions, expected: Expected): Scenario => ({
  name,
  told: { 101: missed(expected.party) },
  async play({ outsider, one }) {
    const client = outsider(options);
    await client.calls(one);
    await one.rings();
    await client.hearsRinging();
    await client.hangsUp();
    await one.isFree();
  },
  check(told) {
    const party = told('101')[0]?.party;
    if (expected.name !== undefined) assert.equal(party?.name, expected.name);
    if (expected.display !== undefined) assert.equal(party?.display, expected.display);
    if (expected.party === 'hidden') {
      assert.equal(party?.number, null);
      assert.equal(party.client, null);
      assert.equal(party.url, null);
    }
  },
});

const raw = (user: string): ClientOptions => ({ number: user, from: `<sip:${user}@127.0.0.2>` });
const normal = { party: CLIENT, display: '+7 916 123 45 67' };

export const namesAndNumbers: readonly Scenario[] = [
  calling('A Cyrillic name', { number: CLIENT, name: 'Анна Петрова' }, { ...normal, name: 'Анна Петрова' }),
  calling('A withheld number', { number: null }, { party: 'hidden' }),
  calling(
    'A withheld number of a caller whose name is there',
    { number: null, from: '"Анна" <sip:anonymous@anonymous.invalid>' },
    { party: 'hidden' },
  ),
  calling('No number at all', { number: '', from: '<sip:127.0.0.2>' }, { party: 'hidden' }),
  calling(
    'A name with quotes and markup',
    { number: CLIENT, name: 'ООО "Ромашка" <b>&amp;</b>, \'Ко\'' },
    { ...normal, name: 'ООО "Ромашка" <b>&amp;</b>, \'Ко\'' },
  ),
  calling(
    'A name that turns the text around',
    { number: CLIENT, name: 'abc\u202edef\u200b' },
    { ...normal, name: 'abc def' },
  ),
  calling('National writing: 89161234567', raw('89161234567'), normal),
  calling('National writing: 8 (916) 123-45-67', raw('8%20(916)%20123-45-67'), normal),
  calling('International without plus: 79161234567', raw('79161234567'), normal),
  calling('International with brackets: +7(916)123-45-67', raw('+7(916)123-45-67'), normal),
];
