// The table of methods: what events alone, polls alone and both tell of each recorded scenario. Made from the committed
// recordings and kept in relay/METHODS.md between two marks; a test compares, and `npm run replay` writes it anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findRecordings, nameOf, readRecording, RECORDINGS } from './recording.ts';
import { METHOD_NAMES, METHODS, replay, storiesOf } from './replay.ts';
import type { MethodName } from './replay.ts';
import { differences, expectedOf } from './told.ts';

export const METHODS_PAGE = 'relay/METHODS.md';
const page = fileURLToPath(new URL(`../../${METHODS_PAGE}`, import.meta.url));
const BEGIN = '<!-- prettier-ignore-start -->\n<!-- made by `npm run replay -- --write-methods` -->';
const END = '<!-- prettier-ignore-end -->';

/** One of the folders of recordings, `asterisk-16-sip`; the releases told together stand in one table. */
type Stack = string;
const TABLES: readonly { title: string; isOf(stack: Stack): boolean }[] = [
  { title: 'Asterisk 11', isOf: (stack) => stack === 'asterisk-11' },
  { title: 'Asterisk 16 and 22', isOf: (stack) => stack !== 'asterisk-11' },
];

/** What a method tells that it should not, or '' where it is right. */
type Row = Record<MethodName, Map<Stack, string>>;

export const methodsPage = (): string => readFileSync(page, 'utf8');

/** The page with its tables as the code of now makes them. */
export function renderMethodsPage(): string {
  const [before = '', after = ''] = [methodsPage().split(BEGIN)[0], methodsPage().split(END)[1]];
  return `${before}${BEGIN}\n\n${renderTables()}\n\n${END}${after}`;
}

export const writeMethodsPage = (): void => writeFileSync(page, renderMethodsPage());

function renderTables(): string {
  const stacks = readdirSync(RECORDINGS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  return TABLES.map(({ title, isOf }) => {
    const shown = stacks.filter(isOf);
    const rows = rowsOf(shown);
    if (rows.size === 0) return '';
    const head = `| scenario | ${METHOD_NAMES.join(' | ')} |\n|${' --- |'.repeat(METHOD_NAMES.length + 1)}`;
    const lines = [...rows].map(
      ([scenario, row]) => `| ${scenario} | ${METHOD_NAMES.map((name) => cell(row[name])).join(' | ')} |`,
    );
    return `## ${title}\n\n${head}\n${lines.join('\n')}`;
  })
    .filter((table) => table !== '')
    .join('\n\n');
}

function rowsOf(stacks: readonly Stack[]): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const stack of stacks)
    for (const path of findRecordings([`${RECORDINGS}${stack}`])) {
      const trace = readRecording(path);
      const expected = expectedOf(nameOf(path), trace.header);
      if (!expected) continue;
      const row = rows.get(expected.title) ?? emptyRow();
      rows.set(expected.title, row);
      for (const method of METHOD_NAMES) {
        const wrong = differences(expected, storiesOf(replay(trace, METHODS[method])));
        row[method].set(
          stack,
          wrong.map(({ extension, told }) => `${extension}: ${told || 'nothing'}`).join('; '),
        );
      }
    }
  return rows;
}

const emptyRow = (): Row =>
  Object.fromEntries(METHOD_NAMES.map((name) => [name, new Map<Stack, string>()])) as Row;

/** Stacks that tell the same are named together, and not at all where all do. */
function cell(tellings: ReadonlyMap<Stack, string>): string {
  const byTelling = Map.groupBy(tellings.keys(), (stack) => tellings.get(stack) ?? '');
  return [...byTelling]
    .sort(([a], [b]) => a.length - b.length)
    .map(([telling, stacks]) => {
      const where = byTelling.size === 1 ? '' : `${stacks.map(shortly).join(', ')}: `;
      return `${where}${telling === '' ? 'right' : escaped(telling)}`;
    })
    .join('<br>');
}

const shortly = (stack: Stack): string => stack.replace('asterisk-', '').replace('-', ' ');

/** The recordings' client is C; a call apart from another begins a line. */
const escaped = (telling: string): string =>
  telling
    .replaceAll('+79161234567', 'C')
    .replaceAll(' | ', ' / ')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;');
