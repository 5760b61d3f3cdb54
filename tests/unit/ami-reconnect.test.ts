// How long the relay waits before it tries Asterisk again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AmiErrorCode } from '../../relay/ami/connection.ts';
import { waitBeforeAttemptMs } from '../../relay/ami/reconnect.ts';

const TABLE: readonly [outageMs: number, tookMs: number, code: AmiErrorCode, least: number, most: number][] =
  [
    [0, 60_000, 'ami.closed', 0, 200], // a good session that broke: at once
    [1_000, 0, 'ami.unreachable', 0, 200],
    [60_000, 0, 'ami.unreachable', 0, 1_500],
    [80_000, 1_500, 'ami.unreachable', 0, 500], // attempts into a black hole are 2 s apart, too
    [20_000, 3_000, 'ami.no-answer', 0, 200],
    [3_600_000, 0, 'ami.too-much', 0, 15_000],
    [0, 0, 'ami.login-refused', 15_000, 30_000], // slow from the first: fail2ban counts
    [3_600_000, 1_000, 'ami.login-refused', 15_000, 30_000],
    [0, 5, 'ami.permission-denied', 15_000, 30_000],
  ];

for (const [outageMs, tookMs, code, least, most] of TABLE)
  test(`${outageMs} ms into an outage, an attempt of ${tookMs} ms, ${code}: it waits ${least} to ${most} ms`, () => {
    const wait = (random: number): number => waitBeforeAttemptMs({ code, outageMs, tookMs, random });
    assert.equal(wait(0), least);
    const longest = wait(1 - Number.EPSILON);
    assert.ok(longest > most * 0.99 && longest <= most, String(longest));
  });
