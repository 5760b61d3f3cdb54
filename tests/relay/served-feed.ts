// The relay's port on real sockets, without a PBX behind it, and add-ons to connect to it. Called by unit tests of the feed.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { createHub } from '../../relay/feed/hub.ts';
import type { Hub, PbxState } from '../../relay/feed/hub.ts';
import { serveFeed } from '../../relay/feed/server.ts';
import type { Feed, FeedOptions } from '../../relay/feed/server.ts';
import { decodeDown, encode } from '../../shared/protocol.ts';
import type { Call, Down, Up } from '../../shared/protocol.ts';
import { pagesOf } from './served-pages.ts';
import { waitFor } from './wait.ts';

export const DEADLINE_MS = 10_000;
export const NOW = 1_790_000_000_000;

export type Served = AsyncDisposable & {
  hub: Hub;
  setPbx(state: 'up' | 'down', since: number): void;
  feed: Feed;
  url: string;
  http: string;
  calls: Map<string, Call[]>;
  state: { missing: string[]; sessions: number; closeCodes: number[]; refused: number };
};

export async function serve(over: Partial<FeedOptions> = {}): Promise<Served> {
  const calls = new Map<string, Call[]>();
  const state: Served['state'] = { missing: [], sessions: 0, closeCodes: [], refused: 0 };
  let pbx: PbxState = { state: 'down', since: 0, isKnown: false };
  const hub = createHub({
    epoch: 'epoch-1',
    line: (extension) => calls.get(extension) ?? [],
    pbx: () => pbx,
    onLineSent: () => undefined,
  });
  const feed = await serveFeed({
    host: '127.0.0.1',
    port: 0,
    maxSessions: 100,
    hub,
    kept: null,
    isExtension: (text) => /^\d{2,6}$/.test(text),
    pairing: null,
    now: () => NOW,
    readiness: () => ({ isReady: state.missing.length === 0, missing: state.missing }),
    metricsText: () => Promise.resolve('ringcue_pbx_up 1\n'),
    pages: pagesOf({
      pbxs: () => [
        { name: 'pbx', isSeen: state.missing.length === 0, since: NOW, reason: state.missing.join() },
      ],
      now: () => NOW,
    }),
    onSessions: (count) => (state.sessions = count),
    onSessionClosed: (code) => void state.closeCodes.push(code),
    onSessionRefused: () => (state.refused += 1),
    ...over,
  });
  const place = `127.0.0.1:${feed.address.port}`;
  return {
    hub,
    setPbx: (state, since) => {
      pbx = { state, since, isKnown: true };
      hub.pbxChanged();
    },
    feed,
    url: `ws://${place}/feed`,
    http: `http://${place}`,
    calls,
    state,
    [Symbol.asyncDispose]: () => feed.stop(),
  };
}

export type Client = AsyncDisposable & {
  socket: WebSocket;
  messages: Down[];
  /** The close code, awaited. */
  isClosed(): Promise<number>;
  say(message: Up | string | Buffer): void;
  told(count: number): Promise<Down[]>;
};

export async function join(url: string, over: { origin?: string } = {}): Promise<Client> {
  const socket = new WebSocket(url, { perMessageDeflate: false, ...over });
  const messages: Down[] = [];
  socket.on('message', (data) => {
    const message = decodeDown((data as Buffer).toString());
    assert.ok(message, 'what the relay sends is in the protocol');
    messages.push(message);
  });
  socket.on('error', () => undefined); // `isClosed` tells it
  const ended = once(socket, 'close').then(([code]) => code as number);
  await once(socket, 'open');
  return {
    socket,
    messages,
    isClosed: async () => {
      const late = setTimeout(() => socket.terminate(), DEADLINE_MS); // then the code is 1006
      const code = await ended;
      clearTimeout(late);
      return code;
    },
    say: (message) =>
      socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : encode(message)),
    told: async (count) => {
      await waitFor(
        () => messages.length >= count,
        DEADLINE_MS,
        () =>
          `${count} messages were awaited, came ${messages.length}, at last ${JSON.stringify(messages).slice(-2_000)}`,
      );
      return messages;
    },
    [Symbol.asyncDispose]: async () => {
      if (socket.isPaused) socket.resume();
      socket.terminate();
      await ended;
    },
  };
}

/** A socket that speaks no WebSocket of its own; gone with the test. */
export function rawSocket(served: Served, allowHalfOpen = false): Socket & Disposable {
  const socket = connect({ port: served.feed.address.port, host: '127.0.0.1', allowHalfOpen });
  socket.on('error', () => undefined); // being thrown out is what it is for
  socket.setTimeout(DEADLINE_MS, () => socket.destroy());
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.destroy() });
}

export const hello = (...extensions: string[]): Up => ({
  type: 'hello',
  protocol: 1,
  lines: extensions.map((extension) => ({ extension, token: null, after: null })),
});

export const call = (over: Partial<Call> = {}): Call => ({
  id: '1700000000.1',
  direction: 'inbound',
  state: 'ringing',
  party: { number: '+79161234567', display: '', name: null, internal: false, client: null, url: null },
  dialed: null,
  queue: null,
  transferredBy: null,
  startedAt: NOW,
  answeredAt: null,
  endedAt: null,
  endReason: null,
  answeredBy: null,
  ...over,
});
