// Recordings of a real Asterisk 11: what each extension is told, by events and polls together and by each alone.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readRecording, RECORDINGS as FOLDER } from '../traces/recording.ts';
import { replay, storiesOf } from '../traces/replay.ts';
import type { Sources } from '../traces/replay.ts';

const C = '+79161234567';
const ANSWERED = `ringing(${C}) talking(${C}) ended completed`;
const MISSED = `ringing(${C}) ended missed`;
const ELSEWHERE = `ringing(${C}) ended answered-elsewhere by 102`;
const DIALLED = `dialing(${C}) talking(${C}) ended completed`;
const INTERNAL = {
  '101': 'dialing(102, internal) talking(102, internal) ended completed',
  '102': 'ringing(101, internal) talking(101, internal) ended completed',
};
type Stories = Record<string, string>;

/** What must be told; where a source alone cannot see it, what it tells instead. */
const RECORDINGS: Record<string, { both: Stories } & Partial<Record<Sources, Stories>>> = {
  a_answered_caller_hangs: { both: { '101': ANSWERED } },
  b_missed_caller_gives_up: { both: { '101': MISSED } },
  b2_missed_dial_timeout: { both: { '102': MISSED } },
  c_busy_486: { both: { '101': 'ended busy' }, 'polls only': {} },
  c2_reject_after_ring: { both: { '101': `ringing(${C}) ended rejected` }, 'polls only': { '101': MISSED } },
  d_ringgroup_102_answers: { both: { '101': ELSEWHERE, '102': ANSWERED, '103': ELSEWHERE } },
  d2_ringgroup_nobody: { both: { '101': MISSED, '102': MISSED, '103': MISSED } },
  i_internal: { both: INTERNAL },
  j_outgoing: { both: { '101': DIALLED } },
  j3_click_to_call: { both: { '101': DIALLED } },
  n2_anonymous: { both: { '101': 'ringing(hidden) talking(hidden) ended completed' } },
  // Torn blocks make events doubtful, and then only polls count: the true call is told, the forged one never.
  n4_crlf_injection: { both: { '101': 'ringing(100) talking(100) ended completed' }, 'events only': {} },
  o_call_waiting: {
    both: { '101': `ringing(${C}) talking(${C}) ended completed | ringing(+79167654321) ended missed` },
  },
};

for (const [name, expected] of Object.entries(RECORDINGS))
  describe(`recording ${name} of Asterisk 11`, () => {
    for (const sources of ['events and polls', 'events only', 'polls only'] as const)
      test(`is told right by ${sources}`, () =>
        assert.deepEqual(
          storiesOf(replay(readRecording(`${FOLDER}asterisk-11/${name}.ami`), { sources, pollEveryMs: 250 })),
          expected[sources] ?? expected.both,
        ));
  });
