// The committed recordings of real Asterisks: what each extension is told, and that the table of methods in
// relay/METHODS.md says what the code of now tells.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { METHODS_PAGE, methodsPage, renderMethodsPage } from '../traces/methods.ts';
import { findRecordings, nameOf, readRecording, RECORDINGS } from '../traces/recording.ts';
import { replay, storiesOf } from '../traces/replay.ts';
import { differences, expectedOf } from '../traces/told.ts';

describe('a recording is told right', () => {
  for (const path of findRecordings([RECORDINGS])) {
    const trace = readRecording(path);
    const expected = expectedOf(nameOf(path), trace.header);
    test(`${path.slice(RECORDINGS.length)}: ${expected?.title ?? ''}`, () => {
      assert.ok(expected, 'somebody must say what must be told');
      // A case that the polls happen to tell late or early must not matter.
      for (const pollEveryMs of [250, 1_000])
        assert.deepEqual(
          differences(expected, storiesOf(replay(trace, { sources: 'events and polls', pollEveryMs }))),
          [],
        );
    });
  }
});

test('the table of methods says what the code tells', () =>
  assert.equal(
    methodsPage(),
    renderMethodsPage(),
    `${METHODS_PAGE} is old: npm run replay -- --write-methods writes it anew`,
  ));
