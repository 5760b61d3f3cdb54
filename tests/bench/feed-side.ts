// One side of `npm run bench -- fanout` and `-- storm`, a process of its own: `node --expose-gc feed-side.ts ringcue|bare`.
// The relay's feed, or the least that bare ws needs for the same: whoever says hello gets a line, and then what is told
// to the extension. Told what to do on standard input, tells its figures as JSON lines.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { createHub } from '../../relay/feed/hub.ts';
import { serveFeed } from '../../relay/feed/server.ts';
import type { Call } from '../../shared/protocol.ts';

export const FIRST_EXTENSION = 10_000;
const BACKLOG = 4096;
/** The pings of 10,000 add-ons would be counted as if messages had caused them. */
const NO_PING_MS = 24 * 3_600_000;
const TICK_MS = 10;

type Side = { port: number; tell(extension: string, calls: Call[]): void };

async function openRingcue(): Promise<Side> {
  const hub = createHub({
    epoch: 'bench',
    line: () => [],
    pbx: () => ({ state: 'up', since: 0, isKnown: true }),
    onLineSent: () => undefined,
  });
  const feed = await serveFeed({
    ...{ host: '127.0.0.1', port: 0, maxSessions: 20_000, hub, kept: null, pairing: null, now: Date.now },
    isExtension: (text) => /^\d{2,6}$/.test(text),
    readiness: () => ({ isReady: true, missing: [] }),
    metricsText: () => Promise.resolve(''),
    page: () => '',
    onSessions: () => undefined,
    onSessionClosed: () => undefined,
    onSessionRefused: () => undefined,
    ...{ pingEveryMs: NO_PING_MS, silenceMs: 3 * NO_PING_MS },
  });
  return {
    port: feed.address.port,
    tell: (extension, calls) => hub.publish(extension, calls[0]?.id ?? null, calls),
  };
}

async function openBare(): Promise<Side> {
  const sockets = new Map<string, WebSocket>();
  const server = createServer();
  const feed = new WebSocketServer({ server, perMessageDeflate: false });
  let seq = 0;
  const send = (socket: WebSocket, extension: string, cause: string | null, calls: Call[]): void => {
    socket.send(JSON.stringify({ type: 'line', extension, epoch: 'bench', seq: ++seq, cause, calls }));
  };
  feed.on('connection', (socket) => {
    socket.on('error', () => undefined); // the other end goes by reset
    socket.on('message', (data) => {
      const { lines } = JSON.parse((data as Buffer).toString()) as { lines: { extension: string }[] };
      const extension = lines[0]?.extension ?? '';
      sockets.set(extension, socket);
      socket.on('close', () => sockets.delete(extension));
      send(socket, extension, null, []);
    });
  });
  await new Promise<void>((resolve) =>
    server.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG }, resolve),
  );
  return {
    port: (server.address() as AddressInfo).port,
    tell: (extension, calls) => {
      const socket = sockets.get(extension);
      if (socket) send(socket, extension, calls[0]?.id ?? null, calls);
    },
  };
}

/** A ring; `startedAt` is when it is told, in microseconds, for the other end to look at. */
const ringAt = (startedAt: number): Call => ({
  id: '1700000000.1',
  direction: 'inbound',
  state: 'ringing',
  party: {
    number: '+79161234567',
    display: '+7 916 123-45-67',
    name: null,
    internal: false,
    client: { id: '7', name: 'Romashka Ltd', image: null, others: 0, fields: [] },
    url: 'https://crm.example/clients/7',
  },
  ...{ dialed: '+74951234567', queue: null, transferredBy: null },
  ...{ startedAt, answeredAt: null, endedAt: null, endReason: null, answeredBy: null },
});

const nowUs = (): number => Math.floor((performance.timeOrigin + performance.now()) * 1_000);

/** `count` messages at `rate` a second, each to the next of all sessions. */
async function load(side: Side, sessions: number, rate: number, count: number): Promise<void> {
  const startedAt = performance.now();
  let sent = 0;
  while (sent < count) {
    await sleep(TICK_MS);
    const due = Math.min(count, Math.floor(((performance.now() - startedAt) * rate) / 1_000));
    for (; sent < due; sent += 1)
      // A large step, as neighbours lie together in memory and callers ring here and there.
      side.tell(String(FIRST_EXTENSION + ((sent * 7_919) % sessions)), [ringAt(nowUs())]);
  }
}

export type SideOrder =
  { order: 'memory' | 'cpu' } | { order: 'load'; sessions: number; rate: number; count: number };
/** Of `memory` and `cpu` one each; of `load` the CPU time it took. */
export type SideFigures = { bytes?: number; cpuUs: number };

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

async function main(): Promise<void> {
  const side = process.argv[2] === 'bare' ? await openBare() : await openRingcue();
  const say = (figures: object): void => console.log(JSON.stringify(figures));
  say({ port: side.port });
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as SideOrder;
    if (order.order === 'memory')
      for (let n = 0; n < 4; n += 1) await sleep(50).then(() => globalThis.gc?.());
    const before = order.order === 'load' ? cpuUs() : 0;
    if (order.order === 'load') await load(side, order.sessions, order.rate, order.count);
    say({ bytes: process.memoryUsage.rss(), cpuUs: cpuUs() - before });
  }
  process.exit(0);
}

if (process.argv[1] === import.meta.filename) await main();
