// The journal on a real file: what is told again to those who were away, and what a disk can do to it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { createDiskThread } from '../../relay/disk-thread.ts';
import { openJournal } from '../../relay/journal/journal.ts';
import type { JournalOptions } from '../../relay/journal/journal.ts';
import { createKeeper } from '../../relay/journal/keeper.ts';
import type { Asked, Told } from '../../relay/journal/keeper.ts';
import { MIGRATIONS } from '../../relay/journal/schema.ts';
import { openStore } from '../../relay/journal/store.ts';
import { migrate } from '../../relay/sqlite.ts';
import type { Ended, StoreOptions } from '../../relay/journal/store.ts';
import { MAX_MISSED } from '../../shared/protocol.ts';
import type { Call } from '../../shared/protocol.ts';
import { waitFor } from '../relay/wait.ts';
import { call, client, party } from './addon-call.ts';

const DEADLINE_MS = 3_000;
const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = 1_790_000_000_000;

const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'ringcue-journal-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
};
const storeIn = (path: string, over: Partial<StoreOptions> = {}) => {
  const store = openStore({
    path: join(path, 'journal.sqlite'),
    epoch: 'e1',
    returnedBy: 'own',
    maxMissed: MAX_MISSED,
    now: () => NOW,
    ...over,
  });
  return Object.assign(store, { [Symbol.dispose]: () => store.close() });
};

let lastSeq = 0;
const ended = (id: string, over: Partial<Call> = {}, extension = '101', seq = (lastSeq += 1)): Ended => ({
  type: 'ended',
  extension,
  seq,
  call: call({ id, state: 'ended', startedAt: NOW, endedAt: NOW + 10, endReason: 'missed', ...over }),
});
const backTo = (number: string, over: Partial<Call> = {}): Partial<Call> => ({
  direction: 'outbound',
  endReason: 'no-answer',
  endedAt: NOW + 100,
  party: party({ number }),
  ...over,
});
const FIRST = { epoch: 'e1', seq: 0 };
const idsOf = (calls: readonly Call[]): string => calls.map(({ id }) => id).join(' ');

test('what was missed or turned away busy after a place in the lines is told, newest first, and nothing else', () => {
  using home = folder();
  using store = storeIn(home.path);
  store.write([
    ended('a', {}, '101', 3),
    ended('b', { endReason: 'busy' }, '101', 5),
    ended('other', {}, '102', 6),
    ended('c', { endReason: 'completed' }, '101', 7),
    ended('d', { endReason: 'busy', direction: 'outbound', party: party({ number: '+7999' }) }, '101', 8),
    ended('e', {}, '101', 9),
    ended('f', { answeredBy: '103' }, '101', 10),
  ]);
  const since = (seq: number) => idsOf(store.missedSince('101', { epoch: 'e1', seq }).calls);
  assert.deepEqual([2, 3, 4, 5, 8, 9].map(since), ['e b a', 'e b', 'e b', 'e', 'e', '']);
  assert.deepEqual(
    store.missedSince('101', null),
    { calls: [], dealtWith: [] },
    'nobody begins with old calls',
  );
});

test('a place is found again after restarts, also where nothing ended in its epoch; an unknown one is older than all', () => {
  using home = folder();
  for (const [epoch, ids] of Object.entries({ e1: ['a'], e2: [], e3: ['b'], e4: ['c'] })) {
    using store = storeIn(home.path, { epoch });
    store.write(ids.map((id) => ended(id, {}, '101', 4)));
  }
  using store = storeIn(home.path, { epoch: 'e5' });
  const since = (epoch: string, seq: number) => idsOf(store.missedSince('101', { epoch, seq }).calls);
  assert.deepEqual(
    [since('e1', 3), since('e1', 4), since('e2', 9), since('e3', 3), since('e3', 4), since('e5', 0)],
    ['c b a', 'c b', 'c b', 'c b', 'c', ''],
  );
  assert.equal(since('long-ago', 5), 'c b a');
});

