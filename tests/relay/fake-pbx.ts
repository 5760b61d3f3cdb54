// An AMI server that does what a real Asterisk cannot be made to do: answers out of order, half, forged or not at all.
// Called by unit tests of the relay's AMI side; everything else belongs into the lab.
//
// How to extend: an action is answered by `pbx.script[name in lower case]`; a test replaces one entry, and may call the
// entry it replaced. What no action asks for is sent by `pbx.session().send(text)`.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { waitFor } from './wait.ts';

const DEADLINE_MS = 3_000;
export const GREETING = 'Asterisk Call Manager/11.0.0\r\n';

/** One action as it came: keys in lower case. */
export type Action = { readonly name: string; readonly id: string; readonly text: string };
export type Fields = Readonly<Record<string, string | number>>;
export type Answer = (action: Action, session: Session) => void;

export type Session = {
  readonly socket: Socket;
  readonly actions: readonly Action[];
  send(bytes: string | Buffer): void;
  /** Each byte in a packet of its own. */
  sendBytes(bytes: string | Buffer): Promise<void>;
  /** The relay has let go of the connection, both halves of it. */
  isEnded(): Promise<void>;
};

export type FakePbx = AsyncDisposable & {
  readonly port: number;
  readonly account: { host: string; port: number; username: string; secret: string };
  /** What CoreShowChannels tells. */
  rows: Fields[];
  /** Off: connections are accepted, and that is all, as by a stopped process. */
  isAlive: boolean;
  greeting: string;
  readonly script: Record<string, Answer>;
  readonly sessions: readonly Session[];
  /** The newest one. */
  session(): Session;
  /** The nth action of that name in the newest session, awaited. */
  asked(name: string, count?: number): Promise<Action>;
  /** Stops listening and drops everybody, as a killed process. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  start(): Promise<void>;
};

/** One AMI block; `fields` in the order given. */
export const block = (fields: Fields): string =>
  `${Object.entries(fields)
    .map(([key, value]) => `${key}: ${value}\r\n`)
    .join('')}\r\n`;

export const event = (name: string, fields: Fields): string =>
  block({ Event: name, Privilege: 'call,all', ...fields });

/** What 12+ tells of a channel in events and rows, `over` for what is different. */
export const snapshot = (over: Fields = {}): Fields => ({
  Channel: 'PJSIP/101-00000001',
  ChannelState: 5,
  ChannelStateDesc: 'Ringing',
  CallerIDNum: '101',
  CallerIDName: '<unknown>',
  ConnectedLineNum: '+79161234567',
  ConnectedLineName: '<unknown>',
  Language: 'en',
  AccountCode: '',
  Context: 'internal',
  Exten: '101',
  Priority: 1,
  Uniqueid: '1700000000.1',
  Linkedid: '1700000000.0',
  ...over,
});

/** A whole answer to CoreShowChannels [12+]. */
export const channelList = (id: string, rows: readonly Fields[], listItems = rows.length): string =>
  block({ Response: 'Success', ActionID: id, EventList: 'start', Message: 'Channels will follow' }) +
  rows.map((row) => block({ Event: 'CoreShowChannel', ActionID: id, ...row })).join('') +
  block({
    Event: 'CoreShowChannelsComplete',
    ActionID: id,
    EventList: 'Complete',
    ListItems: listItems,
  });

export const success = (action: Action, over: Fields = {}): string =>
  block({ Response: 'Success', ActionID: action.id, ...over });
export const failure = (action: Action, message: string): string =>
  block({ Response: 'Error', ActionID: action.id, Message: message });

export async function startFakePbx(): Promise<FakePbx> {
  const sessions: Session[] = [];
  const sockets = new Set<Socket>();
  // Half-open, so that a relay that ends only its own half is seen to keep the other.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined); // the relay may go at any moment
    sessions.push(openSession(socket, pbx));
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const pbx: FakePbx = {
    port,
    account: { host: '127.0.0.1', port, username: 'ringcue', secret: 'fake-pbx-secret' },
    rows: [],
    isAlive: true,
    greeting: GREETING,
    script: {
      login: (action, { send }) => send(success(action, { Message: 'Authentication accepted' })),
      events: (action, { send }) => send(success(action, { Events: 'On' })),
      ping: (action, { send }) => send(success(action, { Ping: 'Pong' })),
      logoff: (action, { send, socket }) => {
        send(block({ Response: 'Goodbye', ActionID: action.id }));
        socket.end();
      },
      listcommands: (action, { send }) =>
        send(
          success(action, {
            CoreShowChannels: 'List currently active channels. (Priv: system,reporting,all)',
          }),
        ),
      coreshowchannels: (action, { send }) => send(channelList(action.id, pbx.rows)),
    },
    sessions,
    session: () => {
      const newest = sessions.at(-1);
      if (!newest) throw new Error('nobody has connected yet');
      return newest;
    },
    asked: async (name, count = 1) => {
      let found: Action | undefined;
      await waitFor(
        () => {
          const asked = sessions.at(-1)?.actions.filter((action) => action.name === name);
          return (found = asked?.[count - 1]) !== undefined;
        },
        DEADLINE_MS,
        () => `${name} was not asked ${count} times, but: ${sessions.map(tell).join(' | ')}`,
      );
      if (!found) throw new Error('unreachable');
      return found;
    },
    start: () => listen(port),
    stop: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    [Symbol.asyncDispose]: () => pbx.stop(),
  };
  return pbx;
}

const tell = (session: Session): string => session.actions.map(({ name }) => name).join(' ') || 'nothing';

function openSession(socket: Socket, pbx: FakePbx): Session {
  const actions: Action[] = [];
  let isHalfEnded = false;
  let isEnded = false;
  socket.setNoDelay(true);
  const session: Session = {
    socket,
    actions,
    send: (bytes) => void socket.write(bytes),
    sendBytes: async (bytes) => {
      for (const byte of Buffer.from(bytes)) {
        socket.write(Buffer.of(byte));
        await new Promise(setImmediate); // its own write, and so its own read
      }
    },
    isEnded: () =>
      waitFor(
        () => {
          if (isHalfEnded && !isEnded) socket.write('\r\n'); // whoever has let go answers with a reset
          return isEnded;
        },
        DEADLINE_MS,
        () => 'the connection was not ended',
      ),
  };
  socket.on('end', () => (isHalfEnded = true));
  socket.on('close', () => (isEnded = true));
  if (pbx.isAlive) socket.write(pbx.greeting);
  let rest = '';
  socket.on('data', (bytes) => {
    if (!pbx.isAlive) return;
    const blocks = (rest + bytes.toString()).split('\r\n\r\n');
    rest = blocks.pop() ?? '';
    for (const text of blocks) {
      const valueOf = (key: string): string =>
        new RegExp(`^${key}: (.*)$`, 'im').exec(text)?.[1]?.trim() ?? '';
      const action = { name: valueOf('action').toLowerCase(), id: valueOf('actionid'), text };
      actions.push(action);
      pbx.script[action.name]?.(action, session);
    }
  });
  return session;
}
