// The pages for IT keep what they promise: what they quote from the log is what the relay logs, what they tell to type is
// there, where they point to exists.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);
const PAGES = ['OPERATIONS.md', 'RUNBOOK.md', 'PBX.md'].map((name) => `relay/deploy/${name}`);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

const sources = readdirSync(new URL('relay', ROOT), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => read(`relay/${path}`));
/** Every whole message that stands in a call of the log, or in a table for one. */
const isInCode = (message: string): boolean => sources.some((source) => source.includes(`'${message}'`));
const documented = [...read('relay/deploy/OPERATIONS.md').matchAll(/^\| (`.*?`(?:, `.*?`)*) +\|/gm)]
  .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]*)`/g)].map(([, message = '']) => message))
  .filter((message) => message !== 'msg' && !/\.sqlite|^\//.test(message)); // the heading, and the table of personal data

test('every message of the log that the page explains is one that the relay logs', () => {
  assert.ok(documented.length > 15, documented.join('\n'));
  assert.deepEqual(
    documented.filter((message) => !isInCode(message)),
    [],
  );
});

test('every error that the relay logs is explained', () => {
  const ERROR = /log\.(?:error|fatal)\(\s*(?:\{[^}]*\},\s*)?'([^']+)'/g;
  const errors = sources.flatMap((source) => [...source.matchAll(ERROR)].map(([, message = '']) => message));
  assert.ok(errors.length > 6);
  assert.deepEqual(
    errors.filter((message) => !documented.includes(message)),
    [],
  );
});

test('the lines of the log that the page shows are JSON, with a message that it explains and no whole number', () => {
  const [, lines = ''] = /```json\n([^]*?)```/.exec(read('relay/deploy/OPERATIONS.md')) ?? [];
  for (const line of lines.trim().split('\n')) {
    const { msg } = JSON.parse(line) as { msg: string };
    assert.ok(documented.includes(msg), msg);
    assert.doesNotMatch(line, /\+\d{7}/);
  }
});

test('every command that a page tells to type is one of ringcue’s', () => {
  const commands = [...read('relay/main.ts').matchAll(/^ {2}'?([a-z-]+)'?: \{$/gm)].map(([, name]) => name);
  assert.ok(commands.includes('status') && commands.includes('pbx-lines'));
  for (const page of PAGES)
    for (const [, name = ''] of read(page).matchAll(/(?:`|^|"|ringcue )ringcue ([a-z-]+)/gm))
      assert.ok(commands.includes(name), `${page}: ringcue ${name}`);
});

test('every link leads to a file and a heading that are there', () => {
  const anchorsOf = (path: string): string[] =>
    [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-'),
    );
  for (const page of PAGES)
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)\s]*[\w-])\)/g)) {
      const [file = '', anchor] = target.split('#');
      const path = new URL(file === '' ? page : new URL(file, new URL(page, ROOT)), ROOT);
      assert.ok(existsSync(path), `${page}: ${target}`);
      if (anchor === undefined) continue;
      const inProject = fileURLToPath(path).slice(fileURLToPath(ROOT).length);
      assert.ok(anchorsOf(inProject).includes(anchor), `${page}: ${target}`);
    }
});
