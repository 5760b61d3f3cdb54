// Who is paired, as the relay holds it in memory, and what is written down of it: devices, invitations, the audit log.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAudit } from '../../relay/pairing/audit.ts';
import type { AuditRow } from '../../relay/pairing/audit.ts';
import { createDevices } from '../../relay/pairing/devices.ts';
import type { PairedDevice } from '../../relay/pairing/devices.ts';
import { createInvitations } from '../../relay/pairing/invitations.ts';
import { replay } from '../../relay/pairing/replay.ts';
import { hashOf, hashOfInvitation, newInvitation, newToken } from '../../relay/pairing/secrets.ts';
import { MAX_DEVICES } from '../../shared/protocol.ts';

const NOW = 1_790_000_000_000;
const DAY_MS = 86_400_000;
const device = (id: string, over: Partial<PairedDevice> = {}): PairedDevice => ({
  id,
  extension: '101',
  tokenHash: `hash of ${id}`,
  name: 'Chrome on Windows',
  pairedAt: NOW,
  seenAt: NOW,
  revokedAt: null,
  ...over,
});
const found = (devices: ReturnType<typeof createDevices>, id: string, at = NOW): string => {
  const answer = devices.find(`hash of ${id}`, at);
  return typeof answer === 'string' ? answer : answer.extension;
};
const idsOf = (devices: readonly PairedDevice[]): string[] => devices.map(({ id }) => id);

test('a token is good for its extension until its browser was away for too long, each visit counts anew', () => {
  const devices = createDevices(180);
  devices.add(device('a'));
  assert.equal(found(devices, 'a', NOW + 180 * DAY_MS), '101');
  assert.equal(found(devices, 'a', NOW + 180 * DAY_MS + 1), 'expired');
  devices.see('a', NOW + 100 * DAY_MS);
  devices.see('a', NOW); // a clock that was set back takes nothing away
  assert.equal(found(devices, 'a', NOW + 280 * DAY_MS), '101');
  assert.deepEqual(devices.of('101', NOW + 281 * DAY_MS), []);
  assert.equal(found(devices, 'b'), 'unknown');
});

test('a device is revoked once, by its own extension only', () => {
  const devices = createDevices(180);
  devices.add(device('a'));
  assert.equal(devices.revoke('a', '102', NOW), null);
  assert.equal(devices.revoke('b', '101', NOW), null);
  assert.equal(devices.revoke('a', '101', NOW)?.id, 'a');
  assert.equal(devices.revoke('a', '101', NOW), null);
  assert.equal(found(devices, 'a'), 'revoked');
  assert.deepEqual([devices.of('101', NOW), devices.count(NOW)], [[], 0]);
});

test('of too many the one that was away for longest gives way', () => {
  const devices = createDevices(180);
  for (let n = 0; n < MAX_DEVICES; n += 1)
    devices.add(device(`d${n}`, { seenAt: NOW - (n === 7 ? 9_000 : n) }));
  assert.deepEqual(idsOf(devices.add(device('new'))), ['d7']);
  assert.equal(devices.of('101', NOW).length, MAX_DEVICES);
  assert.equal(found(devices, 'd7'), 'revoked');
  assert.deepEqual(devices.add(device('other', { extension: '102' })), []);
});

test('what another process has made of them is taken over, and it is told whom that concerns', () => {
  const devices = createDevices(180);
  for (const id of ['a', 'b', 'c']) devices.add(device(id));
  devices.add(device('d', { extension: '102' }));
  devices.see('b', NOW + 5);
  const { gone, changed } = devices.replace(
    [
      device('a', { revokedAt: NOW }),
      device('b'),
      device('d', { extension: '102' }),
      device('e', { extension: '103' }),
    ],
    NOW,
  );
  assert.deepEqual(idsOf(gone), ['a', 'c'], 'c is not even there any more');
  assert.deepEqual([...changed].sort(), ['101', '103']);
  assert.deepEqual(
    [found(devices, 'a'), found(devices, 'b'), found(devices, 'c')],
    ['revoked', '101', 'unknown'],
  );
  assert.equal(devices.of('101', NOW)[0]?.seenAt, NOW + 5, 'what was seen since is not forgotten');
});

