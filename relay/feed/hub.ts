// Who watches which extension, and where each line stands: gives every published line its epoch and seq. Shell-free;
// `feed/session.ts` joins and leaves, `main.ts` publishes.
import { encode } from '../../shared/protocol.ts';
import type { Call, Down } from '../../shared/protocol.ts';

export type Watcher = { send(text: string): void };

export type HubOptions = {
  /** New with every state that does not continue the one before. */
  epoch: string;
  line(extension: string): Call[];
  onLineSent(): void;
};

export type Hub = {
  join(extension: string, watcher: Watcher): void;
  leave(watcher: Watcher): void;
  /** The line changed: the next seq goes to everybody who watches it. */
  publish(extension: string, cause: string | null, calls: Call[]): void;
  /** Whether Asterisk is seen. Once the lines are known (by default with the first `up`) everybody gets them. */
  setPbx(state: 'up' | 'down', since: number, areLinesKnown?: boolean): void;
};

export function createHub({ epoch, line, onLineSent }: HubOptions): Hub {
  const watchers = new Map<string, Set<Watcher>>();
  const joined = new Map<Watcher, string[]>();
  // Grows with the PBX's own phones only: what a stranger asks to watch has no entry until it has a call.
  const seqs = new Map<string, number>();
  let pbx: Extract<Down, { type: 'pbx' }> = { type: 'pbx', state: 'down', since: 0 };
  let isKnown = false;

  const lineText = (extension: string, cause: string | null, calls: Call[]): string =>
    encode({ type: 'line', extension, epoch, seq: seqs.get(extension) ?? 0, cause, calls });
  const current = (extension: string): string => lineText(extension, null, line(extension));

  const sendLine = (watcher: Watcher, text: string): void => {
    watcher.send(text);
    onLineSent();
  };

  return {
    join(extension, watcher) {
      const others = watchers.get(extension) ?? new Set();
      watchers.set(extension, others.add(watcher));
      const extensions = joined.get(watcher) ?? [];
      if (extensions.length === 0) watcher.send(encode(pbx));
      joined.set(watcher, [...extensions, extension]);
      // Before the first poll an empty line would be a lie, and would clear a ring that goes on.
      if (isKnown) sendLine(watcher, current(extension));
    },
    leave(watcher) {
      for (const extension of joined.get(watcher) ?? []) {
        const others = watchers.get(extension);
        if (others?.delete(watcher) && others.size === 0) watchers.delete(extension);
      }
      joined.delete(watcher);
    },
    publish(extension, cause, calls) {
      seqs.set(extension, (seqs.get(extension) ?? 0) + 1);
      const others = watchers.get(extension);
      if (!others || !isKnown) return;
      const text = lineText(extension, cause, calls);
      for (const watcher of others) sendLine(watcher, text);
    },
    setPbx(state, since, areLinesKnown = state === 'up') {
      pbx = { type: 'pbx', state, since };
      const isFirst = areLinesKnown && !isKnown;
      if (isFirst) isKnown = true;
      for (const watcher of joined.keys()) watcher.send(encode(pbx));
      if (!isFirst) return;
      for (const [extension, others] of watchers) {
        const text = current(extension);
        for (const watcher of others) sendLine(watcher, text);
      }
    },
  };
}
