// Servers that do what no database should: accept and say nothing, speak nonsense, close in mid-answer. Called by the tests of
// failing sources.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export type BrokenServer = AsyncDisposable & { port: number; connections(): number };

export async function startBrokenServer(onSocket: (socket: Socket) => void): Promise<BrokenServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined); // they come and go
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Reads, and never says a word: a stopped process, a firewall that swallows. */
export const startHanging = (): Promise<BrokenServer> => startBrokenServer((socket) => socket.resume());

/** Bytes that mean nothing in any protocol, at once and to every question. */
export const startNonsense = (): Promise<BrokenServer> =>
  startBrokenServer((socket) => {
    socket.write(randomBytes(512));
    socket.on('data', () => void socket.write(randomBytes(4_096)));
  });

/** Closes as soon as it is asked for something, or greeted. */
export const startClosing = (): Promise<BrokenServer> =>
  startBrokenServer((socket) => {
    socket.once('data', () => socket.resetAndDestroy());
    setTimeout(() => socket.resetAndDestroy(), 100);
  });

/** A port where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = await startBrokenServer(() => undefined);
  await server[Symbol.asyncDispose]();
  return server.port;
}

/** Speaks HTTP as badly as it is told. */
export const startHttp = (answer: (socket: Socket) => void): Promise<BrokenServer> =>
  startBrokenServer((socket) => socket.once('data', () => answer(socket)));
