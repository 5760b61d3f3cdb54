// What happened in one call of the demo, in the order of its moments, counted from the INVITE. Pure; `demo.ts` prints it.
export type Moment = { what: string; at: number };

/** Lines like `   12.3 ms  Asterisk tells that 101 rings`; a moment without a time is said to be unseen. */
export function tellTimeline(moments: readonly Moment[]): string {
  const start = Math.min(...moments.map(({ at }) => at));
  return [...moments]
    .sort((a, b) => a.at - b.at)
    .map(({ what, at }) => `${(at - start).toFixed(1).padStart(9)} ms  ${what}`)
    .join('\n');
}

/** The middle of several durations, for the summary. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
