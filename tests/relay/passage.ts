// A TCP way to the relay that stays at one address while what lies behind it changes: passed through, held up without a
// word, or answered by a captive portal. It counts who came. Called by the browser tests, as browsers cannot be told of
// the relay by anything but an address. [RFC 8952: captive portals]
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { waitFor } from './wait.ts';

const DEADLINE_MS = 10_000;
/** What comes first is one small request. */
const FEED = /^GET \/feed[ ?]/;
const LOGIN_PAGE = '<!doctype html><title>Sign in to the network</title>';
const PORTAL_ANSWERS = {
  'portal-200': `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${LOGIN_PAGE.length}\r\n\r\n${LOGIN_PAGE}`,
  'portal-302': 'HTTP/1.1 302 Found\r\nlocation: http://192.0.2.1/login\r\ncontent-length: 0\r\n\r\n',
} as const;

/** `held`: taken, and nothing ever comes, not even an end. */
export type Weather = 'clear' | 'held' | keyof typeof PORTAL_ANSWERS;

/** One WebSocket that was asked for. */
export type Visit = { openedAt: number; closedAt: number | null };

export type Passage = AsyncDisposable & {
  /** host:port, as a person types it. */
  readonly address: string;
  /** For what is asked and sent from now on. */
  weather: Weather;
  /** The relay's port. */
  leadsTo: number;
  readonly feeds: readonly Visit[];
  /** Returns once that many WebSockets were asked for in all, and the last one is open. */
  isVisited(times: number, withinMs?: number): Promise<void>;
  /** Breaks every connection off. */
  cut(): void;
};

export async function openPassage(leadsTo: number): Promise<Passage> {
  const feeds: Visit[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    keep(near);
    let far: Socket | null = null;
    near.on('data', (chunk) => {
      if (FEED.test(chunk.toString('latin1'))) {
        const visit: Visit = { openedAt: Date.now(), closedAt: null };
        feeds.push(visit);
        near.once('close', () => (visit.closedAt = Date.now()));
      }
      if (passage.weather === 'held') return;
      if (passage.weather !== 'clear') return void near.write(PORTAL_ANSWERS[passage.weather]);
      far ??= goOn(near);
      far.write(chunk);
    });
    near.once('close', () => far?.destroy());
  });
  const goOn = (near: Socket): Socket => {
    const far = connect(passage.leadsTo, '127.0.0.1');
    keep(far);
    far.on('data', (chunk) => passage.weather === 'held' || near.write(chunk));
    far.once('close', () => passage.weather === 'held' || near.destroy());
    return far;
  };
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const passage: Passage = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    weather: 'clear',
    leadsTo,
    feeds,
    isVisited: (times, withinMs = DEADLINE_MS) =>
      waitFor(
        () => feeds.length >= times && feeds.at(-1)?.closedAt === null,
        withinMs,
        () => `${times} connections were not made, but ${JSON.stringify(feeds)}`,
      ),
    cut,
    [Symbol.asyncDispose]: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
  return passage;
}
