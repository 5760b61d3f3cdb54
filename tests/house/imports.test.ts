// Who may import whom, who is pure, and that nothing goes in circles: the rules of ARCHITECTURE.md.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sources } from './sources.ts';
import type { Source } from './sources.ts';

const all = sources();
const byPath = new Map(all.map((source) => [source.path, source]));
const STATIONS = [
  'relay/ami/',
  'relay/calls/',
  'relay/directory/',
  'relay/feed/',
  'relay/journal/',
  'relay/pairing/',
];

/** Every import of ours that breaks a rule, as `from → target`. */
const breaches = (isAllowed: (from: Source, target: string, isTypeOnly: boolean) => boolean): string[] =>
  all.flatMap((from) =>
    from.imports
      .filter(({ target, isTypeOnly }) => !isAllowed(from, target, isTypeOnly))
      .map(({ target }) => `${from.path} → ${target}`),
  );
const sideOf = (path: string): string => /^(shared|relay|extension|tests)\//.exec(path)?.[1] ?? '';
const stationOf = (path: string): string | undefined => STATIONS.find((station) => path.startsWith(station));

test('shared imports nothing of ours, nobody imports tests, relay and add-on never meet', () => {
  const allowed: Record<string, readonly string[]> = {
    shared: ['shared'],
    relay: ['relay', 'shared'],
    extension: ['extension', 'shared', ''],
    tests: ['tests', 'relay', 'extension', 'shared', ''],
    '': ['', 'shared', 'extension'],
  };
  assert.deepEqual(
    breaches((from, target) => {
      if (!byPath.has(target)) return true;
      return (allowed[sideOf(from.path)] ?? []).includes(sideOf(target));
    }),
    [],
  );
});

test('stations of the relay know each other by types only; only commands see them all', () => {
  assert.deepEqual(
    breaches((from, target, isTypeOnly) => {
      const [home, there] = [stationOf(from.path), stationOf(target)];
      return home === undefined || there === undefined || home === there || isTypeOnly;
    }),
    [],
  );
  const wide = all.filter(({ path, imports }) => {
    const seen = new Set(imports.filter((one) => !one.isTypeOnly).map(({ target }) => stationOf(target)));
    seen.delete(undefined);
    return /^relay\/[^/]+$/.test(path) && seen.size > 1;
  });
  assert.deepEqual(wide, []);
});

test('popup and options reach the background by messages and storage only', () => {
  assert.deepEqual(
    breaches((from, target, isTypeOnly) => {
      if (isTypeOnly) return true;
      const isPage = /^extension\/(popup|options)\//.test(from.path);
      const isBackground = /^extension\/background\//.test(from.path);
      if (isPage && target.startsWith('extension/background/')) return false;
      return !(isBackground && /^extension\/(popup|options)\//.test(target));
    }),
    [],
  );
});

test('each package that talks to the outside has one door', () => {
  const doors: Record<string, RegExp> = {
    'asterisk-manager': /^relay\/ami\/connection\.ts$/,
    ws: /^relay\/feed\//,
    'node:sqlite': /^relay\/(sqlite\.ts|journal\/|pairing\/|directory\/)/,
    pg: /^relay\/directory\/postgres\.ts$/,
    mysql2: /^relay\/directory\/mysql\.ts$/,
    'webextension-polyfill': /^extension\//,
  };
  assert.deepEqual(
    breaches((from, target) => sideOf(from.path) === 'tests' || (doors[target]?.test(from.path) ?? true)),
    [],
  );
  const readers = all.filter(({ path, code }) => sideOf(path) !== 'tests' && code.includes('process.env'));
  assert.deepEqual(
    readers.map(({ path }) => path),
    ['relay/main.ts'],
  );
});

test('what says it is pure imports only what is pure, and knows no clock, chance, network or page', () => {
  const isPure = ({ header }: Source): boolean => /\bPure\b/.test(header);
  const purePackages = /^(zod|libphonenumber-js)$/;
  const isTypesOnly = (path: string): boolean => /Types only/.test(byPath.get(path)?.header ?? '');
  const ours = all.filter(({ path }) => sideOf(path) !== 'tests');
  assert.ok(ours.filter(isPure).length > 10, 'the headers say who is pure');
  const imports = ours.filter(isPure).flatMap(({ path, imports: targets }) =>
    targets
      .filter(({ target, isTypeOnly }) => {
        const source = byPath.get(target);
        return (
          !isTypeOnly &&
          !isTypesOnly(target) &&
          !(source ? isPure(source) : purePackages.test(target) || target === 'package.json')
        );
      })
      .map(({ target }) => `${path} → ${target}`),
  );
  assert.deepEqual(imports, []);
  const IMPURE =
    /\b(Date\.now|new Date\(\)|Math\.random|performance\.|setTimeout|setInterval|process\.|fetch\(|WebSocket\(|crypto\.|document\.|window\.|localStorage|console\.)/;
  assert.deepEqual(
    ours
      .filter(isPure)
      .flatMap(({ path, code }) => (IMPURE.exec(code) ? [`${path}: ${IMPURE.exec(code)?.[0]}`] : [])),
    [],
  );
});

test('imports never go in a circle', () => {
  const finished = new Set<string>();
  const walk = (path: string, trail: readonly string[]): string | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path].join(' → ');
    if (finished.has(path)) return null;
    for (const { target, isTypeOnly } of byPath.get(path)?.imports ?? []) {
      const circle = isTypeOnly ? null : walk(target, [...trail, path]);
      if (circle !== null) return circle;
    }
    finished.add(path);
    return null;
  };
  for (const { path } of all) assert.equal(walk(path, []), null);
});
