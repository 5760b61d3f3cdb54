// The relay's only port: /feed (WebSocket), /healthz, /readyz, /metrics, the pages that it is handed (`relay/pages`), and the
// packed add-on. The only door to ws. Shell; `serve.ts` starts it.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { CLOSE, MAX_UP_BYTES } from '../../shared/protocol.ts';
import type { Pages } from '../pages/visit.ts';
import { ANY_ADD_ON, isOriginAllowed } from './access.ts';
import type { Certificate } from './certificate.ts';
import { readForm } from './form.ts';
import { createLimits } from './limits.ts';
import { peerReader } from './proxies.ts';
import type { PeerOf } from './proxies.ts';
import { createRounds } from './rounds.ts';
import { DEADLINES, Session } from './session.ts';
import type { SessionOptions } from './session.ts';
import { FeedSocket } from './socket.ts';

const BACKLOG = 4096; // a storm of reconnects must not meet a closed door
/** For monitors, and whoever is told that there is no place. */
const MORE_CONNECTIONS = 500;

/** How the port is reached, and by whom. */
export type Door = {
  /** null: plain. */
  tls: Pick<Certificate, 'cert' | 'key'> | null;
  /** Where a request comes from. */
  peerOf: PeerOf;
  /** Whose add-ons may come in, see `access.ts`. */
  origins: readonly string[];
  /** What a proxy may have left before the path, such as /ringcue. */
  basePath: string;
};

/** Plain, with no proxy before it, for any add-on and no web page. */
const SIMPLE_DOOR: Door = {
  tls: null,
  peerOf: peerReader([]),
  origins: ANY_ADD_ON,
  basePath: '',
};

export type FeedOptions = Omit<SessionOptions, 'onClose' | 'onGone' | 'rounds' | keyof typeof DEADLINES> &
  Partial<typeof DEADLINES> & {
    host: string;
    port: number;
    maxSessions: number;
    door?: Door;
    /** Whether anything can be told, and what is missing, in words. */
    readiness(): { isReady: boolean; missing: readonly string[] };
    metricsText(): Promise<string>;
    pages: Pages;
    /** A file below /add-on/, by its whole name; undefined: there is none. */
    addOnFile?(name: string): { type: string; body: Buffer } | undefined;
    onSessions(count: number): void;
    onSessionClosed(code: number): void;
    /** There was no place for it. */
    onSessionRefused(): void;
  };

export type Feed = {
  address: AddressInfo;
  /** For whoever connects from now on; where TLS is spoken. */
  useCertificate(certificate: Pick<Certificate, 'cert' | 'key'>): void;
  /** Tells everybody to come back, then closes. */
  stop(): Promise<void>;
};

/** Listens. Rejects with Node's error (EADDRINUSE, EACCES, EADDRNOTAVAIL). */
export async function serveFeed(options: FeedOptions): Promise<Feed> {
  const { maxSessions, door = SIMPLE_DOOR } = options;
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
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response, options).catch(() => response.destroy());
  };
  const tlsServer = door.tls
    ? createTlsServer({ ...deadlines, ...tlsOptions(door.tls), handshakeTimeout: helloDeadlineMs }, onRequest)
    : null;
  const server: Server = tlsServer ?? createServer(deadlines, onRequest);
  server.maxConnections = maxSessions + MORE_CONNECTIONS;

  server.on('upgrade', (request, socket, head) => {
    if (pathOf(request, door.basePath) !== '/feed') return refuse(socket, '404 Not Found');
    if (!isOriginAllowed(request.headers.origin, door.origins)) return refuse(socket, '403 Forbidden');
    const place = limits.enter(door.peerOf(request));
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
    useCertificate: (certificate) => tlsServer?.setSecureContext(tlsOptions(certificate)),
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

/** 1.0 and 1.1 are over [RFC 8996]. */
const tlsOptions = ({ cert, key }: Pick<Certificate, 'cert' | 'key'>) =>
  ({ cert, key, minVersion: 'TLSv1.2' }) as const;

/** As it was asked for, to the letter: nothing is decoded and no `..` is followed. A proxy may have cut the base off or not. */
function pathOf(request: IncomingMessage, basePath: string): string {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  return basePath !== '' && path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path;
}

type Reply = {
  status: number;
  /** As HTTP writes it. */
  type: string;
  body: string | Buffer;
  policy?: string;
  headers?: Readonly<Record<string, string>>;
};
const [PLAIN, HTML] = ['text/plain; charset=utf-8', 'text/html; charset=utf-8'];
const ADD_ON_PATH = '/add-on/';
const POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: FeedOptions,
): Promise<void> {
  const { status, type, body, policy = POLICY, headers } = await replyTo(request, options);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function replyTo(request: IncomingMessage, options: FeedOptions): Promise<Reply> {
  const text = (status: number, body: string): Reply => ({ status, type: PLAIN, body: `${body}\n` });
  const { method } = request;
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return text(405, 'GET only');
  const { basePath, peerOf, tls } = options.door ?? SIMPLE_DOOR;
  const path = pathOf(request, basePath);
  const form = method === 'POST' ? await readForm(request) : new URLSearchParams();
  if (form === null) return { ...text(413, 'That is too much.'), headers: { connection: 'close' } };
  const { headers, url = '' } = request;
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');
  const visit = { method, path, query, headers, isTls: tls !== null, peer: peerOf(request), form } as const;
  const page = options.pages(visit);
  if (page) return { ...page, type: HTML };
  if (method === 'POST') return text(405, 'GET only');
  // Without the stroke at its end the links of the page would lead beside it.
  if (basePath !== '' && path === basePath)
    return { ...text(308, `${basePath}/`), headers: { location: `${basePath}/` } };
  const file = path.startsWith(ADD_ON_PATH) ? options.addOnFile?.(path.slice(ADD_ON_PATH.length)) : undefined;
  if (file) return { status: 200, ...file };
  switch (path) {
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
