// How a real Asterisk comes into the cache: from whose mirror, and what is said when none can be had. No network is needed.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AsteriskUnavailable, defaultCacheFolder, prepareAsterisk } from '../setup/asterisk.ts';
import { debianMirrors } from '../setup/debian-mirror.ts';

const DEB822 = `Types: deb deb-src
# a comment
URIs: http://mirror.example/debian/
 http://second.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs: http://vendor.example/apt
Suites: nodistro
Components: main
`;
const ONE_LINE = `# deb http://old.example/debian bullseye main
deb-src http://src.example/debian bookworm main
deb [arch=amd64 signed-by=/etc/apt/keyrings/x.gpg] http://third.example/debian bookworm main contrib # ours
deb http://third.example/debian-security bookworm-security main
deb http://vendor.example/apt stable nonfree
`;

test("the mirrors of the host's own sources are found in both forms, without security archives and vendors", () => {
  const expected = [
    'http://mirror.example/debian',
    'http://second.example/debian',
    'http://third.example/debian',
  ];
  assert.deepEqual(debianMirrors([DEB822, ONE_LINE, ONE_LINE]), expected);
  assert.deepEqual(debianMirrors(['', '\n\n', 'deb']), []);
});

test('the cache folder follows RINGCUE_CACHE, then XDG_CACHE_HOME, then the home', () => {
  assert.equal(defaultCacheFolder({ RINGCUE_CACHE: '/c', XDG_CACHE_HOME: '/x' }), '/c');
  assert.equal(defaultCacheFolder({ XDG_CACHE_HOME: '/x' }), '/x/ringcue');
  assert.match(defaultCacheFolder({}), /\/\.cache\/ringcue$/);
});

const folder = await mkdtemp(join(tmpdir(), 'ringcue-cache-'));
after(() => rm(folder, { recursive: true, force: true }));

test('an unfinished root is not used, and when no mirror can be reached that is said with a remedy and nothing is left behind', async () => {
  await mkdir(join(folder, 'asterisk-22/usr/sbin'), { recursive: true });
  await writeFile(join(folder, 'asterisk-22/usr/sbin/asterisk'), '');
  // What a fetch of a process that is long dead has left.
  await mkdir(join(folder, 'asterisk-22.partial-4194305-abc'), { recursive: true });
  const mirrors = [`file://${folder}/no-such-mirror`];
  await assert.rejects(prepareAsterisk('22', { cacheFolder: folder, mirrors }), (error) => {
    assert.ok(error instanceof AsteriskUnavailable);
    assert.match(error.message, /No mirror of this host gives Debian's sid/);
    assert.match(error.message, /no-such-mirror[^]*Check the network/);
    return true;
  });
  assert.deepEqual(await readdir(folder), ['asterisk-22']);
});