test('what was seen is not told, but that it was seen is', () => {
  using home = folder();
  using store = storeIn(home.path);
  store.write([ended('a'), ended('b'), ended('a', {}, '102')]);
  store.write([{ type: 'seen', extension: '101', callIds: ['a', 'unknown'], at: NOW }]);
  const { calls, dealtWith } = store.missedSince('101', FIRST);
  assert.deepEqual([idsOf(calls), dealtWith], ['b', ['a']]);
  assert.equal(idsOf(store.missedSince('102', FIRST).calls), 'a', 'it is his own affair');
});

test('a call whose end is corrected keeps its place and that it was seen', () => {
  using home = folder();
  using store = storeIn(home.path);
  store.write([ended('a', {}, '101', 5), ended('b', {}, '101', 6)]);
  store.write([{ type: 'seen', extension: '101', callIds: ['b'], at: NOW }]);
  store.write([ended('b', {}, '101', 8), ended('a', { answeredBy: '103' }, '101', 9)]);
  assert.deepEqual(store.missedSince('101', FIRST), { calls: [], dealtWith: ['b'] });
});

for (const [returnedBy, from, over, expected] of [
  ['own', '101', {}, 'own'],
  ['own', '102', { answeredAt: NOW, endReason: 'completed' }, ''],
  ['any', '102', { answeredAt: NOW, endReason: 'completed' }, 'own'],
  ['any', '102', {}, ''],
  ['own', '101', { endedAt: NOW + 5 }, ''],
  ['own', '101', { direction: 'inbound' }, ''],
  ['own', '101', { party: party({ number: '+7999' }) }, ''],
] as const)
  test(`returned by ${returnedBy}: ${from} ${JSON.stringify(over)} returns ${expected || 'nothing'}`, () => {
    using home = folder();
    using store = storeIn(home.path, { returnedBy });
    store.write([ended('own', { party: party({ number: '+7916' }) })]);
    const returned = store.write([ended('back', backTo('+7916', over), from)]);
    assert.equal(
      returned.map(({ extension, id }) => `${extension} ${id}`).join(),
      expected && `101 ${expected}`,
    );
    assert.equal(idsOf(store.missedSince('101', FIRST).calls).includes('own'), expected === '');
    assert.deepEqual(store.missedSince('101', FIRST).dealtWith, expected ? ['own'] : []);
  });

test('a colleague’s talk with a colleague returns nobody’s call, nor does a hidden number', () => {
  using home = folder();
  using store = storeIn(home.path, { returnedBy: 'any' });
  const inside = party({ number: '102', internal: true });
  store.write([ended('a', { party: inside }), ended('b', { party: party({ number: null }) })]);
  const talk = { answeredAt: NOW, endReason: 'completed' } as const;
  store.write([
    ended('c', { ...backTo('102', talk), party: inside }, '103'),
    ended('d', { ...backTo('', talk), party: party({ number: null }) }, '101'),
  ]);
  assert.equal(idsOf(store.missedSince('101', FIRST).calls), 'b a');
});

test('at most so many are told, the newest; pictures are not kept', () => {
  using home = folder();
  using store = storeIn(home.path);
  const known = party({ client: client({ image: 'data:image/png;base64,AAAA' }) });
  store.write(Array.from({ length: MAX_MISSED + 5 }, (_, n) => ended(`c${n}`, { party: known })));
  const { calls } = store.missedSince('101', FIRST);
  assert.equal(calls.length, MAX_MISSED);
  assert.equal(calls[0]?.id, `c${MAX_MISSED + 4}`);
  assert.deepEqual(calls[0].party.client, client());
});

