// What the relay hands out below /add-on/: the files of one packing by their names, and nothing else of any disk.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openAddOnFiles } from '../../relay/add-on-files.ts';
import type { AddOnFiles } from '../../relay/add-on-files.ts';
import { peerReader } from '../../relay/feed/proxies.ts';
import { serve } from '../relay/served-feed.ts';
import { waitFor } from '../relay/wait.ts';

const LIMITS = { timeout: 20_000 };
const DEADLINE_MS = 8_000;
const ID = 'abcdefghijklmnopabcdefghijklmnop';
const root = mkdtempSync(join(tmpdir(), 'ringcue-add-on-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** As `npm run package` leaves them; null: not there. */
function put(folder: string, version: string, over: Record<string, string | null> = {}): void {
  const crx = `crx of ${version}`;
  const files: Record<string, string | null> = {
    'ringcue.crx': crx,
    'ringcue.xpi': `xpi of ${version}`,
    'updates.xml': `<app appid="${ID}">${version}`,
    'updates.json': `{"version":"${version}"}`,
    'contents.json': JSON.stringify({ version, chromiumId: ID, crxSha256: sha256(crx) }),
    ...over,
  };
  for (const [name, text] of Object.entries(files))
    if (text === null) rmSync(join(folder, name), { force: true });
    else writeFileSync(join(folder, name), text);
}

type Opened = Disposable & { folder: string; files: AddOnFiles; versions: string[]; faults: string[] };

/** A folder that the relay looks at, and what it has said of it. */
function open(prepare: (folder: string) => void): Opened {
  const folder = join(root, String((folders += 1)));
  mkdirSync(folder);
  prepare(folder);
  const [versions, faults] = [[] as string[], [] as string[]];
  const files = openAddOnFiles(folder, {
    onRead: (version) => void versions.push(version),
    onFault: (message) => void faults.push(message),
    lookEveryMs: 20,
  });
  return { folder, files, versions, faults, [Symbol.dispose]: () => files.stop() };
}
const says = (opened: Opened, what: 'versions' | 'faults', text: string): Promise<void> =>
  waitFor(
    () => opened[what].some((one) => one.includes(text)),
    DEADLINE_MS,
    () => `it did not say "${text}": ${JSON.stringify([opened.versions, opened.faults])}`,
  );

test('browsers get each file by its name, with the type that they insist on', LIMITS, async () => {
  using opened = open((folder) => put(folder, '1.0.0'));
  await says(opened, 'versions', '1.0.0');
  await using served = await serve({ addOnFile: opened.files.find });
  const table: [string, string, string][] = [
    ['ringcue.crx', 'application/x-chrome-extension', 'crx of 1.0.0'],
    ['ringcue.xpi', 'application/x-xpinstall', 'xpi of 1.0.0'],
    ['updates.xml', 'text/xml; charset=utf-8', `<app appid="${ID}">1.0.0`],
    ['updates.xml?os=linux&x=id%3Dabc', 'text/xml; charset=utf-8', `<app appid="${ID}">1.0.0`],
    ['updates.json', 'application/json; charset=utf-8', '{"version":"1.0.0"}'],
  ];
  for (const [name, type, body] of table) {
    const response = await fetch(`${served.http}/add-on/${name}`);
    assert.equal(response.status, 200, name);
    assert.equal(response.headers.get('content-type'), type);
    assert.equal(await response.text(), body);
  }
  const head = await fetch(`${served.http}/add-on/ringcue.crx`, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), String('crx of 1.0.0'.length));
});

test('no other name is anything below /add-on/, however it is written', LIMITS, async () => {
  using opened = open((folder) => {
    put(folder, '1.0.0');
    writeFileSync(join(folder, 'key.pem'), 'secret');
  });
  await says(opened, 'versions', '1.0.0');
  await using served = await serve({ addOnFile: opened.files.find });
  for (const name of [
    ...['', 'key.pem', 'contents.json', 'RINGCUE.CRX', 'ringcue.crx/', './ringcue.crx', '/ringcue.crx'],
    ...[
      '../add-on/ringcue.crx',
      '..%2fringcue.crx',
      'ringcue%2ecrx',
      'ringcue.crx%00',
      '%2e%2e/%2e%2e/etc/passwd',
    ],
    ...['__proto__', 'constructor', 'toString'],
  ]) {
    const status = await statusOf(served.feed.address.port, `/add-on/${name}`);
    assert.equal(status, 404, name);
  }
  assert.equal(await statusOf(served.feed.address.port, '/add-on/ringcue.crx'), 200);
});

test('behind a proxy’s path it is the same, whether that is cut off or not', LIMITS, async () => {
  using opened = open((folder) => put(folder, '1.0.0'));
  await says(opened, 'versions', '1.0.0');
  const door = { tls: null, peerOf: peerReader([]), origins: ['chrome-extension'], basePath: '/ringcue' };
  await using served = await serve({ addOnFile: opened.files.find, door });
  for (const path of ['/ringcue/add-on/ringcue.xpi', '/add-on/ringcue.xpi'])
    assert.equal(await statusOf(served.feed.address.port, path), 200, path);
});

test('the relay’s page may offer what is there', LIMITS, async () => {
  using all = open((folder) => put(folder, '1.0.0'));
  await says(all, 'versions', '1.0.0');
  assert.deepEqual(all.files.offer(), {
    chromium: { id: ID, updatesPath: 'add-on/updates.xml', crxPath: 'add-on/ringcue.crx' },
    firefox: { xpiPath: 'add-on/ringcue.xpi' },
  });
  using some = open((folder) => put(folder, '1.0.0', { 'ringcue.xpi': null, 'updates.xml': null }));
  await says(some, 'versions', '1.0.0');
  assert.deepEqual(some.files.offer(), { chromium: null, firefox: null });
});

test('a new packing is taken as it comes, and so is what Mozilla has signed', LIMITS, async () => {
  using opened = open((folder) => put(folder, '1.0.0'));
  await says(opened, 'versions', '1.0.0');
  put(opened.folder, '1.0.1');
  await says(opened, 'versions', '1.0.1');
  assert.equal(opened.files.find('ringcue.crx')?.body.toString(), 'crx of 1.0.1');
  writeFileSync(join(opened.folder, 'ringcue.xpi'), 'signed by Mozilla');
  await waitFor(
    () => opened.files.find('ringcue.xpi')?.body.toString() === 'signed by Mozilla',
    DEADLINE_MS,
    () => 'the signed xpi was not taken',
  );
});

const faults: [string, Record<string, string | null>, string][] = [
  ['half a packing', { 'ringcue.crx': 'of another packing' }, 'its files are of different packings'],
  [
    'updates of another add-on',
    { 'updates.xml': '<app appid="other">' },
    'its files are of different packings',
  ],
  ['no contents', { 'contents.json': null }, 'copy the folder add-on here that npm run package has written'],
  ['torn contents', { 'contents.json': '{"vers' }, 'is not what npm run package writes: pack again'],
  [
    'contents with an id that is none',
    { 'contents.json': JSON.stringify({ version: '1', chromiumId: '"><script>', crxSha256: sha256('') }) },
    'is not what npm run package writes: pack again',
  ],
  [
    'a file that nobody should hold in memory',
    { 'ringcue.xpi': ' '.repeat(17 * 1024 * 1024) },
    'is larger than any add-on',
  ],
];
for (const [what, over, message] of faults)
  test(`${what} is told, with the remedy, and what was handed out before stays`, LIMITS, async () => {
    using opened = open((folder) => put(folder, '1.0.0'));
    await says(opened, 'versions', '1.0.0');
    put(opened.folder, '2.0.0', over);
    await says(opened, 'faults', message);
    assert.equal(opened.files.find('ringcue.crx')?.body.toString(), 'crx of 1.0.0');
    put(opened.folder, '2.0.1');
    await says(opened, 'versions', '2.0.1');
  });

test('a folder that is not there is told, offers nothing, and is taken when it comes', LIMITS, async () => {
  using opened = open((folder) => rmSync(folder, { recursive: true }));
  await says(opened, 'faults', 'is not there');
  assert.deepEqual(opened.files.offer(), { chromium: null, firefox: null });
  assert.equal(opened.files.find('ringcue.crx'), undefined);
  mkdirSync(opened.folder);
  put(opened.folder, '1.0.0');
  await says(opened, 'versions', '1.0.0');
});

/** As it is written, where `fetch` would make an address right first. */
async function statusOf(port: number, path: string): Promise<number> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}
