// The list of clients while the relay runs: found by number, read again when the file changes, kept when it is wrong.
import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { watchClientList } from '../../relay/directory/client-list.ts';
import type { ClientList } from '../../relay/directory/client-list.ts';
import type { Problem } from '../../relay/directory/client-rows.ts';
import { queryFor } from '../../relay/directory/query.ts';
import { waitFor } from '../relay/wait.ts';

type Result = { clients: number; problems: Problem[]; isTaken: boolean };
type Watched = ClientList & { path: string; results: Result[]; isRead(count: number): Promise<Result> };

async function watch(t: TestContext, text: string | null): Promise<Watched> {
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-list-'));
  const path = join(folder, 'clients.csv');
  if (text !== null) await writeFile(path, text);
  const results: Result[] = [];
  const list = await watchClientList({
    path,
    ...{ country: 'RU', fields: [] },
    onRead: (result) => void results.push(result),
    lookEveryMs: 15,
  });
  t.after(async () => {
    list.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    ...list,
    path,
    results,
    isRead: async (count) => {
      await waitFor(
        () => results.length >= count,
        3_000,
        () => `it was read ${results.length} times, not ${count}`,
      );
      return results.at(-1) ?? assert.fail();
    },
  };
}

const HEADER = 'id,name,numbers\n';
const namesOf = (list: ClientList, number: string): string[] =>
  list.find(queryFor(number)).map(({ name }) => name);

test('a client is found by each of his numbers, whatever they were written like', async (t) => {
  const list = await watch(t, `${HEADER}1,Анна,"8 (916) 123-45-67; 101"\n`);
  assert.deepEqual([namesOf(list, '+79161234567'), namesOf(list, '101')], [['Анна'], ['Анна']]);
  assert.deepEqual([namesOf(list, '+79161234568'), namesOf(list, 'constructor')], [[], []]);
  assert.equal(list.size(), 1);
});

test('a number of several clients finds them all; two rows of one client are one', async (t) => {
  const list = await watch(
    t,
    `${HEADER}1,Анна,89161234567\n2,Борис,+79161234567\n1,Анна,89161234567\n1,Анна,89161234568\n`,
  );
  assert.deepEqual(namesOf(list, '+79161234567'), ['Анна', 'Борис']);
  assert.deepEqual(namesOf(list, '+79161234568'), ['Анна']);
});

test('a change in place, a rename over it, a deletion and a new file are all noticed', async (t) => {
  const list = await watch(t, `${HEADER}1,Анна,101\n`);
  await writeFile(list.path, `${HEADER}1,Борис,101\n2,Вера,102\n`);
  await list.isRead(2);
  assert.deepEqual(namesOf(list, '101'), ['Борис']);
  await writeFile(`${list.path}.new`, `${HEADER}1,Глеб,101\n2,Вера,102\n`);
  await rename(`${list.path}.new`, list.path);
  await list.isRead(3);
  assert.deepEqual(namesOf(list, '101'), ['Глеб']);
  await rm(list.path);
  const gone = await list.isRead(4);
  assert.match(gone.problems[0]?.message ?? '', /ENOENT/);
  assert.deepEqual([gone.isTaken, namesOf(list, '101')], [false, ['Глеб']]);
  await writeFile(list.path, `${HEADER}1,Дина,101\n2,Вера,102\n`);
  await list.isRead(5);
  assert.deepEqual(namesOf(list, '101'), ['Дина']);
});

test('a file that is not there yet is read when it comes', async (t) => {
  const list = await watch(t, null);
  assert.deepEqual([list.results[0]?.isTaken, list.size()], [false, 0]);
  await writeFile(list.path, `${HEADER}1,Анна,101\n`);
  await list.isRead(2);
  assert.deepEqual(namesOf(list, '101'), ['Анна']);
});

test('a list with a bad row is not taken, and the last good one stays', async (t) => {
  const list = await watch(t, `${HEADER}1,Анна,101\n`);
  await writeFile(list.path, `${HEADER}1,Борис,101\n2,,102\n`);
  const { isTaken, problems } = await list.isRead(2);
  assert.deepEqual([isTaken, problems], [false, [{ line: 3, message: 'column 2: no name' }]]);
  assert.deepEqual([namesOf(list, '101'), list.size()], [['Анна'], 1]);
});

test('where there was no list before, the good rows of a bad one are better than nobody', async (t) => {
  const list = await watch(t, `${HEADER}1,Анна,101\n2,,102\n`);
  assert.deepEqual([list.results[0]?.isTaken, list.results[0]?.problems.length], [true, 1]);
  assert.deepEqual(namesOf(list, '101'), ['Анна']);
});

test('a file that was cut, as one that is being written is, does not take the clients away', async (t) => {
  const rows = Array.from({ length: 100 }, (_, n) => `${n},Клиент ${n},${200 + n}\n`);
  const list = await watch(t, HEADER + rows.join(''));
  for (const [reads, text] of [HEADER, HEADER + rows.slice(0, 40).join('')].entries()) {
    await writeFile(`${list.path}.new`, text);
    await rename(`${list.path}.new`, list.path);
    const { isTaken, problems } = await list.isRead(reads + 2);
    assert.equal(isTaken, false);
    assert.match(problems[0]?.message ?? '', /only \d+ of 100 clients are left: restart the relay/);
  }
  await truncate(list.path, 0);
  assert.equal((await list.isRead(4)).problems[0]?.message, 'the file is empty');
  assert.equal(list.size(), 100);
  await writeFile(list.path, HEADER + rows.slice(0, 60).join(''));
  await waitFor(
    () => list.size() === 60,
    3_000,
    () => 'a list that shrank a little was not taken',
  );
});

test('a change during the reading is read after it', async (t) => {
  const rows = Array.from(
    { length: 20_000 },
    (_, n) => `${n},Клиент ${n},8916${String(n).padStart(7, '0')}\n`,
  );
  const list = await watch(t, `${HEADER}1,Анна,101\n`);
  await writeFile(list.path, HEADER + rows.join(''));
  await new Promise((resolve) => setTimeout(resolve, 60)); // it may be reading now; either way the last one counts
  await writeFile(list.path, `${HEADER}${rows.slice(0, 15_000).join('')}x,Борис,101\n`);
  await waitFor(
    () => namesOf(list, '101')[0] === 'Борис',
    5_000,
    () => 'the last list was not read',
  );
});

test('a list that is no longer watched is not read again', async (t) => {
  const list = await watch(t, `${HEADER}1,Анна,101\n`);
  const other = await watch(t, `${HEADER}1,Анна,101\n`);
  list.stop();
  await writeFile(list.path, `${HEADER}1,Борис,101\n`);
  await writeFile(other.path, `${HEADER}1,Борис,101\n`);
  await other.isRead(2);
  assert.equal(list.results.length, 1);
});