test('what the disk has not got yet is not lost when the file is read again', () => {
  const kept = {
    devices: [device('a'), device('b', { revokedAt: 7 })],
    invitations: [{ hash: 'h', extension: '101', expiresAt: NOW }],
  };
  const after = replay(kept, [
    { type: 'paired', device: device('c') },
    { type: 'revoked', id: 'a', at: NOW },
    { type: 'revoked', id: 'b', at: NOW },
    { type: 'revoked', id: 'c', at: NOW },
    { type: 'invitation-used', hash: 'h' },
    { type: 'seen', ids: ['a'], at: NOW },
  ]);
  assert.deepEqual(
    after.devices.map(({ id, revokedAt }) => [id, revokedAt]),
    [
      ['a', NOW],
      ['b', 7],
      ['c', NOW],
    ],
  );
  assert.deepEqual(after.invitations, []);
  assert.equal(kept.devices[0]?.revokedAt, null, 'what was read is not touched');
});

// Invitations.

test('an invitation is good once, in time, and for its own extension', () => {
  const invitations = createInvitations();
  invitations.replace([{ hash: 'h', extension: '101', expiresAt: NOW }]);
  assert.equal(invitations.use('x', null, NOW - 1), null);
  assert.equal(invitations.use('h', '102', NOW - 1), null);
  assert.equal(invitations.use('h', null, NOW), null, 'too late');
  assert.equal(invitations.use('h', '101', NOW - 1), '101');
  assert.equal(invitations.use('h', '101', NOW - 1), null, 'used');
});

test('an invitation is taken as people type it', () => {
  const code = newInvitation();
  assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){4}$/);
  const typed = [code.toLowerCase(), code.replaceAll('-', ''), ` ${code.replaceAll('-', ' ')} `];
  const likely = code.replaceAll('0', 'O').replaceAll('1', 'l');
  for (const one of [...typed, likely]) assert.equal(hashOfInvitation(one), hashOfInvitation(code), one);
  assert.notEqual(hashOfInvitation(newInvitation()), hashOfInvitation(code));
});

test('a token has 256 bits, and its hash tells nothing of it', () => {
  const [one, other] = [newToken(), newToken()];
  assert.equal(Buffer.from(one, 'base64url').length, 32);
  assert.notEqual(one, other);
  assert.equal(Buffer.from(hashOf(one), 'base64url').length, 32);
  assert.ok(!hashOf(one).includes(one));
});

// The audit log.

const refused = (extension: string | null, at = NOW) =>
  ({ at, what: 'refused', extension, by: null, reason: 'wrong-phone' }) as const;
const counts = (rows: readonly (AuditRow | null)[]): (number | null)[] =>
  rows.map((row) => row?.count ?? null);

test('pairings, revocations and invitations are written one by one', () => {
  const audit = createAudit();
  for (const what of ['paired', 'paired', 'revoked', 'invited'] as const)
    assert.equal(audit.note({ at: NOW, what, extension: '101', by: 'phone', reason: null })?.count, 1);
  assert.deepEqual(audit.counted(NOW, true), []);
});

test('the first refusal is written at once, the others of a minute as one number', () => {
  const audit = createAudit();
  assert.deepEqual(
    counts([audit.note(refused('101')), audit.note(refused('101')), audit.note(refused('102'))]),
    [1, null, 1],
  );
  for (let n = 0; n < 98; n += 1) audit.note(refused('101'));
  assert.deepEqual(audit.counted(NOW + 59_999), []);
  assert.deepEqual(audit.counted(NOW + 60_000), [{ ...refused('101', NOW + 60_000), count: 99 }]);
  assert.equal(audit.note(refused('101', NOW + 60_001))?.count, 1, 'then it begins anew');
});

test('a flood from ever new extensions is a few hundred rows', () => {
  const audit = createAudit();
  const rows = Array.from({ length: 100_000 }, (_, n) => audit.note(refused(String(n))));
  const written = rows.filter((row) => row !== null).length;
  assert.ok(written < 600, `${written} rows`);
  assert.deepEqual(
    audit.counted(NOW, true).map(({ extension, count }) => [extension, count]),
    [[null, 100_000 - written]],
  );
});

test('who watches whom is written once a day, however often the browser comes back', () => {
  const audit = createAudit();
  const watched = (at: number) =>
    audit.note({ at, what: 'watched', extension: '102', by: '101', reason: null });
  assert.deepEqual(counts([watched(NOW), watched(NOW + 1)]), [1, null]);
  audit.counted(NOW + DAY_MS);
  assert.equal(watched(NOW + DAY_MS)?.count, 1);
});
