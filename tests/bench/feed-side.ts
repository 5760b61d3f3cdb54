// One side of `npm run bench -- fanout` and `-- storm`, a process of its own:
// `node --expose-gc feed-side.ts ringcue|bare|socket.io`. The relay's feed, or an anchor. Told what to do on standard input,
// tells its figures as JSON lines.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHub } from '../../relay/feed/hub.ts';
import { serveFeed } from '../../relay/feed/server.ts';
import type { Call } from '../../shared/protocol.ts';
import { NO_PING_MS, openBare, openSocketIo } from './feed-anchors.ts';
import type { Side } from './feed-anchors.ts';

export const FIRST_EXTENSION = 10_000;
export type Name = 'ringcue' | 'bare' | 'socket.io';
const SIDES: Record<Name, () => Promise<Side>> = {
  ringcue: openRingcue,
  bare: openBare,
  'socket.io': openSocketIo,
};
const TICK_MS = 10;

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
    pages: () => null,
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

type Load = { order: 'load'; sessions: number; rate: number; count: number };

/** `count` messages at `rate` a second, each to the next of all sessions. */
async function load(tell: Side['tell'], { sessions, rate, count }: Load): Promise<void> {
  const startedAt = performance.now();
  let sent = 0;
  while (sent < count) {
    await sleep(TICK_MS);
    const due = Math.min(count, Math.floor(((performance.now() - startedAt) * rate) / 1_000));
    for (; sent < due; sent += 1)
      // A large step, as neighbours lie together in memory and callers ring here and there.
      tell(String(FIRST_EXTENSION + ((sent * 7_919) % sessions)), [ringAt(nowUs())]);
  }
}

export type SideOrder = { order: 'settle' | 'figures' } | Load;
/** Resident now; CPU time of the load, or since the start. */
export type SideFigures = { bytes: number; cpuUs: number };

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Without what the clock of the load costs, which is the same for all: as much as a message where these are few. */
async function loadUs(side: Side, order: Load): Promise<number> {
  globalThis.gc?.();
  const startedAt = cpuUs();
  await load(() => undefined, order);
  const toldAt = cpuUs();
  await load(side.tell, order);
  return cpuUs() - toldAt - (toldAt - startedAt);
}

/**
 * Lets go what nobody holds, as nobody may be charged with what others left behind. Only a last resort gives back the young
 * generation, too: up to 100 MB that V8 keeps of any burst, however many sessions there are.
 */
async function settle(): Promise<void> {
  for (let n = 0; n < 2; n += 1) {
    await sleep(50);
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  }
}

async function main(name: Name): Promise<void> {
  const side = await SIDES[name]();
  const say = (figures: object): void => console.log(JSON.stringify(figures));
  say({ port: side.port });
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as SideOrder;
    if (order.order === 'settle') await settle();
    const spent = order.order === 'load' ? await loadUs(side, order) : cpuUs();
    say({ bytes: process.memoryUsage.rss(), cpuUs: spent } satisfies SideFigures);
  }
  process.exit(0);
}

if (process.argv[1] === import.meta.filename) await main(process.argv[2] as Name);
