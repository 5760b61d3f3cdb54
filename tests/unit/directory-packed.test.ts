// Many clients in little memory: found by number, kept on disk whole or not at all.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createPacker, finderIn } from '../../relay/directory/packed-clients.ts';
import { withNumber } from '../../relay/directory/live.ts';
import { queryFor } from '../../relay/directory/query.ts';
import { readSnapshotFile, writeSnapshotFile } from '../../relay/directory/snapshot-file.ts';
import type { Client } from '../../relay/directory/source.ts';

const client = (n: number, over: Partial<Client> = {}): Client => ({
  id: String(n),
  name: `Клиент ${n} 🙂`,
  numbers: [`+7916${String(n).padStart(7, '0')}`],
  url: null,
  image: null,
  fields: {},
  ...over,
});
function packed(...clients: Client[]) {
  const packer = createPacker();
  for (const one of clients) assert.ok(packer.add(one));
  return packer.finish();
}
const found = (list: ReturnType<typeof packed>, number: string) => finderIn(list)(queryFor(number));

test('a client comes out as he was put in', () => {
  const full = client(7, {
    numbers: ['+79161234567', '101', '+442079460958'],
    url: 'https://crm.example/7',
    image: 'data:image/png;base64,AA==',
    fields: { company: 'ООО "Ромашка"', debt: '1 500' },
    manager: '101',
    isVip: true,
    isBlocked: true,
  });
  const list = packed(client(1), full, client(2));
  for (const number of full.numbers ?? []) assert.deepEqual(found(list, number), [full], number);
  assert.equal(list.count, 3);
});

test('each of 50000 clients is found by his number, and nobody by another', () => {
  const clients = Array.from({ length: 50_000 }, (_, n) => client(n));
  const list = packed(...clients);
  for (const one of clients) assert.deepEqual(found(list, one.numbers?.[0] ?? ''), [one]);
  for (let n = 50_000; n < 60_000; n += 1) assert.deepEqual(found(list, client(n).numbers?.[0] ?? ''), []);
});

test('the last ten digits find a client where the whole number does not, if he is the only one', () => {
  const list = packed(
    client(1, { numbers: ['09161234567'] }),
    client(2, { numbers: ['19160000000'] }),
    client(3, { numbers: ['29160000000'] }),
  );
  assert.deepEqual(
    found(list, '+79161234567').map(({ id }) => id),
    ['1'],
  );
  assert.deepEqual(found(list, '+79160000000'), [], 'two have them: never a guess');
});

test('the same ten digits in another country are another number', () => {
  const list = packed(client(1, { numbers: ['+79161234567'] }));
  assert.deepEqual(found(list, '+19161234567'), []);
  assert.deepEqual(withNumber([client(1, { numbers: ['+79161234567'] })], queryFor('+19161234567')), []);
});

test('clients who share a number are all found, rows of one client are one, and of very many not all are counted', () => {
  const shared = (n: number) => client(n, { numbers: ['+79161234567'] });
  assert.deepEqual(
    found(packed(shared(1), shared(2), shared(1)), '+79161234567').map(({ id }) => id),
    ['1', '2'],
  );
  const startedAt = performance.now();
  const crowd = packed(...Array.from({ length: 20_000 }, (_, n) => shared(n)));
  const count = found(crowd, '+79161234567').length;
  assert.ok(count >= 20 && count <= 22, String(count));
  assert.ok(performance.now() - startedAt < 5_000);
});

test('an empty list knows nobody', () => assert.deepEqual(found(packed(), '+79161234567'), []));

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'ringcue-packed-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test('what is kept on disk comes back, and is nobody else’s business', async () => {
  await using place = await folder();
  const path = join(place.path, 'x.snapshot');
  const list = packed(client(1), client(2));
  await writeSnapshotFile(path, list, 42);
  const kept = await readSnapshotFile(path);
  assert.ok(kept);
  assert.equal(kept.at, 42);
  assert.deepEqual(found(kept.packed, '+79160000002'), [client(2)]);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(await readSnapshotFile(join(place.path, 'none')), null);
});

test('a file that is damaged anywhere is not believed', async () => {
  await using place = await folder();
  const path = join(place.path, 'x.snapshot');
  await writeSnapshotFile(path, packed(client(1), client(2)), 42);
  const good = await readFile(path);
  const damaged = [
    good.subarray(0, good.length - 1),
    Buffer.concat([good, Buffer.of(0)]),
    Buffer.of(),
    Buffer.from('{}\n'),
    Buffer.from(good.map((byte, at) => (at === good.length - 100 ? byte ^ 1 : byte))),
  ];
  for (const bytes of damaged) {
    await writeFile(path, bytes);
    await assert.rejects(readSnapshotFile(path), { code: 'directory.bad-answer' });
  }
});
