// The add-ons of `npm run bench -- fanout` and `-- storm`, a process of its own: `node feed-crowd.ts SIDE PORT SESSIONS`. On
// `storm` all connect at once and say hello; a line each is what they wait for. On `leave` all go, on `spans` it tells how
// long the messages since then took.
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { encode, PROTOCOL } from '../../shared/protocol.ts';
import { FIRST_EXTENSION } from './feed-side.ts';
import type { Name } from './feed-side.ts';
import { quantile } from './table.ts';

const ADDRESSES = 8; // one address alone has not enough places for all who have not said hello yet
/**
 * So many knock at once, the next as soon as one is let in: the server never waits, and each add-on is as quick as in a
 * browser of its own, though all of them are one process. With all at once TCP's own pauses of 1, 3 and 7 s would be measured,
 * for whom the kernel's queue [somaxconn 4096] has no room, and the deadline of a hello, which bare ws does not have.
 */
const AT_THE_DOOR = 500;
const AGAIN_AFTER_MS = 100;
const TOLD = /"startedAt":(\d+)/;

/** How a side is spoken to. */
type Tongue = {
  path: string;
  /** What is said to this text, or to an open connection (null). */
  answer(text: string | null, hello: string): string | null;
};
const PLAIN: Tongue = { path: '/feed', answer: (text, hello) => (text === null ? hello : null) };
const TONGUES: Record<Name, Tongue> = {
  ringcue: PLAIN,
  bare: PLAIN,
  'socket.io': {
    path: '/socket.io/?EIO=4&transport=websocket',
    answer: (text, hello) => {
      if (text?.startsWith('0{')) return '40'; // [Engine.IO 4: open; Socket.IO 5: connect]
      return text?.startsWith('40') ? `42["hello",${hello}]` : null; // [connected; an event]
    },
  },
};

const [, , side = '', port = '', count = ''] = process.argv;
const tongue = TONGUES[side as Name];
const nowUs = (): number => (performance.timeOrigin + performance.now()) * 1_000;
let sockets: WebSocket[] = [];
let streams: Socket[] = [];
let spans: number[] = [];
let [begun, holding, retries] = [0, 0, 0];
let onAll = (): void => undefined;

function openNext(): void {
  if (begun < Number(count)) open(begun++);
}

function open(n: number): void {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${tongue.path}`, {
    ...{ perMessageDeflate: false, localAddress: `127.0.0.${2 + (n % ADDRESSES)}` },
  });
  sockets[n] = socket;
  let isHolding = false;
  const lines = [{ extension: String(FIRST_EXTENSION + n), token: null, after: null }];
  const hello = encode({ type: 'hello', protocol: PROTOCOL, lines });
  const say = (text: string | null): void => {
    if (text !== null) socket.send(text);
  };
  socket.on('upgrade', ({ socket: stream }) => (streams[n] = stream));
  socket.on('open', () => {
    say(tongue.answer(null, hello));
    openNext();
  });
  socket.on('error', () => undefined); // its close tells it
  // Also who was too slow with his hello, as this one process is when all come at once.
  socket.on('close', () => {
    if (isHolding || sockets[n] !== socket) return;
    retries += 1;
    setTimeout(open, AGAIN_AFTER_MS, n);
  });
  socket.on('message', (data) => {
    const text = (data as Buffer).toString();
    const toldAt = TOLD.exec(text)?.[1];
    if (toldAt !== undefined) return void spans.push(nowUs() - Number(toldAt));
    if (isHolding) return;
    if (!text.includes('"type":"line"')) return say(tongue.answer(text, hello));
    isHolding = true;
    holding += 1;
    if (holding === Number(count)) onAll();
  });
}

/** By reset, as from a relay that is gone: a polite end leaves 10,000 ports in TIME-WAIT, among which the kernel must search. */
async function leave(): Promise<object> {
  const gone = sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve)));
  const all = streams;
  [sockets, streams] = [[], []];
  for (const stream of all) stream.resetAndDestroy();
  await Promise.all(gone);
  return {};
}

async function storm(): Promise<object> {
  [begun, holding, retries] = [0, 0, 0];
  const startedAt = performance.now();
  const all = new Promise<void>((resolve) => (onAll = resolve));
  for (let n = 0; n < AT_THE_DOOR; n += 1) openNext();
  await all;
  return { ms: performance.now() - startedAt, retries };
}

function tellSpans(): object {
  const told = { told: spans.length, p50: quantile(spans, 0.5), p99: quantile(spans, 0.99) };
  spans = [];
  return told;
}

const ORDERS: Record<string, () => object | Promise<object>> = { leave, storm, spans: tellSpans };
for await (const order of createInterface({ input: process.stdin })) {
  globalThis.gc?.(); // what was before is not to be cleared away meanwhile
  console.log(JSON.stringify(await ORDERS[order]?.()));
}
process.exit(0);
