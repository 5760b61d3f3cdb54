// What each kind of source is before its answers are checked: something that can be asked about a number, and something
// that can be read from beginning to end. Types only; `live.ts` and `pull.ts` put the funnel behind them.
import type { Query } from './source.ts';

/** Asked at the ring. Rejects soon after `signal`, with whatever its driver throws. */
export type Asker = {
  ask(query: Query, signal: AbortSignal): Promise<readonly unknown[]>;
  stop(): void | Promise<void>;
};

/** Everything it knows, a batch at a time; the next one is fetched when it is asked for. */
export type Puller = (signal: AbortSignal) => AsyncIterable<readonly unknown[]>;
