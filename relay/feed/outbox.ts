// What goes to one add-on, as fast as it reads: while it is behind, only the newest of each kind waits (a line is always
// whole, so nothing is lost by that), and one that stays behind is told of. Shell around a `ws` socket's buffer, no clock
// but the deadline; `feed/session.ts` has one each.

/** What may lie unread in the relay before only the newest counts. */
const MAX_UNSENT_BYTES = 64 * 1024;

/** The part of a `ws` socket that is used here. */
type Sink = { readonly bufferedAmount: number; send(text: string, written: () => void): void };

export type Outbox = {
  /** `about`: what it replaces while it waits. */
  send(text: string, about: string): void;
  /** Forgets what waits. */
  stop(): void;
};

/** `onTooSlow`: the reader was behind for `deadlineMs` without a pause. */
export function createOutbox(socket: Sink, deadlineMs: number, onTooSlow: () => void): Outbox {
  let waiting: Map<string, string> | null = null;
  let timer: NodeJS.Timeout | undefined;

  const stop = (): void => {
    clearTimeout(timer);
    waiting = null;
  };
  const isBehind = (): boolean => socket.bufferedAmount > MAX_UNSENT_BYTES;
  const written = (): void => {
    if (waiting === null || isBehind()) return;
    const texts = waiting.values();
    stop();
    for (const text of texts) socket.send(text, written);
  };
  return {
    send(text, about) {
      if (waiting === null && !isBehind()) {
        socket.send(text, written);
        return;
      }
      if (waiting === null) {
        waiting = new Map();
        timer = setTimeout(onTooSlow, deadlineMs);
      }
      waiting.delete(about); // to the end: in the order of what is newest
      waiting.set(about, text);
    },
    stop,
  };
}
