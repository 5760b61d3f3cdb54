// Where inputs meet the switchboard: applies each, asks the directory, publishes the lines that changed. Everything a
// ring passes between the AMI packet and the frame is in here, so nothing here waits. One for each PBX, by `site.ts`.
import type { Call as CallView } from '../shared/protocol.ts';
import { apply } from './calls/apply.ts';
import type { Found, Input } from './calls/facts.ts';
import { createSwitchboard } from './calls/switchboard.ts';
import type { SwitchboardOptions } from './calls/switchboard.ts';
import { viewLine } from './calls/view.ts';
import type { DialledCode } from './pairing/pairing.ts';

export type ExchangeOptions = SwitchboardOptions & {
  now(): number;
  /** Whose number this is. What is known at once comes at once; a promise is not waited for, and must not reject. */
  find(number: string): Found | Promise<Found>;
  /** The line of an extension has changed, and is this now. */
  publish(extension: string, cause: string | null, calls: CallView[]): void;
  /** What is known of an ended call now, which is told to nobody any more. */
  record?(extension: string, call: CallView): void;
  pollSoon(): void;
  /** A code was dialled that a browser shows. */
  codeDialled?: ((code: DialledCode) => void) | undefined;
  /** A tick is wanted by then. */
  tickIn(ms: number): void;
};

export type Exchange = {
  /** Returns whether any line changed. */
  take(input: Input): boolean;
  inputsTaken(): number;
  line(extension: string): CallView[];
};

export function createExchange(options: ExchangeOptions): Exchange {
  const board = createSwitchboard(options);

  const take = (input: Input): boolean => {
    /** The calls that changed, by extension; null: none of them in particular. */
    const changed = new Map<string, Set<string | null>>();
    const inputs = [input];
    for (let next = inputs.shift(); next; next = inputs.shift())
      for (const output of apply(board, next, options.now()))
        switch (output.type) {
          case 'line':
            changed.set(output.extension, (changed.get(output.extension) ?? new Set()).add(output.cause));
            break;
          case 'look-up': {
            const { number } = output;
            const found = options.find(number);
            if (found instanceof Promise)
              void found.then((late) => take({ type: 'found', number, found: late }));
            else inputs.push({ type: 'found', number, found });
            break;
          }
          case 'code-dialled':
            options.codeDialled?.(output);
            break;
          case 'named-late': {
            const { extension, cause } = output;
            const call = viewLine(board, extension).find(({ id }) => id === cause);
            if (call) options.record?.(extension, call);
            break;
          }
          case 'tick-in':
            options.tickIn(output.ms);
            break;
          case 'poll-soon':
            options.pollSoon();
        }
    for (const [extension, causes] of changed) {
      const line = viewLine(board, extension);
      if (causes.size > 1) causes.delete(null);
      for (const cause of causes) options.publish(extension, cause, line);
    }
    return changed.size > 0;
  };

  return { take, inputsTaken: () => board.inputs, line: (extension) => viewLine(board, extension) };
}
