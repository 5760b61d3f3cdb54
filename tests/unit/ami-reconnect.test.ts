// How long the relay waits before it tries Asterisk again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AmiErrorCode } from '../../relay/ami/connection.ts';
import { waitBeforeAttemptMs } from '../../relay/ami/reconnect.ts';

const TABLE: readonly [failures: number, code: AmiErrorCode, least: number, most: number][] = [
  [0, 'ami.closed', 100, 200], // a good session that broke: at once
  [1, 'ami.closed', 200, 400],
  [2, 'ami.unreachable', 400, 800],
  [5, 'ami.no-answer', 3_200, 6_400],
  [7, 'ami.too-much', 7_500, 15_000],
  [1_000_000, 'ami.unreachable', 7_500, 15_000],
  [1, 'ami.login-refused', 5_000, 10_000], // slow from the first: fail2ban counts
  [9, 'ami.login-refused', 5_000, 10_000],
  [1, 'ami.permission-denied', 5_000, 10_000],
];

for (const [failures, code, least, most] of TABLE)
  test(`after ${failures} failures, the last ${code}, it waits ${least} to ${most} ms`, () => {
    assert.equal(waitBeforeAttemptMs(failures, code, 0), least);
    const longest = waitBeforeAttemptMs(failures, code, 1 - Number.EPSILON);
    assert.ok(longest > most * 0.99 && longest <= most, String(longest));
  });
