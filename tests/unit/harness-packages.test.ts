// Preparing a machine: what is run, in which order, and what a person is told where it cannot be done.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine, Outcome } from '../setup/packages.ts';
import { preparePackages } from '../setup/packages.ts';

const ok = (output = ''): Outcome => ({ code: 0, output });

/** A Debian machine on which apt-get works; `did` is what was run, without the questions to dpkg. */
function debian(given: { userId: number; installed: string[]; sudo?: boolean; mirror?: 'down' | 'busy' }) {
  const installed = new Set(given.installed);
  const did: string[] = [];
  let isBusy = given.mirror === 'busy';
  const run: Machine['run'] = (command, parameters) => {
    const line = [command, ...parameters].join(' ');
    if (command === 'dpkg-query') {
      const rows = parameters.slice(2).filter((name) => installed.has(name));
      return Promise.resolve({ code: 1, output: rows.map((name) => `${name} installed\n`).join('') });
    }
    if (line === 'sudo -n true') return Promise.resolve(given.sudo === true ? ok() : { code: 1, output: '' });
    did.push(line);
    if (parameters.includes('update')) {
      if (!isBusy) return Promise.resolve(ok());
      isBusy = false;
      return Promise.resolve({ code: 100, output: 'E: Could not get lock /var/lib/apt/lists/lock' });
    }
    if (given.mirror === 'down') return Promise.resolve({ code: 100, output: 'E: Failed to fetch chromium' });
    for (const name of parameters.slice(parameters.indexOf('--no-install-recommends') + 1))
      installed.add(name);
    return Promise.resolve(ok());
  };
  return { did, machine: { userId: given.userId, run, pause: () => Promise.resolve() } };
}

const quiet = () => undefined;

test('where everything is installed nothing is run and nothing is said', async () => {
  const { did, machine } = debian({ userId: 0, installed: ['chromium', 'dbus'] });
  const said: string[] = [];
  await preparePackages(['chromium', 'dbus'], (line) => said.push(line), machine);
  assert.deepEqual({ did, said }, { did: [], said: [] });
});

test('root installs only what is missing, after reading the lists', async () => {
  const { did, machine } = debian({ userId: 0, installed: ['dbus'] });
  const said: string[] = [];
  await preparePackages(['chromium', 'dbus'], (line) => said.push(line), machine);
  assert.deepEqual(did, [
    'apt-get -oDPkg::Lock::Timeout=300 update',
    'apt-get -oDPkg::Lock::Timeout=300 install -y --no-install-recommends chromium',
  ]);
  assert.deepEqual(said, ["Reading Debian's package lists", 'Installing chromium']);
});

test('somebody else goes through sudo when it asks for no password', async () => {
  const { did, machine } = debian({ userId: 1000, installed: [], sudo: true });
  await preparePackages(['chromium'], quiet, machine);
  assert.ok(did.every((line) => line.startsWith('sudo -n DEBIAN_FRONTEND=noninteractive apt-get ')));
});

test('another apt-get that holds the lists is waited for', async () => {
  const { did, machine } = debian({ userId: 0, installed: [], mirror: 'busy' });
  await preparePackages(['chromium'], quiet, machine);
  assert.equal(did.filter((line) => line.endsWith(' update')).length, 2);
});

const line = /sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium$/;

test('without root and sudo the line to paste is told', async () => {
  const { did, machine } = debian({ userId: 1000, installed: [] });
  await assert.rejects(preparePackages(['chromium'], quiet, machine), line);
  assert.deepEqual(did, []);
});

test('when the mirror is down its words and the line to paste are told', async () => {
  const { machine } = debian({ userId: 0, installed: [], mirror: 'down' });
  await assert.rejects(preparePackages(['chromium'], quiet, machine), (error: Error) => {
    assert.match(error.message, /Failed to fetch chromium/);
    assert.match(error.message, line);
    return true;
  });
});

test('on a machine without dpkg the packages needed are told', async () => {
  const run = () => Promise.resolve({ code: null, output: 'spawn dpkg-query ENOENT' });
  await assert.rejects(
    preparePackages(['chromium'], quiet, { userId: 0, run, pause: run }),
    /Only Debian.*chromium/s,
  );
});
