// Spans of time, and what is left of one when others are taken out of it. Pure; the checker reckons with them.
export type Span = { from: number; to: number };

export const overlap = (span: Span, others: readonly Span[]): boolean =>
  others.some(({ from, to }) => from < span.to && to > span.from);

/** What of `span` none of `others` covers, in order. */
export function pieces(span: Span, others: readonly Span[]): Span[] {
  let left: Span[] = span.to > span.from ? [{ from: span.from, to: span.to }] : [];
  for (const { from, to } of others) {
    left = left.flatMap((piece) =>
      [
        { from: piece.from, to: Math.min(piece.to, from) },
        { from: Math.max(piece.from, to), to: piece.to },
      ].filter((part) => part.to > part.from),
    );
  }
  return left;
}
