// A browser that wants to be paired, without a browser: asks the relay for a code or brings an invitation, and is told the token.
// Called by unit, lab and deployment tests.
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { decodeDown, encode, PROTOCOL } from '../../shared/protocol.ts';
import type { Down } from '../../shared/protocol.ts';
import { waitFor } from './wait.ts';

const DEADLINE_MS = 8_000;
/** [relay/pairing/keeper.ts] The relay looks so often, and a little more, for what another process has written. */
export const WRITTEN_ELSEWHERE_MS = 500;
type Paired = Extract<Down, { type: 'paired' }>;

export type PairingBrowser = AsyncDisposable & {
  /** All that is to be dialled, awaited. */
  dial(): Promise<string>;
  /** The token and what belongs to it, awaited. */
  paired(): Promise<Paired>;
  isPaired(): boolean;
  /** The code by which the relay closed the connection, awaited. */
  closed: Promise<number>;
};

/** With an invitation no extension need be named. `options`: of its socket and its TLS. */
export function askToBePaired(
  feedUrl: string,
  { extension = null, invitation = null }: { extension?: string | null; invitation?: string | null },
  options: ClientOptions = {},
): PairingBrowser {
  const socket = new WebSocket(feedUrl, { perMessageDeflate: false, ...options });
  const messages: Down[] = [];
  socket.on('open', () =>
    socket.send(
      encode({ type: 'pair', protocol: PROTOCOL, extension, invitation, name: 'Chrome on Windows' }),
    ),
  );
  socket.on('message', (data) => {
    const message = decodeDown((data as Buffer).toString());
    if (message) messages.push(message);
    if (message?.type === 'ping') socket.send(encode({ type: 'pong', at: message.at }));
  });
  socket.on('error', () => undefined); // `closed` tells it
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  const find = <Type extends Down['type']>(type: Type) =>
    messages.find((message): message is Extract<Down, { type: Type }> => message.type === type);
  const told = async <Type extends Down['type']>(type: Type): Promise<Extract<Down, { type: Type }>> => {
    await waitFor(
      () => find(type) !== undefined,
      DEADLINE_MS,
      () => `no ${type} came, but ${messages.map((message) => message.type).join(' ') || 'nothing'}`,
    );
    const message = find(type);
    if (!message) throw new Error('unreachable');
    return message;
  };
  return {
    dial: async () => (await told('code')).dial,
    paired: () => told('paired'),
    isPaired: () => find('paired') !== undefined,
    closed,
    [Symbol.asyncDispose]: async () => {
      socket.terminate();
      await closed;
    },
  };
}
