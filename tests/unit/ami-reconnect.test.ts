// How long the relay waits before it tries Asterisk again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AmiErrorCode } from '../../relay/ami/connection.ts';
import { waitBeforeAttemptMs } from '../../relay/ami/reconnect.ts';

const TABLE: readonly [failures: number, code: AmiErrorCode, least: number, most: number][] = [
  [0, 'ami.closed', 0, 200], // a good session that broke: at once
  [1, 'ami.closed', 200, 400],
  [2, 'ami.unreachable', 200, 800],
  [5, 'ami.no-answer', 200, 6_400],
  [7, 'ami.too-much', 200, 15_000],
  [1_000_000, 'ami.unreachable', 200, 15_000],
  [1, 'ami.login-refused', 15_000, 30_000], // slow from the first: fail2ban counts
  [9, 'ami.login-refused', 15_000, 30_000],
  [1, 'ami.permission-denied', 15_000, 30_000],
];

for (const [failures, code, least, most] of TABLE)
  test(`after ${failures} failures, the last ${code}, it waits ${least} to ${most} ms`, () => {
    assert.equal(waitBeforeAttemptMs(failures, code, 0), least);
    const longest = waitBeforeAttemptMs(failures, code, 1 - Number.EPSILON);
    assert.ok(longest > most * 0.99 && longest <= most, String(longest));
  });
