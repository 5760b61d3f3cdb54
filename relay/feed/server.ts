// The relay's only port: /feed (WebSocket), /healthz, /readyz, /metrics, a page that says what this is, and one for
// invitations. The only door to ws. Shell; `serve.ts` starts it.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { CLOSE, MAX_UP_BYTES } from '../../shared/protocol.ts';
import { isOriginAllowed } from './access.ts';
import { PAIR_PAGE, PAIR_PAGE_POLICY } from '../pair-page.ts';
import { createLimits } from './limits.ts';
import { createRounds } from './rounds.ts';
import { DEADLINES, Session } from './session.ts';
import type { SessionOptions } from './session.ts';
import { FeedSocket } from './socket.ts';

const BACKLOG = 4096; // a storm of reconnects must not meet a closed door
/** For monitors, and whoever is told that there is no place. */
const MORE_CONNECTIONS = 500;

export type FeedOptions = Omit<SessionOptions, 'onClose' | 'onGone' | 'rounds' | keyof typeof DEADLINES> &
  Partial<typeof DEADLINES> & {
    host: string;
    port: number;
    maxSessions: number;
    /** Whether anything can be told, and what is missing, in words. */
    readiness(): { isReady: boolean; missing: readonly string[] };
    metricsText(): Promise<string>;
    page(): string;
    onSessions(count: number): void;
    onSessionClosed(code: number): void;
    /** There was no place for it. */
    onSessionRefused(): void;
  };

export type Feed = {
  address: AddressInfo;
  /** Tells everybody to come back, then closes. */
  stop(): Promise<void>;
};

/** Listens. Rejects with Node's error (EADDRINUSE, EACCES, EADDRNOTAVAIL). */
export async function serveFeed(options: FeedOptions): Promise<Feed> {
  const { maxSessions } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_UP_BYTES,
    perMessageDeflate: false, // what is small when packed may be large when it is not
    clientTracking: false, // the rounds hold all sessions
    WebSocket: FeedSocket,
  });
  const limits = createLimits(maxSessions);
  const { helloDeadlineMs, pingEveryMs } = { ...DEADLINES, ...options };
  const rounds = createRounds<Session>(pingEveryMs, (session) => session.ping());
  const sessionOptions: SessionOptions = {
    ...{ ...DEADLINES, ...options, rounds },
    onClose: options.onSessionClosed,
    onGone: () => options.onSessions(limits.count()),
  };
  // Whoever connects and asks nothing is let go as whoever says no hello.
  const deadlines = {
    headersTimeout: helloDeadlineMs,
    requestTimeout: helloDeadlineMs,
    connectionsCheckingInterval: helloDeadlineMs / 5,
  };
  const server = createServer(deadlines, (request, response) => {
    answer(request, response, options).catch(() => response.destroy());
  });
  server.maxConnections = maxSessions + MORE_CONNECTIONS;

  server.on('upgrade', (request, socket, head) => {
    if (pathOf(request) !== '/feed') return refuse(socket, '404 Not Found');
    if (!isOriginAllowed(request.headers.origin)) return refuse(socket, '403 Forbidden');
    const place = limits.enter(request.socket.remoteAddress ?? '');
    if (!place) {
      options.onSessionRefused();
      return refuse(socket, '503 Service Unavailable');
    }
    let isUpgraded = false;
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      isUpgraded = true;
      webSocket.listen(socket, new Session(webSocket, sessionOptions, place));
      options.onSessions(limits.count());
    });
    if (!isUpgraded) place.leave(); // it broke off, or was no good
  });

  await listen(server, options.host, options.port);
  return {
    address: server.address() as AddressInfo,
    stop: async () => {
      for (const session of rounds.all()) session.close(CLOSE.restarting, 'the relay restarts');
      sockets.close();
      server.close();
      server.closeIdleConnections();
      const deadline = performance.now() + 2_000;
      while (limits.count() > 0 && performance.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 20));
      rounds.stop();
      server.closeAllConnections();
    },
  };
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  // Ending is not enough: a far side that never ends its half would keep the socket for ever.
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?')[0] ?? '/';

type Reply = { status: number; type: 'text/plain' | 'text/html'; body: string; policy?: string };
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: FeedOptions,
): Promise<void> {
  const { status, type, body, policy = POLICY } = await replyTo(request, options);
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function replyTo(request: IncomingMessage, options: FeedOptions): Promise<Reply> {
  const text = (status: number, body: string): Reply => ({ status, type: 'text/plain', body: `${body}\n` });
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'GET only');
  switch (pathOf(request)) {
    case '/':
      return { status: 200, type: 'text/html', body: options.page() };
    case '/pair':
      return { status: 200, type: 'text/html', body: PAIR_PAGE, policy: PAIR_PAGE_POLICY };
    case '/healthz':
      return text(200, 'ok');
    case '/readyz': {
      const { isReady, missing } = options.readiness();
      return text(isReady ? 200 : 503, [...(isReady ? ['ready'] : []), ...missing].join('\n'));
    }
    case '/metrics':
      return text(200, (await options.metricsText()).trimEnd());
    case '/feed':
      return text(426, 'This is a WebSocket: enter this address in the Ringcue add-on.');
    default:
      return text(404, 'Nothing here. Ringcue serves /feed, /healthz, /readyz and /metrics.');
  }
}
