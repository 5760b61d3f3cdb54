// The policies that a browser test puts on this machine go when the test goes, and what was there before comes back, however
// the test ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openPolicyFile } from '../browser/policy-files.ts';
import { waitFor } from '../relay/wait.ts';

const LIMITS = { timeout: 20_000 };
const DEADLINE_MS = 10_000;
const root = mkdtempSync(join(tmpdir(), 'ringcue-policy-'));
after(() => rmSync(root, { recursive: true, force: true }));
const read = (path: string): string | null => (existsSync(path) ? readFileSync(path, 'utf8') : null);

test('an ended test leaves the policy that was there, or nothing, not even a folder', LIMITS, async () => {
  const [kept, fresh] = [join(root, 'kept/policies.json'), join(root, 'fresh/managed/policies.json')];
  mkdirSync(dirname(kept));
  writeFileSync(kept, 'the company’s own');
  for (const path of [kept, fresh]) {
    await using file = await openPolicyFile(path);
    await file.write({ of: 'the test' });
    assert.equal(read(path), '{"of":"the test"}');
  }
  assert.equal(read(kept), 'the company’s own');
  assert.equal(existsSync(join(root, 'fresh')), false);
});

test('a test that is killed leaves the same', LIMITS, async () => {
  const path = join(root, 'killed.json');
  writeFileSync(path, 'the company’s own');
  const module = pathToFileURL(join(import.meta.dirname, '../browser/policy-files.ts')).href;
  const script = `const { openPolicyFile } = await import(${JSON.stringify(module)});
    await (await openPolicyFile(${JSON.stringify(path)})).write({ of: 'the test' });
    console.log('written'); setInterval(() => undefined, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  assert.equal(read(path), '{"of":"the test"}');
  child.kill('SIGKILL');
  await waitFor(
    () => read(path) === 'the company’s own',
    DEADLINE_MS,
    () => `it reads ${read(path)}`,
  );
});

test('what even that could not put back is put back by the next', LIMITS, async () => {
  const path = join(root, 'crashed.json');
  writeFileSync(`${path}.kept-by-ringcue-test`, 'the company’s own');
  writeFileSync(path, 'of the test that crashed with the machine');
  const file = await openPolicyFile(path);
  await file[Symbol.asyncDispose]();
  assert.equal(read(path), 'the company’s own');
});
