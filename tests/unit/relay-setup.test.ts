// /setup of a relay as a process: `ringcue setup-link` reaches it, and it tells what `ringcue doctor` tells.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as testWithin } from 'node:test';
import { doctor } from '../../relay/commands/doctor.ts';
import { setupLink } from '../../relay/commands/setup-link.ts';
import type { Command } from '../../relay/command.ts';
import { startFakePbx } from '../relay/fake-pbx.ts';
import { startRelay } from '../relay/relay-process.ts';

const test = (name: string, run: () => Promise<void>): void =>
  void testWithin(name, { timeout: 40_000 }, run);

async function says(command: Command, environment: Record<string, string>, ...parameters: string[]) {
  const [said, complained] = [[] as string[], [] as string[]];
  const [say, complain] = [said, complained].map((lines) => (line: string) => void lines.push(line));
  assert.ok(say && complain);
  const code = await command({ parameters, environment, say, complain });
  return { code, said: said.join('\n'), complained: complained.join('\n') };
}
const folderOf = (): Disposable & { path: string } => {
  const path = mkdtempSync(join(tmpdir(), 'ringcue-relay-setup-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
};

test('a setup link that the command prints opens the running relay, which finds what the doctor finds and tells no secret', async () => {
  using folder = folderOf();
  await using fake = await startFakePbx();
  const settings = { RINGCUE_DATA: folder.path, RINGCUE_AUTH: 'pairing' };
  await using relay = await startRelay(fake.account, settings);
  const environment = {
    ...settings,
    RINGCUE_AMI_HOST: fake.account.host,
    RINGCUE_AMI_PORT: String(fake.account.port),
    RINGCUE_AMI_USERNAME: fake.account.username,
    RINGCUE_AMI_SECRET: fake.account.secret,
    RINGCUE_COUNTRY: 'RU',
    RINGCUE_LISTEN: relay.address,
  };
  const { code, said } = await says(setupLink, environment);
  const [, link = ''] = /^ {2}link {2}(\S+)$/m.exec(said) ?? [];
  assert.equal(code, 0);
  const url = new URL(link);
  assert.equal(url.href.split('#')[0], `http://${relay.address}/setup/`);
  const secret = url.hash.slice(1);

  const body = new URLSearchParams({ secret });
  const entered = await fetch(url, { method: 'POST', body, redirect: 'manual' });
  assert.equal(entered.status, 303);
  const cookie = entered.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const page = async (): Promise<{ text: string; isRunning: boolean }> => {
    const response = await fetch(url, { headers: { cookie } });
    return { text: await response.text(), isRunning: response.headers.has('refresh') };
  };
  const first = await page();
  assert.ok(first.isRunning, 'it answers at once, while the doctor is on his round');
  let last = first;
  while (last.isRunning) last = await page(); // the test's own deadline ends it

  const doctorSays = await says(doctor, environment, '--json');
  const { findings } = JSON.parse(doctorSays.said) as { findings: { check: string; mark: string }[] };
  const MARKS: Record<string, string> = {};
  for (const [, mark = '', check = ''] of last.text.matchAll(
    /class="mark (\w+)"[^]*?<strong>(\w+)<\/strong>/g,
  ))
    MARKS[check] = mark;
  assert.ok(findings.length > 12);
  assert.deepEqual(MARKS, Object.fromEntries(findings.map(({ check, mark }) => [check, mark])));
  await relay.logs(({ msg }) => msg === 'setup: opened by its link', 'that it was opened');
  const token = cookie.split('=')[1] ?? assert.fail();
  for (const [what, text] of [
    ['the page', last.text],
    ['the log', JSON.stringify(relay.log)],
  ] as const)
    for (const [whose, hidden] of Object.entries({
      account: fake.account.secret,
      link: secret,
      session: token,
    }))
      assert.ok(!text.includes(hidden), `${what} tells the secret of the ${whose}`);
});

test('a setup link needs a folder that the relay has, and says so', async () => {
  using folder = folderOf();
  const common = {
    ...{ RINGCUE_AMI_HOST: 'pbx', RINGCUE_AMI_USERNAME: 'u', RINGCUE_AMI_SECRET: 's', RINGCUE_COUNTRY: 'RU' },
    RINGCUE_AUTH: 'open',
  };
  const none = await says(setupLink, common);
  assert.deepEqual([none.code, none.said], [1, '']);
  assert.match(none.complained, /RINGCUE_DATA names no folder/);
  const gone = await says(setupLink, { ...common, RINGCUE_DATA: join(folder.path, 'gone') });
  assert.deepEqual([gone.code, gone.said], [1, '']);
  assert.match(gone.complained, /could not be left.*ENOENT.*Start the relay first/);
  assert.equal((await says(setupLink, common, '--what')).code, 64);
  const well = { ...common, RINGCUE_DATA: folder.path, RINGCUE_PUBLIC_URL: 'https://ringcue.example/x/' };
  const told = JSON.parse((await says(setupLink, well, '--json')).said) as { link: string; code: string };
  assert.equal(told.link, `https://ringcue.example/x/setup/#${told.code}`);
  const anywhere = {
    ...common,
    RINGCUE_DATA: folder.path,
    RINGCUE_LISTEN: '0.0.0.0:8088',
    RINGCUE_OPEN_BEYOND_LOOPBACK: 'yes',
  };
  const unnamed = await says(setupLink, anywhere);
  assert.match(unnamed.complained, /Set RINGCUE_PUBLIC_URL/);
  assert.match(unnamed.said, /^ {2}code {2}[\w-]{43}$/m);
});
