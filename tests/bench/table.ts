// The table that every benchmark ends with, and the sums in it. Pure.
export type Row = {
  metric: string;
  /** What the figures are, for the cells: `µs`, `ms` … */
  unit: string;
  /** One figure a round; the rounds of both sides were interleaved. */
  ours: readonly number[];
  anchors: readonly number[];
  anchor: string;
  /** The ratio that must not be passed; null: only told. */
  goal: number | null;
};

/** The value below which the given share of all values lies; the values need no order. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** A row of the table, and whether its goal was met. */
export function judge(row: Row): { cells: string[]; isMet: boolean } {
  const [ours, anchors] = [quantile(row.ours, 0.5), quantile(row.anchors, 0.5)];
  const ratios = row.ours.map((value, round) => value / (row.anchors[round] ?? Number.NaN));
  const ratio = quantile(ratios, 0.5);
  const isMet = row.goal === null || ratio <= row.goal;
  const figure = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
  return {
    isMet,
    cells: [
      `${row.metric} (${row.unit})`,
      figure(ours),
      `${row.anchor} ${figure(anchors)}`,
      `${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
      row.goal === null ? '–' : `≤ ${row.goal.toFixed(2)}`,
      row.goal === null ? '–' : isMet ? 'PASS' : 'FAIL',
    ],
  };
}

/** Columns side by side. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const all = [['metric', 'ringcue', 'anchor', 'ratio (min–max)', 'goal', 'PASS/FAIL'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(' | ')
        .trimEnd(),
    )
    .join('\n');
}
