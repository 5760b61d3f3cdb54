// A list in which nobody has a number would know nobody for ever, and look well.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pullAll } from '../../relay/directory/pull.ts';

const RULES = { fields: [], describe: (raw: string) => raw };
const pull = (...rows: object[]) =>
  pullAll(
    async function* () {
      yield await Promise.resolve(rows as Readonly<Record<string, unknown>>[]);
    },
    RULES,
    new AbortController().signal,
  );

test('a list in which no client has a number is refused, with the column that is missing', async () => {
  await assert.rejects(
    pull({ id: 1, name: 'Anna', number: '+79161234567' }),
    /no client has a number.*as numbers/,
  );
});

test('a list in which some have none is taken, and so is an empty one', async () => {
  const some = await pull({ id: 1, name: 'Anna', numbers: '+79161234567' }, { id: 2, name: 'Boris' });
  assert.equal(some.clients, 2);
  assert.equal((await pull()).clients, 0);
});
