// "Test connection": every row of the table in extension/background/verdict.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  verdictOf,
  type Reachability,
  type Trial,
  type VerdictCode,
} from '../../extension/background/verdict.ts';

const welcome = (different: Partial<NonNullable<Trial['welcome']>> = {}): Trial => ({
  welcome: {
    type: 'welcome',
    protocol: 1,
    extensions: ['101'],
    watched: [],
    serverTime: 0,
    pingEveryMs: 15_000,
    auth: 'pairing',
    ...different,
  },
  refusal: null,
  isPbxDown: false,
});
const closed = (refusal: number | null): Trial => ({ welcome: null, refusal, isPbxDown: false });
type Other = { reached: Reachability; trial: Trial | null } | null;
const answeredOther = (trial: Trial): Other => ({ reached: 'answered', trial });

type Row = [string, Reachability, Trial | null, Other, boolean, VerdictCode];
const rows: Row[] = [
  ['nothing there', 'failed', null, { reached: 'failed', trial: null }, false, 'unreachable'],
  ['nothing there, by TLS', 'failed', null, { reached: 'failed', trial: null }, true, 'unreachable-secure'],
  ['no answer in time', 'silent', null, null, true, 'silent'],
  ['TLS asked of a relay without', 'failed', null, answeredOther(welcome()), true, 'plain-only'],
  ['TLS not trusted', 'failed', null, answeredOther(closed(1006)), true, 'certificate'],
  ['another server', 'answered', closed(1006), null, false, 'not-ringcue'],
  ['a server that says nothing', 'answered', closed(null), null, false, 'not-ringcue'],
  ['no TLS asked of a relay with', 'answered', closed(1006), answeredOther(welcome()), false, 'secure-only'],
  ['a relay that restarts', 'answered', closed(4000), null, false, 'restarting'],
  ['a proxy that restarts', 'answered', closed(1012), null, false, 'restarting'],
  ['a newer relay', 'answered', welcome({ protocol: 2 }), null, false, 'other-version'],
  ['a relay that does not know ours', 'answered', closed(4501), null, false, 'other-version'],
  ['a relay that cannot read us', 'answered', closed(4502), null, false, 'other-version'],
  ['a token refused', 'answered', closed(4500), null, false, 'not-paired'],
  ['a token revoked', 'answered', closed(4504), null, false, 'not-paired'],
  ['an extension not allowed', 'answered', closed(4503), null, false, 'extension-refused'],
  ['a refusal by message', 'answered', { ...welcome(), refusal: 4503 }, null, false, 'extension-refused'],
  ['a welcome for others', 'answered', welcome({ extensions: ['102'] }), null, false, 'extension-refused'],
  ['no phone system', 'answered', { ...welcome(), isPbxDown: true }, null, false, 'pbx-down'],
  ['all is well', 'answered', welcome(), null, false, 'well'],
  ['all is well, by TLS', 'answered', welcome(), null, true, 'well'],
];
for (const [name, reached, trial, other, isSecure, code] of rows) {
  test(`${name}: ${code}`, () => {
    const verdict = verdictOf(reached, trial, other, { extension: '101', isSecure });
    assert.deepEqual(verdict, { code, extension: '101', isTrialMode: false });
  });
}

test('a relay in open mode is said to be on trial', () => {
  const asked = { extension: '101', isSecure: false };
  assert.equal(verdictOf('answered', welcome({ auth: 'open' }), null, asked).isTrialMode, true);
});
