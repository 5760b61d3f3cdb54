// Reads what /metrics says [Prometheus: text-based format]: rows of a name, labels and a value. Pure; called by
// `ringcue status` and the tests of the alerts and the board.
export type Row = { name: string; labels: Readonly<Record<string, string>>; value: number };

const ROW = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)",?/g;

export function readMetrics(text: string): Row[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = line.startsWith('#') ? [] : (ROW.exec(line) ?? []);
    if (name === undefined || value === undefined) return [];
    const pairs = [...labels.matchAll(LABEL)].map(
      ([, key = '', told = '']) => [key, unescaped(told)] as const,
    );
    return [{ name, labels: Object.fromEntries(pairs), value: numberOf(value) }];
  });
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));

const numberOf = (text: string): number =>
  ({ '+Inf': Infinity, '-Inf': -Infinity, NaN })[text] ?? Number(text);

/** The value below which this part of what a histogram saw lies, as its buckets tell; null: it saw nothing. */
export function quantileOf(rows: readonly Row[], name: string, part: number): number | null {
  const buckets = rows
    .filter((row) => row.name === `${name}_bucket`)
    .map(({ labels, value }) => ({ upTo: numberOf(labels['le'] ?? ''), count: value }))
    .sort((a, b) => a.upTo - b.upTo);
  const total = buckets.at(-1)?.count ?? 0;
  return total === 0 ? null : (buckets.find(({ count }) => count >= total * part)?.upTo ?? null);
}
