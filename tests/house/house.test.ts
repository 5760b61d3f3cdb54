// The house is in order: what may stand on top, names, headers, sizes, the documents, the lock file, and the checks of
// types, style and layout.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ROOT, sources, trackedFiles } from './sources.ts';

const run = promisify(execFile);
const DEADLINE_MS = 180_000;

const read = (path: string): string => readFileSync(ROOT + path, 'utf8');
/** Runs one of the project's own tools; its output is the message when it finds something. */
const finds = async (tool: string, ...parameters: string[]): Promise<string> =>
  run(`${ROOT}node_modules/.bin/${tool}`, parameters, { cwd: ROOT, timeout: DEADLINE_MS }).then(
    () => '',
    (error: unknown) => {
      const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
      return `${stdout ?? ''}${stderr ?? ''}` || message;
    },
  );

test('the types fit, everywhere', async () => {
  for (const project of ['.', 'relay', 'extension', 'tests'])
    assert.equal(await finds('tsc', '-p', project), '');
});
test('the linter finds nothing', async () =>
  assert.equal(await finds('eslint', '-c', '.config/eslint.config.js', '.'), ''));
test('the layout is the formatter’s', async () =>
  assert.equal(await finds('prettier', '--check', '--log-level', 'warn', '.'), ''));

test('only what belongs there stands on top', () => {
  const top = new Set(trackedFiles().map((path) => path.split('/')[0] ?? ''));
  const allowed =
    /^(package\.json|package-lock\.json|extension|relay|shared|tests|manifest\.config\.ts|README\.md|README\.ru\.md|ARCHITECTURE\.md|CHANGELOG\.md|SECURITY\.md|LICENSE|tsconfig\.json|\..+)$/;
  assert.deepEqual(
    [...top].filter((name) => !allowed.test(name)),
    [],
  );
});

test('file names say what is inside, and every file opens by saying what it is', () => {
  const nameless = /(^|\/)(utils?|helpers?|common|managers?|services?|misc|index)\.(ts|js)$/;
  assert.deepEqual(
    trackedFiles().filter((path) => nameless.test(path)),
    [],
  );
  const silent = sources().filter(({ path, header }) => header === '' && path !== 'manifest.config.ts');
  assert.deepEqual(
    silent.map(({ path }) => path),
    [],
  );
});

test('no file is longer than can be held in the mind', () => {
  // A list of cases may be longer than code: it is looked up, not read through.
  const limitOf = (path: string): number => (path.endsWith('.test.ts') ? 600 : 400);
  const long = sources().filter(({ path, text }) => text.split('\n').length > limitOf(path));
  assert.deepEqual(
    long.map(({ path }) => path),
    [],
  );
});

test('ARCHITECTURE.md gives a reason for each dependency and names no file that is not there', () => {
  const architecture = read('ARCHITECTURE.md');
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    string,
    Record<string, string>
  >;
  const names = [...Object.keys(dependencies ?? {}), ...Object.keys(devDependencies ?? {})];
  assert.deepEqual(
    names.filter((name) => !architecture.includes(`\`${name}\``)),
    [],
  );
  const files = new Set(trackedFiles().flatMap((path) => [path, ...folders(path)]));
  const named = [...architecture.matchAll(/`((?:relay|extension|shared|tests)\/[\w./-]*)`/g)].map(
    (match) => match[1] ?? '',
  );
  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter((path) => !files.has(path.replace(/\/$/, ''))),
    [],
  );
});

test('every threat in SECURITY.md has a test, and each test that it names is there', () => {
  const rows = read('SECURITY.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (who tries|-)/.test(line));
  const tests = sources().filter(({ path }) => path.endsWith('.test.ts'));
  assert.ok(rows.length > 15);
  for (const row of rows) {
    const names = [...(row.split('|').at(-2) ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
    assert.ok(names.length > 0, `no test: ${row}`);
    for (const name of names)
      assert.ok(
        tests.some(({ text }) => text.includes(name)),
        `there is no test "${name}"`,
      );
  }
});

test('the lock file holds no addresses', () => {
  assert.equal(/"resolved"|https?:\/\/[^"]*\.tgz/.test(read('package-lock.json')), false);
});

test('no code is asked of strangers’ text: nothing writes HTML, nothing evaluates', () => {
  const risky = sources().filter(
    ({ path, code }) =>
      !path.startsWith('tests/') &&
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/.test(code),
  );
  assert.deepEqual(
    risky.map(({ path }) => path),
    [],
  );
});

const folders = (path: string): string[] =>
  path
    .split('/')
    .slice(0, -1)
    .map((_, index, parts) => parts.slice(0, index + 1).join('/'));
