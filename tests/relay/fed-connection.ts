// The relay's own AMI connection, fed with bytes by hand: gate, reader and dispatch are the real ones, only the kernel is
// left out, which is a hundred times faster and cuts the bytes exactly where it is told to. Called by fuzzer and benchmarks.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { connectAmi } from '../../relay/ami/connection.ts';
import type { AmiConnection, AmiOptions } from '../../relay/ami/connection.ts';
import { openAmiServer } from './ami-server.ts';

export type FedConnection = AsyncDisposable & {
  ami: AmiConnection;
  /** One chunk, as the socket would give it; all that it completes has been dealt with when this returns. */
  feed(bytes: Uint8Array): void;
};

/** What the connection's ids begin with: its first action is `fed-1`. */
export const FED_ID = 'fed';

export async function openFedConnection(
  options: Pick<AmiOptions, 'onPacket' | 'onListenerError' | 'onClose'>,
): Promise<FedConnection> {
  const server = await openAmiServer('11.0.0', () => undefined);
  let socket: Socket | undefined;
  const keep = (message: unknown): void => void (socket ??= (message as { socket: Socket }).socket);
  subscribe('net.client.socket', keep);
  const connecting = connectAmi(
    { host: server.host, port: server.port, username: 'fed', secret: 'fed' },
    {
      ...options,
      randomId: () => FED_ID,
      signal: new AbortController().signal,
      connectDeadlineMs: 5_000,
      answerDeadlineMs: 60_000,
      pingEveryMs: 60_000,
    },
  );
  unsubscribe('net.client.socket', keep);
  const ami = await connecting;
  const decoder = new StringDecoder('utf8');
  return {
    ami,
    feed: (bytes) => {
      const text = decoder.write(bytes);
      if (text !== '') socket?.emit('data', text);
    },
    [Symbol.asyncDispose]: async () => {
      socket?.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}