test('what is too old is forgotten step by step, and a batch is written whole or not at all', () => {
  using home = folder();
  using store = storeIn(home.path);
  store.write([1, 2, 3].map((n) => ended(`old${n}`, { endedAt: NOW - 91 * DAY_MS })));
  store.write([ended('young', { endedAt: NOW - 89 * DAY_MS })]);
  const steps = [2, 2, 2].map((limit) => store.purge(NOW - 90 * DAY_MS, limit));
  assert.deepEqual(steps, [2, 1, 0]);
  assert.throws(() => store.write([ended('good'), ended('bad', { endedAt: 1.5 })]));
  assert.equal(idsOf(store.missedSince('101', FIRST).calls), 'young');
});

test('the file is the relay’s alone', () => {
  using home = folder();
  using store = storeIn(home.path);
  store.write([ended('a')]);
  for (const name of readdirSync(home.path))
    assert.equal(statSync(join(home.path, name)).mode & 0o77, 0, name);
});

// Versions.

/** As released: never to be changed. */
const FILE_OF_VERSION_1 = readFileSync(new URL('./journal-version-1.sql', import.meta.url), 'utf8');

test('a file of version 1 is read and written', () => {
  using home = folder();
  const old = new DatabaseSync(join(home.path, 'journal.sqlite'));
  old.exec(FILE_OF_VERSION_1);
  old.close();
  using store = storeIn(home.path, { epoch: 'e9' });
  store.write([ended('new')]);
  assert.equal(idsOf(store.missedSince('101', { epoch: 'e0', seq: 4 }).calls), 'new 1700000000.2');
  assert.deepEqual(store.missedSince('101', { epoch: 'e0', seq: 0 }).dealtWith, ['1700000000.1']);
});

test('migrations that a file lacks are done in order, once; a fault in one leaves the version before it', () => {
  using database = new DatabaseSync(':memory:');
  const versionOf = () => database.prepare('pragma user_version').get()?.['user_version'];
  migrate(database, MIGRATIONS, 'journal');
  const added = 'alter table ended add column note text';
  assert.throws(() => migrate(database, [...MIGRATIONS, `${added}; nonsense`], 'journal'));
  assert.equal(versionOf(), MIGRATIONS.length);
  migrate(database, [...MIGRATIONS, added], 'journal');
  migrate(database, [...MIGRATIONS, added], 'journal');
  assert.equal(versionOf(), MIGRATIONS.length + 1);
});

// Faults.

function keeperIn(path: string, over: { retryAfterMs?: number; days?: number } = {}) {
  const told: Told[] = [];
  const keeper = createKeeper({
    path: join(path, 'journal.sqlite'),
    epoch: 'e1',
    returnedBy: 'own',
    maxMissed: MAX_MISSED,
    days: 90,
    now: () => NOW,
    tell: (one) => void told.push(one),
    retryAfterMs: 20,
    ...over,
  });
  const isTold = (type: Told['type']) =>
    waitFor(
      () => told.some((one) => one.type === type),
      DEADLINE_MS,
      () => `${type} was not told, but: ${JSON.stringify(told)}`,
    );
  const missed = (): string | null => {
    keeper.take({ type: 'missed', key: 1, extension: '101', after: FIRST });
    const answer = told.at(-1);
    return answer?.type === 'missed' && answer.found ? idsOf(answer.found.calls) : null;
  };
  const take = (asked: Asked) => keeper.take(asked);
  return { told, take, isTold, missed, [Symbol.dispose]: () => take({ type: 'stop' }) };
}
const work = (...works: Ended[]): Asked => ({ type: 'work', works });
const types = (told: Told[]): string => told.map(({ type }) => type).join(' ');

