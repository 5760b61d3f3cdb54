// `npm run bench -- latency`: from an AMI event to the WebSocket frame it causes, one at a time, against two anchors
// interleaved in the same run. Each server is a process of its own; this one is Asterisk and all add-ons at once.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { encode, PROTOCOL } from '../../shared/protocol.ts';
import { openAmiServer } from '../relay/ami-server.ts';
import type { AmiServer } from '../relay/ami-server.ts';
import { startRelay } from '../relay/relay-process.ts';
import { formatTable, judge, quantile } from './table.ts';

const ROUNDS = 9;
const CALLS_A_ROUND = 200;
const WARM_UP_CALLS = 300;
/** [protocol: hello] The most that one add-on may watch. */
const EXTENSIONS_A_SESSION = 8;
const FRAME_DEADLINE_MS = 5_000;
const GOAL = 2;

export type Server = {
  name: string;
  ami: AmiServer;
  /** How its frame says that this call is in this state. */
  tells(text: string, uniqueid: string, state: State['channel']): boolean;
  /** `message` for each frame, on whatever session it came. */
  inbox: EventEmitter;
  rows: { current: string[] };
  stop(): Promise<unknown>;
};
type State = { channel: 'Ringing' | 'Up' | 'gone'; line: string };

/** Prints the table; the exit code. */
export async function benchLatency(print: (text: string) => void): Promise<number> {
  const extensions = Array.from({ length: WARM_UP_CALLS + ROUNDS * CALLS_A_ROUND }, (_, index) =>
    String(10_000 + index),
  );
  print(`${ROUNDS} rounds of ${CALLS_A_ROUND} calls, three events each, for each of three servers …`);
  const servers = [
    await startOurs(extensions),
    await startAnchor('bare TCP→ws', 'anchor-forwarder.ts', extensions.length, tellsRaw),
    await startAnchor('asterisk-manager→JSON→ws', 'anchor-manager.ts', extensions.length, tellsJson),
  ];
  const figures = new Map(servers.map(({ name }) => [name, { p50: [] as number[], p99: [] as number[] }]));
  try {
    let next = 0;
    for (const server of servers)
      for (let n = 0; n < WARM_UP_CALLS; n += 1) await playCall(server, extensions[n] ?? '', n);
    next = WARM_UP_CALLS;
    for (let round = 0; round < ROUNDS; round += 1) {
      // Every other round backwards, so that what drifts drifts for all.
      const order = round % 2 === 0 ? servers : [...servers].reverse();
      for (const server of order) {
        const spans: number[] = [];
        for (let n = next; n < next + CALLS_A_ROUND; n += 1)
          spans.push(...(await playCall(server, extensions[n] ?? '', n)));
        figures.get(server.name)?.p50.push(quantile(spans, 0.5));
        figures.get(server.name)?.p99.push(quantile(spans, 0.99));
      }
      next += CALLS_A_ROUND;
    }
  } finally {
    for (const server of servers) await server.stop();
  }
  const of = (name: string) => figures.get(name) ?? { p50: [], p99: [] };
  const ours = of('ringcue');
  const judged = servers.slice(1).flatMap(({ name }, index) => [
    judge({
      metric: 'event → frame, p50',
      unit: 'µs',
      ours: ours.p50,
      anchors: of(name).p50,
      anchor: name,
      goal: index === 0 ? GOAL : null,
    }),
    judge({
      metric: 'event → frame, p99',
      unit: 'µs',
      ours: ours.p99,
      anchors: of(name).p99,
      anchor: name,
      goal: null,
    }),
  ]);
  print(formatTable(judged.map(({ cells }) => cells)));
  return judged.every(({ isMet }) => isMet) ? 0 : 1;
}

/** One call from its first channel to its end; the microseconds of its three events that make a frame. */
export async function playCall(
  server: Server,
  extension: string,
  count: number,
  client = '+79161234567',
): Promise<number[]> {
  const uniqueid = `1700000000.${count * 2 + 1}`;
  const trunk = channel(
    `PJSIP/trunk-${hex(count)}`,
    `1700000000.${count * 2}`,
    uniqueid,
    'Ring',
    client,
    '',
    extension,
  );
  const phone = (state: string) =>
    channel(`PJSIP/${extension}-${hex(count)}`, uniqueid, uniqueid, state, extension, client, '');
  const row = (lines: readonly string[]): string =>
    [...lines, 'Application: AppDial', 'BridgeId: '].join('\r\n');
  const event = (name: string, lines: readonly string[]): string =>
    `Event: ${name}\r\nPrivilege: call,all\r\n${lines.join('\r\n')}\r\n\r\n`;

  server.ami.tell(event('Newchannel', trunk) + event('Newchannel', phone('Down')));
  server.ami.tell(
    event('DialBegin', [...trunk, ...phone('Down').map((line) => `Dest${line}`), `DialString: ${extension}`]),
  );
  server.rows.current = [row(trunk), row(phone('Down'))];
  const spans: number[] = [];
  for (const [state, text] of [
    ['Ringing', event('Newstate', phone('Ringing'))],
    ['Up', event('Newstate', phone('Up'))],
    ['gone', event('Hangup', [...phone('Up'), 'Cause: 16', 'Cause-txt: Normal Clearing'])],
  ] as const) {
    await sleep(1); // as in life, what came before has been dealt with
    server.rows.current = state === 'gone' ? [row(trunk)] : [row(trunk), row(phone(state))];
    spans.push(await measure(server, text, uniqueid, state));
  }
  server.ami.tell(event('Hangup', [...trunk, 'Cause: 16', 'Cause-txt: Normal Clearing']));
  server.rows.current = [];
  return spans;
}

