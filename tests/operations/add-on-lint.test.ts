// Mozilla's own linter, which `web-ext lint` and addons.mozilla.org run, finds no error in the add-on: neither in the package
// for the store nor in the one that a company's relay hands out.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { packageAddOn } from '../../extension/packaging/package.ts';

const LINTER = fileURLToPath(new URL('../../node_modules/addons-linter/bin/addons-linter', import.meta.url));
const LINTS_MS = 60_000;
const finding = z.object({ code: z.string(), message: z.string() });
const report = z.object({ errors: z.array(finding), warnings: z.array(finding) });

test('Mozilla’s linter finds no error in the add-on', { timeout: 150_000 }, async () => {
  const outDir = await mkdtemp(join(tmpdir(), 'ringcue-lint-'));
  try {
    await packageAddOn({ outDir, relay: 'https://ringcue.example', keyFile: join(outDir, 'key.pem') });
    const store = await lint(join(outDir, 'stores/ringcue-firefox.zip'));
    assert.deepEqual(store.errors, []);
    // Firefox for Android knows one key later; we ask for no Android.
    const unexpected = store.warnings.filter(
      ({ code }) => !code.startsWith('KEY_FIREFOX_ANDROID_UNSUPPORTED'),
    );
    assert.deepEqual(unexpected, []);
    assert.deepEqual((await lint(join(outDir, 'add-on/ringcue.xpi'), '--self-hosted')).errors, []);
    // The sentinel: a store takes no package that has a place of its own for updates.
    assert.notDeepEqual((await lint(join(outDir, 'add-on/ringcue.xpi'))).errors, []);
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
});

/** It ends with 1 where it finds errors. */
const lint = (file: string, ...more: string[]): Promise<z.infer<typeof report>> =>
  new Promise((resolve, reject) => {
    const parameters = [LINTER, '--output', 'json', ...more, file];
    execFile(process.execPath, parameters, { timeout: LINTS_MS }, (error, stdout) => {
      const parsed = report.safeParse(jsonOf(stdout));
      if (parsed.success) resolve(parsed.data);
      else reject(new Error(`the linter said: ${stdout}`, { cause: error }));
    });
  });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
