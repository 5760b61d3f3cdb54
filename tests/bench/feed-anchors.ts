// What the relay's feed is measured against, each as its own documents have it and with no more than it needs: whoever says
// hello gets a line, and then what is told to the extension. Called by `feed-side.ts`.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as SocketIo } from 'socket.io';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Call } from '../../shared/protocol.ts';

/** As the relay's own: a storm must not meet a closed door at one of them only. */
const BACKLOG = 4096;
/** The pings of 10,000 add-ons would be counted as if messages had caused them. */
export const NO_PING_MS = 24 * 3_600_000;

export type Side = { port: number; tell(extension: string, calls: Call[]): void };
type Hello = { lines: { extension: string }[] };

const extensionOf = ({ lines }: Hello): string => lines[0]?.extension ?? '';
/** A line as the relay tells it. */
const lineOf = (extension: string, seq: number, calls: Call[]): object => ({
  ...{ type: 'line', extension, epoch: 'bench', seq, cause: calls[0]?.id ?? null, calls },
});

export async function openBare(): Promise<Side> {
  const sockets = new Map<string, WebSocket>();
  const server = createServer();
  const feed = new WebSocketServer({ server, perMessageDeflate: false });
  let seq = 0;
  const send = (socket: WebSocket, extension: string, calls: Call[]): void =>
    socket.send(JSON.stringify(lineOf(extension, ++seq, calls)));
  feed.on('connection', (socket) => {
    socket.on('error', () => undefined); // the other end goes by reset
    socket.on('message', (data) => {
      const extension = extensionOf(JSON.parse((data as Buffer).toString()) as Hello);
      sockets.set(extension, socket);
      socket.on('close', () => sockets.delete(extension));
      send(socket, extension, []);
    });
  });
  return {
    port: await listen(server),
    tell: (extension, calls) => {
      const socket = sockets.get(extension);
      if (socket) send(socket, extension, calls);
    },
  };
}

/** A room for each extension, as its documents say for what concerns one person. It brings the same ws. */
export async function openSocketIo(): Promise<Side> {
  const server = createServer();
  const feed = new SocketIo(server, {
    ...{ transports: ['websocket'], perMessageDeflate: false, serveClient: false },
    ...{ pingInterval: NO_PING_MS, pingTimeout: NO_PING_MS },
  });
  let seq = 0;
  feed.on('connection', (socket) => {
    socket.on('hello', (hello: Hello) => {
      const extension = extensionOf(hello);
      void socket.join(extension);
      socket.emit('line', lineOf(extension, ++seq, []));
    });
  });
  return {
    port: await listen(server),
    tell: (extension, calls) => void feed.to(extension).emit('line', lineOf(extension, ++seq, calls)),
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) =>
    server.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG }, resolve),
  );
  return (server.address() as AddressInfo).port;
}
