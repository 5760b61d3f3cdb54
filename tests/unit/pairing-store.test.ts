// What is written down of pairing: the file, the thread that keeps it, and what happens when the disk does not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { AuditRow } from '../../relay/pairing/audit.ts';
import type { PairedDevice } from '../../relay/pairing/devices.ts';
import { createDiskThread } from '../../relay/disk-thread.ts';
import { openDisk } from '../../relay/pairing/disk.ts';
import { FILE_NAME, openPairingStore } from '../../relay/pairing/store.ts';
import type { Kept, PairingStore, Work } from '../../relay/pairing/store.ts';
import { waitFor } from '../relay/wait.ts';

const NOW = 1_790_000_000_000;
const DAY_MS = 86_400_000;
const DEADLINE_MS = 10_000;

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'ringcue-pairing-'));
  return { path, file: join(path, FILE_NAME), [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
const device = (id: string, over: Partial<PairedDevice> = {}): PairedDevice => ({
  ...{ id, extension: '101', tokenHash: `hash of ${id}`, name: 'Chrome on Windows' },
  ...{ pairedAt: NOW, seenAt: NOW, revokedAt: null },
  ...over,
});
const paired = (id: string, over: Partial<PairedDevice> = {}): Work => ({
  type: 'paired',
  device: device(id, over),
});
const row = (n: number): AuditRow => ({
  ...{ at: NOW + n, what: 'refused', extension: null, by: null, reason: 'wrong-phone', count: n },
});
const idsOf = ({ devices }: Kept): string[] => devices.map(({ id }) => id);
const withStore = <T>(store: PairingStore, work: (store: PairingStore) => T): T => {
  try {
    return work(store);
  } finally {
    store.close();
  }
};

test('what was written is there when the file is opened again', async () => {
  await using place = await folder();
  const invitation = { hash: 'h', extension: '102', expiresAt: NOW };
  withStore(openPairingStore(place.file), (store) =>
    store.write([
      paired('a'),
      paired('b'),
      paired('a', { name: 'again' }),
      { type: 'revoked', id: 'b', at: NOW + 1 },
      { type: 'revoked', id: 'b', at: NOW + 2 },
      { type: 'seen', ids: ['a', 'nobody'], at: NOW + 5 },
      { type: 'seen', ids: ['a'], at: NOW + 4 },
      { type: 'invited', invitation },
      { type: 'invited', invitation: { ...invitation, hash: 'used' } },
      { type: 'invitation-used', hash: 'used' },
      { type: 'audited', row: row(1) },
      { type: 'audited', row: row(2) },
    ]),
  );
  withStore(openPairingStore(place.file), (store) => {
    assert.deepEqual(JSON.parse(JSON.stringify(store.kept())), {
      devices: [device('a', { seenAt: NOW + 5 }), device('b', { revokedAt: NOW + 1 })],
      invitations: [invitation],
    });
    assert.deepEqual(
      store.audit(1).map(({ count }) => count),
      [2],
    );
  });
});

test('the file is the relay’s alone, and no token stands in it', async () => {
  await using place = await folder();
  withStore(openPairingStore(place.file), (store) => store.write([paired('a')]));
  assert.equal((await stat(place.file)).mode & 0o777, 0o600);
});

test('another process sees what was written, by the version that changes', async () => {
  await using place = await folder();
  const [relay, command] = [openPairingStore(place.file), openPairingStore(place.file)];
  const before = relay.version();
  relay.write([paired('a')]);
  assert.equal(relay.version(), before, 'what one has written oneself is no news');
  command.write([{ type: 'revoked', id: 'a', at: NOW }]);
  assert.notEqual(relay.version(), before);
  assert.equal(relay.kept().devices[0]?.revokedAt, NOW);
  relay.close();
  command.close();
});

test('what nobody needs any more is forgotten, and who was revoked lately is not', async () => {
  await using place = await folder();
  withStore(openPairingStore(place.file), (store) => {
    store.write([
      paired('here', { seenAt: NOW - DAY_MS }),
      paired('expired', { seenAt: NOW - 200 * DAY_MS }),
      paired('long expired', { seenAt: NOW - 271 * DAY_MS }),
      paired('revoked', { revokedAt: NOW - 89 * DAY_MS }),
      paired('long revoked', { revokedAt: NOW - 91 * DAY_MS }),
      { type: 'invited', invitation: { hash: 'old', extension: '101', expiresAt: NOW } },
      { type: 'invited', invitation: { hash: 'new', extension: '101', expiresAt: NOW + 1 } },
    ]);
    store.purge(NOW, 180);
    assert.deepEqual(idsOf(store.kept()).sort(), ['expired', 'here', 'revoked']);
    assert.deepEqual(
      store.kept().invitations.map(({ hash }) => hash),
      ['new'],
    );
  });
});

test('a file of a newer Ringcue is left as it is', async () => {
  await using place = await folder();
  withStore(openPairingStore(place.file), () => undefined);
  const database = new DatabaseSync(place.file);
  database.exec('pragma user_version = 99');
  database.close();
  assert.throws(() => openPairingStore(place.file), /newer Ringcue \(version 99 of the pairing file\)/);
});

// The thread.

type Heard = { kept: Kept[]; faults: string[]; well: number; dropped: number };
function openThread(path: string) {
  const heard: Heard = { kept: [], faults: [], well: 0, dropped: 0 };
  const disk = openDisk(
    {
      thread: createDiskThread(),
      folder: path,
      tokenDays: 180,
      onWell: () => (heard.well += 1),
      onFault: (message) => void heard.faults.push(message),
      onDropped: () => (heard.dropped += 1),
    },
    { onKept: (kept) => void heard.kept.push(kept) },
  );
  const hears = (isHeard: () => boolean, what: string): Promise<void> =>
    waitFor(isHeard, DEADLINE_MS, () => `${what}; heard: ${JSON.stringify(heard)}`);
  return { disk, heard, hears, [Symbol.asyncDispose]: () => disk.stop() };
}

test('who is paired is told at the start and whenever another process has changed it, within half a second', async () => {
  await using place = await folder();
  withStore(openPairingStore(place.file), (store) => store.write([paired('a')]));
  await using thread = openThread(place.path);
  await thread.hears(() => thread.heard.kept.length === 1, 'what is kept');
  assert.deepEqual(idsOf(thread.heard.kept[0] ?? { devices: [], invitations: [] }), ['a']);
  thread.disk.write(paired('b'));
  const startedAt = performance.now();
  withStore(openPairingStore(place.file), (store) => store.write([{ type: 'revoked', id: 'a', at: NOW }]));
  const isRevoked = (): boolean => thread.heard.kept.at(-1)?.devices[0]?.revokedAt === NOW;
  await thread.hears(isRevoked, 'that a is revoked');
  assert.ok(performance.now() - startedAt < 1_000);
  assert.deepEqual(
    idsOf(thread.heard.kept.at(-1) ?? { devices: [], invitations: [] }),
    ['a', 'b'],
    'and b is not lost by it',
  );
});

test('what was decided in the last moment is written', async () => {
  await using place = await folder();
  {
    await using thread = openThread(place.path);
    for (let n = 0; n < 500; n += 1) thread.disk.write(paired(`d${n}`));
  }
  withStore(openPairingStore(place.file), (store) => assert.equal(store.kept().devices.length, 500));
});

test('a broken file is told, left as it is, and read as soon as it is put right', async () => {
  await using place = await folder();
  await writeFile(place.file, 'this is no database, and somebody must look at it');
  await using thread = openThread(place.path);
  await thread.hears(() => thread.heard.faults.length > 0, 'a fault');
  thread.disk.write(paired('a'));
  assert.deepEqual(thread.heard.kept, []);
  assert.match(await readFile(place.file, 'utf8'), /^this is no database/);
  await rm(place.file);
  await thread.hears(() => thread.heard.kept.length > 0, 'what is kept');
  await thread.hears(() => thread.heard.well === 1, 'that it is well');
  await thread.disk.stop();
  withStore(openPairingStore(place.file), (store) => assert.deepEqual(idsOf(store.kept()), ['a']));
});

test('while the file is locked by somebody else nobody waits, and nothing is lost', async () => {
  await using place = await folder();
  await using thread = openThread(place.path);
  await thread.hears(() => thread.heard.kept.length > 0, 'what is kept');
  const other = new DatabaseSync(place.file, { timeout: DEADLINE_MS }); // it may be writing at this moment
  other.exec('begin immediate');
  const startedAt = performance.now();
  thread.disk.write(paired('a'));
  assert.ok(performance.now() - startedAt < 100);
  await thread.hears(() => thread.heard.faults.length > 0, 'a fault');
  other.exec('commit');
  other.close();
  await thread.disk.stop();
  withStore(openPairingStore(place.file), (store) => assert.deepEqual(idsOf(store.kept()), ['a']));
});

/** A disk of its own, this small; null: not allowed to us. */
function smallDisk(path: string): Disposable | null {
  const run = (...command: string[]) => execFileSync(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
  try {
    run('mount', '-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', path);
  } catch {
    return null;
  }
  return { [Symbol.dispose]: () => void run('umount', '-l', path) };
}

test('a full disk: who was paired before is still told, and what is decided then is written when there is room', async (t) => {
  await using place = await folder();
  using mounted = smallDisk(place.path);
  if (!mounted) return t.skip('no right to mount a small disk');
  withStore(openPairingStore(place.file), (store) => store.write([paired('a')]));
  await using thread = openThread(place.path);
  await thread.hears(() => thread.heard.kept.length === 1, 'what is kept');
  const ballast = join(place.path, 'ballast');
  await assert.rejects(writeFile(ballast, Buffer.alloc(1_000_000)), { code: 'ENOSPC' });
  for (let n = 0; n < 200; n += 1) thread.disk.write(paired(`d${n}`, { name: 'x'.repeat(200) }));
  await thread.hears(() => thread.heard.faults.some((fault) => /full|disk/.test(fault)), 'that it is full');
  await using restarted = openThread(place.path);
  await restarted.hears(
    () => restarted.heard.kept.length > 0,
    'who is paired, though it starts on a full disk',
  );
  assert.ok(idsOf(restarted.heard.kept[0] ?? { devices: [], invitations: [] }).includes('a'));
  await restarted.disk.stop();
  await rm(ballast);
  const count = (): number => withStore(openPairingStore(place.file), (store) => store.kept().devices.length);
  await thread.hears(() => count() === 201, 'that all is written');
  await thread.disk.stop();
});

test('more than can wait is dropped and counted, notes before pairings', async () => {
  await using place = await folder();
  await writeFile(place.file, 'no database');
  await using thread = openThread(place.path);
  for (let n = 0; n < 6_000; n += 1) thread.disk.write({ type: 'audited', row: row(n) });
  assert.equal(thread.heard.dropped, 1_000);
  for (let n = 0; n < 6_000; n += 1) thread.disk.write(paired(`d${n}`));
  assert.equal(thread.heard.dropped, 2_000);
});
