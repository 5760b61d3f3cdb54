// What goes to one add-on, as fast as it reads: while it is behind, only the newest of each kind waits (a line is always
// whole, so nothing is lost by that), and one that stays behind is told of. Shell around a `ws` socket and the stream below
// it, no clock but the deadline; `feed/session.ts` has one each, so it keeps nothing but what it needs.

/** What may lie unread in the relay before only the newest counts: as much as Node tells to be more than enough. */
const MAX_UNSENT_BYTES = 64 * 1024;

/** The part of a `ws` socket that is used here. */
export type Sink = {
  readonly bufferedAmount: number;
  send(text: string): void;
  readonly stream: { readonly writableNeedDrain: boolean; once(event: 'drain', read: () => void): unknown };
};

/** `tooSlow`: the reader was behind for all the deadline. */
type Reader = { tooSlow(): void };

export class Outbox {
  readonly #socket: Sink;
  readonly #deadlineMs: number;
  readonly #reader: Reader;
  #waiting: Map<string, string> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(socket: Sink, deadlineMs: number, reader: Reader) {
    this.#socket = socket;
    this.#deadlineMs = deadlineMs;
    this.#reader = reader;
  }

  /** `about`: what it replaces while it waits. */
  send(text: string, about: string): void {
    if (this.#waiting === null && !this.#isBehind()) return this.#socket.send(text);
    if (this.#waiting === null) {
      this.#waiting = new Map();
      this.#timer = setTimeout(() => this.#reader.tooSlow(), this.#deadlineMs);
      this.#socket.stream.once('drain', () => this.#sendWaiting());
    }
    this.#waiting.delete(about); // to the end: in the order of what is newest
    this.#waiting.set(about, text);
  }

  /** Forgets what waits. */
  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting = null;
  }

  /** And will be told of by `drain`: without that he would never be served again. */
  #isBehind(): boolean {
    const { bufferedAmount, stream } = this.#socket;
    return bufferedAmount > MAX_UNSENT_BYTES && stream.writableNeedDrain;
  }

  #sendWaiting(): void {
    const texts = this.#waiting?.values() ?? [];
    this.stop();
    for (const text of texts) this.#socket.send(text);
  }
}
