// Who watches which extension, and where each line stands: gives every published line its epoch and seq. Shell-free;
// `feed/session.ts` joins and leaves, `serve.ts` publishes.
import { encode } from '../../shared/protocol.ts';
import type { Call } from '../../shared/protocol.ts';

export type Watcher = {
  /** `about`: what a later message replaces, where this one has not gone yet. */
  send(text: string, about: string): void;
  /** Its first line of this extension was sent. */
  begun(extension: string): void;
};

/** Whether the PBXs that have these extensions are seen, since when, and whether the lines are known. */
export type PbxState = { state: 'up' | 'down'; since: number; isKnown: boolean };

export type HubOptions = {
  /** New with every state that does not continue the one before. */
  epoch: string;
  line(extension: string): Call[];
  pbx(extensions: readonly string[]): PbxState;
  onLineSent(): void;
};

export type Hub = {
  join(extension: string, watcher: Watcher): void;
  leave(watcher: Watcher): void;
  /** The line changed: the next seq, which is returned, goes to everybody who watches it. */
  publish(extension: string, cause: string | null, calls: Call[]): number;
  /** These missed calls are dealt with: tells all devices of the extension but the one that has said so. */
  tellSeen(extension: string, callIds: readonly string[], sender: Watcher | null): void;
  /** A PBX is seen, or no more: tells whom it concerns, and the lines that nobody knew until now. */
  pbxChanged(): void;
};

type Joined = { extensions: string[]; toldOfPbx: string };

export function createHub({ epoch, line, pbx, onLineSent }: HubOptions): Hub {
  const watchers = new Map<string, Set<Watcher>>();
  const joined = new Map<Watcher, Joined>();
  // Grows with the PBX's own phones only: what a stranger asks to watch has no entry until it has a call.
  const seqs = new Map<string, number>();
  /** Watched extensions whose line is known. Before the first poll an empty one would clear a ring that goes on. */
  const known = new Set<string>();

  const lineText = (extension: string, cause: string | null, calls: Call[]): string =>
    encode({ type: 'line', extension, epoch, seq: seqs.get(extension) ?? 0, cause, calls });
  const current = (extension: string): string => lineText(extension, null, line(extension));

  const sendLine = (watcher: Watcher, extension: string, text: string): void => {
    watcher.send(text, extension);
    onLineSent();
  };
  /** The same string for all who are told the same. */
  const shared = (text: string): string => (text === latestOfPbx ? latestOfPbx : (latestOfPbx = text));
  let latestOfPbx = '';
  const tellOfPbx = (watcher: Watcher, own: Joined): void => {
    const { state, since } = pbx(own.extensions);
    const text = shared(encode({ type: 'pbx', state, since }));
    if (text !== own.toldOfPbx) watcher.send(text, 'pbx state'); // no extension has a space
    own.toldOfPbx = text;
  };

  return {
    join(extension, watcher) {
      const others = watchers.get(extension) ?? new Set();
      watchers.set(extension, others.add(watcher));
      const own = joined.get(watcher) ?? { extensions: [], toldOfPbx: '' };
      own.extensions = own.extensions.concat(extension); // as long as needed: `push` makes room for sixteen
      joined.set(watcher, own);
      tellOfPbx(watcher, own);
      if (pbx([extension]).isKnown) known.add(extension);
      if (!known.has(extension)) return;
      sendLine(watcher, extension, current(extension));
      watcher.begun(extension);
    },
    leave(watcher) {
      for (const extension of joined.get(watcher)?.extensions ?? []) {
        const others = watchers.get(extension);
        if (!others?.delete(watcher) || others.size > 0) continue;
        watchers.delete(extension);
        known.delete(extension);
      }
      joined.delete(watcher);
    },
    publish(extension, cause, calls) {
      const seq = (seqs.get(extension) ?? 0) + 1;
      seqs.set(extension, seq);
      const others = watchers.get(extension);
      if (!others || !known.has(extension)) return seq;
      const text = lineText(extension, cause, calls);
      for (const watcher of others) sendLine(watcher, extension, text);
      return seq;
    },
    tellSeen(extension, callIds, sender) {
      const text = encode({ type: 'seen', extension, callIds: [...callIds] });
      for (const watcher of watchers.get(extension) ?? [])
        if (watcher !== sender) watcher.send(text, `seen ${extension} ${callIds.join(' ')}`);
    },
    pbxChanged() {
      for (const [watcher, own] of joined) tellOfPbx(watcher, own);
      for (const [extension, others] of watchers) {
        if (known.has(extension) || !pbx([extension]).isKnown) continue;
        known.add(extension);
        const text = current(extension);
        for (const watcher of others) {
          sendLine(watcher, extension, text);
          watcher.begun(extension);
        }
      }
    },
  };
}
