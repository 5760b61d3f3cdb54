// The add-ons of `npm run bench -- fanout` and `-- storm`, a process of its own: `node feed-crowd.ts PORT SESSIONS`. On
// `storm` all connect at once and say hello; a line each is what they wait for. On `spans` it tells how long the messages
// since then took.
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { encode, PROTOCOL } from '../../shared/protocol.ts';
import { FIRST_EXTENSION } from './feed-side.ts';
import { quantile } from './table.ts';

const ADDRESSES = 8; // one address alone has not enough places for all who have not said hello yet
const TOLD = /"startedAt":(\d+)/;

const [, , port = '', count = ''] = process.argv;
const nowUs = (): number => (performance.timeOrigin + performance.now()) * 1_000;
let sockets: WebSocket[] = [];
let spans: number[] = [];
let [holding, retries] = [0, 0];
let onAll = (): void => undefined;

function open(n: number): void {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/feed`, {
    ...{ perMessageDeflate: false, localAddress: `127.0.0.${2 + (n % ADDRESSES)}` },
  });
  sockets[n] = socket;
  let isHolding = false;
  const lines = [{ extension: String(FIRST_EXTENSION + n), token: null, after: null }];
  socket.on('open', () => socket.send(encode({ type: 'hello', protocol: PROTOCOL, lines })));
  socket.on('error', () => undefined); // its close tells it
  // Also who was too slow with his hello, as this one process is when all come at once.
  socket.on('close', () => {
    if (isHolding || sockets[n] !== socket) return;
    retries += 1;
    setTimeout(open, 100, n);
  });
  socket.on('message', (data) => {
    const text = (data as Buffer).toString();
    const toldAt = TOLD.exec(text)?.[1];
    if (toldAt !== undefined) return void spans.push(nowUs() - Number(toldAt));
    if (isHolding || !text.includes('"type":"line"')) return;
    isHolding = true;
    holding += 1;
    if (holding === Number(count)) onAll();
  });
}

async function storm(): Promise<object> {
  const gone = sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve)));
  for (const socket of sockets) socket.terminate();
  await Promise.all(gone);
  [sockets, holding, retries] = [[], 0, 0];
  const startedAt = performance.now();
  const all = new Promise<void>((resolve) => (onAll = resolve));
  for (let n = 0; n < Number(count); n += 1) open(n);
  await all;
  return { ms: performance.now() - startedAt, retries };
}

for await (const order of createInterface({ input: process.stdin })) {
  if (order === 'storm') console.log(JSON.stringify(await storm()));
  else {
    console.log(
      JSON.stringify({ told: spans.length, p50: quantile(spans, 0.5), p99: quantile(spans, 0.99) }),
    );
    spans = [];
  }
}
process.exit(0);
