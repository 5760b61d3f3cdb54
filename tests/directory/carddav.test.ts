// An address book on a real CardDAV server (Radicale), read as a snapshot.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SourceConfig } from '../../relay/config-directory.ts';
import { openKept } from '../../relay/directory/open-source.ts';
import { queryFor } from '../../relay/directory/query.ts';
import type { SnapshotTold } from '../../relay/directory/snapshot.ts';
import { prepareDatabases } from './databases.ts';
import { freePort, ownFolder, startServer } from './server-process.ts';

const USER = 'ringcue';
const SECRET = 'book secret: ü';

async function startRadicale() {
  await prepareDatabases();
  const folder = await ownFolder('radicale', {});
  const port = await freePort();
  const users = join(folder, 'users');
  await writeFile(users, `${USER}:${SECRET}\n`);
  const config = join(folder, 'config');
  await writeFile(
    config,
    [
      `[server]\nhosts = 127.0.0.1:${port}`,
      `[auth]\ntype = htpasswd\nhtpasswd_filename = ${users}\nhtpasswd_encryption = plain\ndelay = 0`,
      `[storage]\nfilesystem_folder = ${join(folder, 'books')}`,
      '[rights]\ntype = owner_only',
    ].join('\n'),
  );
  await mkdir(join(folder, 'books'));
  const server = await startServer({}, 'radicale', ['--config', config], { port, folder, signal: 'SIGTERM' });
  const url = `http://127.0.0.1:${port}/${USER}/clients/`;
  const request = async (method: string, path: string, body: string, type: string): Promise<void> => {
    const authorization = `Basic ${Buffer.from(`${USER}:${SECRET}`).toString('base64')}`;
    const headers = { Authorization: authorization, 'Content-Type': type };
    const response = await fetch(url + path, { method, body, headers });
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.text()}`);
  };
  await request(
    'MKCOL',
    '',
    `<mkcol xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><set><prop><resourcetype><collection/><c:addressbook/></resourcetype></prop></set></mkcol>`,
    'application/xml',
  );
  return {
    url,
    add: (name: string, ...lines: string[]) =>
      request(
        'PUT',
        `${name}.vcf`,
        ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD', ''].join('\r\n'),
        'text/vcard',
      ),
    [Symbol.asyncDispose]: server.stop,
  };
}

async function openBook(url: string, secret: string) {
  const told: SnapshotTold[] = [];
  const limits = { softMs: 800, hardMs: 3_000, everyMinutes: 15, mode: 'snapshot' } as const;
  const config: SourceConfig = { type: 'carddav', name: 'book', url, user: USER, secret, ...limits };
  const source = await openKept(config, {
    ...{ country: 'RU', fields: ['company'], folder: null, wallClock: Date.now, random: () => 0 },
    onList: () => undefined,
    onSnapshot: (_, one) => void told.push(one),
  });
  return { source, told, [Symbol.asyncDispose]: async () => source.stop() };
}

test('everybody in the address book is known, however many, by each of his numbers', async () => {
  await using book = await startRadicale();
  await book.add(
    'anna',
    'UID:anna',
    'FN:Анна & <Петрова>',
    'N:Петрова;Анна;;;',
    'TEL;TYPE=CELL:8 (916) 123-45-67',
    'TEL;TYPE=WORK:+44 20 7946 0958',
    'ORG:Ромашка',
  );
  for (let n = 0; n < 230; n += 1)
    await book.add(`c${n}`, `UID:c${n}`, `FN:Клиент ${n}`, `N:;;;;`, `TEL:+7916${2_000_000 + n}`);
  {
    await using opened = await openBook(book.url, SECRET);
    const find = async (number: string) =>
      (await opened.source.find(queryFor(number), AbortSignal.timeout(1_000))).map(({ name, fields }) => [
        name,
        fields['company'],
      ]);
    assert.deepEqual(
      await find('+79161234567'),
      [['Анна & <Петрова>', 'Ромашка']],
      JSON.stringify(opened.told),
    );
    assert.deepEqual(await find('+442079460958'), [['Анна & <Петрова>', 'Ромашка']]);
    assert.deepEqual(await find('+79162000229'), [['Клиент 229', undefined]], 'from the second request');
    assert.equal(opened.source.size(), 231);
  }
  await using refused = await openBook(book.url, 'wrong');
  assert.deepEqual(
    refused.told.map(({ type }) => type),
    ['fault'],
  );
  assert.equal(refused.told[0]?.type === 'fault' && refused.told[0].code, 'directory.refused');
});
