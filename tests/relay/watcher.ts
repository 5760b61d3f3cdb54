// One add-on's view of the wire, without a browser: says hello, keeps what it is told, and can be asked what an extension
// was told of its calls, in order. Called by lab tests, the demo and the benchmarks.
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { decodeDown, encode, PROTOCOL } from '../../shared/protocol.ts';
import type { Call, Down, Line } from '../../shared/protocol.ts';
import { tellStory } from './story.ts';
import { waitFor } from './wait.ts';

const DEADLINE_MS = 8_000;

export type ToldCall = { at: number; call: Call };

export type Watcher = AsyncDisposable & {
  readonly messages: readonly Down[];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** The line as last told. */
  line(): Line | undefined;
  /** Every change of every call of the line since we came, with the time its frame came (epoch ms, fractions). */
  readonly told: readonly ToldCall[];
  /** The first change that fits, awaited. */
  isTold(predicate: (call: Call) => boolean, what: string): Promise<ToldCall>;
  /** What was told, in words: see `tellStory`. */
  story(): string;
  /** Its owner has seen these missed calls. */
  sees(...callIds: string[]): void;
  close(): void;
};

/**
 * Connects and says hello for one extension, with its token where the relay pairs; resolves with the first line. `options`:
 * of its socket and its TLS.
 */
export async function watch(
  feedUrl: string,
  extension: string,
  token: string | null = null,
  options: ClientOptions = {},
): Promise<Watcher> {
  const socket = new WebSocket(feedUrl, { perMessageDeflate: false, ...options });
  const messages: Down[] = [];
  const told: ToldCall[] = [];
  let line: Line | undefined;
  socket.on('open', () =>
    socket.send(encode({ type: 'hello', protocol: PROTOCOL, lines: [{ extension, token, after: null }] })),
  );
  socket.on('message', (data) => {
    const at = performance.timeOrigin + performance.now();
    const text = (data as Buffer).toString();
    const message = decodeDown(text);
    if (!message) throw new Error(`the relay sent what is not in the protocol: ${text}`);
    messages.push(message);
    if (message.type === 'ping') socket.send(encode({ type: 'pong', at: message.at }));
    if (message.type !== 'line') return;
    if (line && message.seq !== line.seq + 1) throw new Error(`seq ${message.seq} came after ${line.seq}`);
    for (const call of message.calls) {
      const before = line?.calls.find(({ id }) => id === call.id);
      const isOld = line === undefined && call.state === 'ended'; // what ended before we came is no news
      if (!isOld && JSON.stringify(before) !== JSON.stringify(call)) told.push({ at, call });
    }
    line = message;
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  socket.on('error', () => undefined); // `closed` tells it

  const watcher: Watcher = {
    messages,
    closed,
    line: () => line,
    told,
    isTold: async (predicate, what) => {
      let found: ToldCall | undefined;
      await waitFor(
        () => (found = told.find(({ call }) => predicate(call))) !== undefined,
        DEADLINE_MS,
        () => `${extension} was not told ${what}, but: ${watcher.story() || 'nothing'}`,
      );
      if (!found) throw new Error('unreachable');
      return found;
    },
    story: () => tellStory(told.map(({ call }) => call)),
    sees: (...callIds) => socket.send(encode({ type: 'seen', extension, callIds })),
    close: () => socket.close(),
    [Symbol.asyncDispose]: async () => {
      socket.terminate();
      await closed;
    },
  };
  await waitFor(
    () => line !== undefined || socket.readyState === WebSocket.CLOSED,
    DEADLINE_MS,
    () => `no line came for ${extension}; messages: ${JSON.stringify(messages)}`,
  );
  return watcher;
}
