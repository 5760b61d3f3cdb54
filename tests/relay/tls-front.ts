// TLS before a plain server: what an Asterisk with tlsenable does, and a TLS proxy. Called by tests of TLS.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { TlsOptions } from 'node:tls';

export type TlsFront = AsyncDisposable & { readonly port: number };

/** Everything that comes is passed on to `leadsTo` and back, and either end's end is the other's. */
export async function openTlsFront(leadsTo: number, options: TlsOptions): Promise<TlsFront> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer(options, (near) => {
    const far = connect(leadsTo, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      keep(one);
      one.pipe(other);
      one.on('close', () => other.destroy());
    }
  });
  server.on('tlsClientError', () => undefined); // who does not trust it goes away again
  server.on('connection', keep);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
