// The project's own source files, read for the tests that keep the house in order.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export type Import = { target: string; isTypeOnly: boolean };
export type Source = {
  path: string;
  text: string;
  /** Without comments and the contents of plain strings and templates, for looking at what the code does. */
  code: string;
  /** The comment that opens the file. */
  header: string;
  /** Relative ones as paths from the top, packages by their name. */
  imports: Import[];
};

/** Files git tracks or would track. */
export const trackedFiles = (): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '');

export const sources = (): Source[] =>
  trackedFiles()
    .filter((path) => /\.(ts|js)$/.test(path) && !path.endsWith('.d.ts'))
    .map(readSource);

function readSource(path: string): Source {
  const text = readFileSync(ROOT + path, 'utf8');
  const code = text
    .replace(/\/\*[^]*?\*\//g, '')
    .replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");
  const header = /^(?:#!.*\n)?((?:\/\/.*\n)+)/.exec(text)?.[1] ?? '';
  const imports = [...text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"();]*?\sfrom\s+)?'([^']+)'/gm)].map(
    (match) => ({
      isTypeOnly: match[1] !== undefined || isOnlyTypes(match[0]),
      target: resolveImport(path, match[2] ?? ''),
    }),
  );
  return { path, text, code, header, imports };
}

/** `import { type A, type B } from …` */
function isOnlyTypes(statement: string): boolean {
  const names =
    /\{([^}]*)\}/
      .exec(statement)?.[1]
      ?.split(',')
      .map((name) => name.trim()) ?? [];
  const isDefault =
    /^(?:import|export)\s+\w/.test(statement) && !/^(?:import|export)\s+type\b/.test(statement);
  return !isDefault && names.length > 0 && names.every((name) => name === '' || name.startsWith('type '));
}

function resolveImport(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.normalize(posix.join(dirname(from), specifier));
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