for (const [what, damage] of [
  ['is no database', () => Buffer.from('not a database, but long enough to be looked at. '.repeat(100))],
  [
    'was damaged in its middle',
    (path: string) => {
      const bytes = readFileSync(path);
      return Buffer.concat([bytes.subarray(0, 200), Buffer.alloc(bytes.length - 200, 0xa5)]);
    },
  ],
] as const)
  test(`a file that ${what} is put aside as it is, and a new one is begun`, () => {
    using home = folder();
    const path = join(home.path, 'journal.sqlite');
    storeIn(home.path).close();
    const broken = damage(path);
    writeFileSync(path, broken);
    using keeper = keeperIn(home.path);
    keeper.take(work(ended('a')));
    assert.equal(keeper.missed(), 'a');
    assert.equal(keeper.told.filter(({ type }) => type === 'aside').length, 1);
    const aside = readdirSync(home.path).find((name) => name.includes('broken-')) ?? '';
    assert.match(aside, /^journal\.sqlite\.broken-2026-\d\d-\d\dT[\d-]+\.000Z$/);
    assert.deepEqual(readFileSync(join(home.path, aside)), broken);
  });

test('after a rollback the file of the newer Ringcue is put aside whole, and comes back with it', () => {
  using home = folder();
  const path = join(home.path, 'journal.sqlite');
  storeIn(home.path).write([ended('of the newer one')]);
  const newer = new DatabaseSync(path);
  newer.exec('create table added (what text); pragma user_version = 99');
  newer.close();
  using keeper = keeperIn(home.path);
  assert.equal(types(keeper.told), 'aside well');
  assert.match(JSON.stringify(keeper.told[0]), /"why":"newer"/);
  keeper.take(work(ended('of the older one')));
  assert.equal(keeper.missed(), 'of the older one');
  const [aside = ''] = readdirSync(home.path).filter((name) => name.startsWith('journal.sqlite.newer-'));
  using kept = new DatabaseSync(join(home.path, aside.replace(/-(wal|shm)$/, '')));
  assert.deepEqual(
    kept
      .prepare('select id from ended')
      .all()
      .map(({ id }) => id),
    ['of the newer one'],
  );
  assert.equal(kept.prepare('pragma user_version').get()?.['user_version'], 99);
});

test('where the folder cannot be had it is tried again until it can, and nothing is lost or answered wrongly', async () => {
  using home = folder();
  const place = join(home.path, 'data');
  writeFileSync(place, ''); // a file stands where the folder should
  using keeper = keeperIn(place);
  keeper.take(work(ended('a')));
  assert.equal(keeper.missed(), null);
  rmSync(place);
  await keeper.isTold('written');
  assert.equal(keeper.missed(), 'a');
});

test(
  'a folder that may only be read is a fault like others',
  { skip: process.getuid?.() === 0 && 'root may write all' },
  () => {
    using home = folder();
    chmodSync(home.path, 0o500);
    using keeper = keeperIn(home.path);
    assert.equal(types(keeper.told), 'fault');
  },
);

/** A disk of its own, this small; null: not allowed to us. */
function disk(path: string, kilobytes: number): Disposable | null {
  mkdirSync(path);
  const run = (...command: string[]) => execFileSync(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', path);
  } catch {
    return null;
  }
  return { [Symbol.dispose]: () => void run('umount', '-l', path) };
}

test('a full disk: what ended waits until there is room, and until then nobody is told half', async (t) => {
  using home = folder();
  const path = join(home.path, 'disk');
  using mounted = disk(path, 400);
  if (!mounted) return t.skip('no right to mount a small disk');
  using keeper = keeperIn(path);
  keeper.take(work(ended('before')));
  assert.equal(keeper.missed(), 'before');
  assert.throws(() => writeFileSync(join(path, 'ballast'), Buffer.alloc(1_000_000)), { code: 'ENOSPC' });
  keeper.take(work(...Array.from({ length: 150 }, (_, n) => ended(`c${n}`))));
  await keeper.isTold('fault');
  assert.match(JSON.stringify(keeper.told), /full|disk/);
  assert.equal(keeper.missed(), null);
  rmSync(join(path, 'ballast'));
  await waitFor(
    () => keeper.told.filter(({ type }) => type === 'written').length === 2,
    DEADLINE_MS,
    () => types(keeper.told),
  );
  assert.match(keeper.missed() ?? '', /^c149 c148 /);
});