function measure(server: Server, text: string, uniqueid: string, state: State['channel']): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${server.name} sent no frame for ${state} of ${uniqueid}`)),
      FRAME_DEADLINE_MS,
    );
    const listener = (data: WebSocket.RawData): void => {
      const at = performance.now();
      if (!server.tells((data as Buffer).toString(), uniqueid, state)) return;
      clearTimeout(timer);
      server.inbox.off('message', listener);
      setImmediate(() => resolve((at - startedAt) * 1000));
    };
    server.inbox.on('message', listener);
    const startedAt = performance.now();
    server.ami.tell(text);
  });
}

const hex = (count: number): string => count.toString(16).padStart(8, '0');

/** A channel's snapshot with the keys of Asterisk 16 and 22, in their order. */
function channel(
  name: string,
  uniqueid: string,
  linkedid: string,
  state: string,
  number: string,
  connected: string,
  exten: string,
): string[] {
  const code = { Down: 0, Ring: 4, Ringing: 5, Up: 6 }[state] ?? 0;
  return [
    `Channel: ${name}`,
    `ChannelState: ${code}`,
    `ChannelStateDesc: ${state}`,
    `CallerIDNum: ${number}`,
    'CallerIDName: <unknown>',
    `ConnectedLineNum: ${connected || '<unknown>'}`,
    'ConnectedLineName: <unknown>',
    'Language: en',
    'AccountCode: ',
    'Context: from-trunk',
    `Exten: ${exten}`,
    'Priority: 1',
    `Uniqueid: ${uniqueid}`,
    `Linkedid: ${linkedid}`,
  ];
}

const tellsOurs: Server['tells'] = (text, uniqueid, state) =>
  text.includes(`"id":"${uniqueid}"`) &&
  text.includes(`"state":"${{ Ringing: 'ringing', Up: 'talking', gone: 'ended' }[state]}"`);
const tellsRaw: Server['tells'] = (text, uniqueid, state) =>
  text.includes(`Uniqueid: ${uniqueid}\r`) &&
  text.includes(state === 'gone' ? 'Event: Hangup' : `Event: Newstate`) &&
  (state === 'gone' || text.includes(`ChannelStateDesc: ${state}`));
const tellsJson: Server['tells'] = (text, uniqueid, state) =>
  text.includes(`"uniqueid":"${uniqueid}"`) &&
  text.includes(state === 'gone' ? '"event":"Hangup"' : `"channelstatedesc":"${state}"`);

export async function startOurs(
  extensions: readonly string[],
  settings: Record<string, string> = {},
  name = 'ringcue',
): Promise<Server> {
  const rows = { current: [] as string[] };
  const ami = await openAmiServer('11.0.0', (sendRows) => sendRows(rows.current));
  const account = { host: ami.host, port: ami.port, username: 'bench', secret: 'bench' };
  const relay = await startRelay(account, settings);
  await relay.isReady();
  const { sockets, inbox } = await openSessions(relay.feedUrl, extensions.length);
  for (const [index, socket] of sockets.entries()) {
    const own = extensions.slice(index * EXTENSIONS_A_SESSION, (index + 1) * EXTENSIONS_A_SESSION);
    const lines = own.map((extension) => ({ extension, token: null, after: null }));
    socket.send(encode({ type: 'hello', protocol: PROTOCOL, lines }));
    socket.on('message', (data) => answerPing(socket, (data as Buffer).toString()));
  }
  return {
    name,
    ami,
    tells: tellsOurs,
    inbox,
    rows,
    stop: () => stopAll(sockets, relay.stop, ami),
  };
}

/** Who says nothing for long is cut off, as add-ons whose computer sleeps are. */
function answerPing(socket: WebSocket, text: string): void {
  if (!text.startsWith('{"type":"ping"')) return;
  const { at } = JSON.parse(text) as { at: number };
  socket.send(encode({ type: 'pong', at }));
}

/** An anchor with as many sessions as ours: a frame on a socket that was idle costs more than one on the only socket. */
async function startAnchor(
  name: string,
  file: string,
  extensionCount: number,
  tells: Server['tells'],
): Promise<Server> {
  const rows = { current: [] as string[] };
  const ami = await openAmiServer('11.0.0', (sendRows) => sendRows(rows.current));
  const path = fileURLToPath(new URL(`./${file}`, import.meta.url));
  const child = spawn(process.execPath, [path, String(ami.port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { port } = JSON.parse(line) as { port: number };
  const { sockets, inbox } = await openSessions(`ws://127.0.0.1:${port}`, extensionCount);
  while (ami.sessions() === 0) await sleep(5);
  return { name, ami, tells, inbox, rows, stop: () => stopAll(sockets, () => endProcess(child), ami) };
}

async function openSessions(url: string, extensionCount: number) {
  const inbox = new EventEmitter();
  const sockets: WebSocket[] = [];
  for (let count = 0; count < extensionCount; count += EXTENSIONS_A_SESSION) {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.on('message', (data) => inbox.emit('message', data));
    await once(socket, 'open');
    sockets.push(socket);
  }
  return { inbox, sockets };
}

async function stopAll(
  sockets: readonly WebSocket[],
  stop: () => Promise<unknown>,
  ami: AmiServer,
): Promise<void> {
  for (const socket of sockets) socket.terminate();
  await stop();
  await ami[Symbol.asyncDispose]();
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