test('one impossible row does not hold up the others for ever', () => {
  using home = folder();
  using keeper = keeperIn(home.path);
  keeper.take(work(ended('bad', { endedAt: 1.5 })));
  keeper.take(work(ended('good')));
  assert.equal(types(keeper.told), 'well fault dropped written');
  assert.equal(keeper.missed(), 'good');
});

test('old calls are forgotten by themselves', async () => {
  using home = folder();
  {
    using store = storeIn(home.path);
    store.write([ended('old', { endedAt: NOW - 3 * DAY_MS }), ended('young')]);
  }
  using keeper = keeperIn(home.path, { days: 2 });
  await waitFor(
    () => keeper.missed() === 'young',
    DEADLINE_MS,
    () => String(keeper.missed()),
  );
});

// The journal as the relay has it: a thread of its own.

function journalIn(path: string, over: Partial<JournalOptions> = {}) {
  const told: string[] = [];
  const journal = openJournal({
    disk: createDiskThread(),
    folder: path,
    days: 90,
    returnedBy: 'own',
    epoch: 'e1',
    now: () => NOW,
    onWell: () => void told.push('well'),
    onFault: () => void told.push('fault'),
    onAside: () => void told.push('aside'),
    onWritten: (count) => void told.push(`written ${count}`),
    onDropped: (count) => void told.push(`dropped ${count}`),
    onReturned: (extension, ids) => void told.push(`returned ${extension} ${ids.join(' ')}`),
    ...over,
  });
  return Object.assign(journal, { told, [Symbol.asyncDispose]: () => journal.stop() });
}
const add = (journal: { add(extension: string, call: Call, seq: number): void }, one: Ended) =>
  journal.add(one.extension, one.call, one.seq);

test('what ended a moment ago is in the answer, and is still there after a restart', async () => {
  using home = folder();
  {
    await using journal = journalIn(home.path);
    add(journal, ended('a', {}, '101', 1));
    assert.equal(idsOf((await journal.missedSince('101', FIRST))?.calls ?? []), 'a');
    add(journal, ended('b', { party: party({ number: '+7' }) }, '101', 2));
    add(journal, ended('back', backTo('+7'), '101', 3));
    journal.seen('101', ['a'], () => void journal.told.push('confirmed'));
    await journal.stop();
    // What came while the first was written went together.
    const told = ['well', 'written 1', 'written 1', 'confirmed', 'written 2', 'returned 101 b'];
    assert.deepEqual(journal.told, told);
  }
  await using journal = journalIn(home.path, { epoch: 'e2' });
  assert.deepEqual(await journal.missedSince('101', FIRST), { calls: [], dealtWith: ['b', 'a'] });
});

test('more than can wait is dropped and counted, while whoever adds never waits', async () => {
  using home = folder();
  const place = join(home.path, 'data');
  writeFileSync(place, '');
  const journal = journalIn(place);
  const one = ended('a');
  const startedAt = performance.now();
  for (let n = 0; n < 10_500; n += 1) add(journal, one);
  assert.ok(performance.now() - startedAt < 2_000, `${performance.now() - startedAt} ms`);
  assert.equal(journal.told.filter((told) => told === 'dropped 1').length, 500);
  const asked = journal.missedSince('101', FIRST);
  await journal.stop();
  assert.equal(await asked, null);
  assert.ok(journal.told.includes('dropped 10000'), journal.told.slice(-3).join());
  assert.equal(existsSync(join(place, 'journal.sqlite')), false);
});

test('who asks while the disk fails is answered as soon as it does not, with what ended meanwhile', async () => {
  using home = folder();
  const place = join(home.path, 'data');
  writeFileSync(place, '');
  await using journal = journalIn(place);
  await waitFor(
    () => journal.told.includes('fault'),
    DEADLINE_MS,
    () => journal.told.join(),
  );
  add(journal, ended('a', {}, '101', 1));
  const asked = journal.missedSince('101', FIRST);
  rmSync(place);
  assert.equal(idsOf((await asked)?.calls ?? []), 'a');
});
