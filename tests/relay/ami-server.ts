// The far side of an AMI session, for what a real Asterisk cannot be made to do: greets, accepts every login, answers
// what is asked politely, and leaves the list of channels to its owner. Called by the practice PBX and the benchmarks.
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export type AmiServer = AsyncDisposable & {
  host: string;
  port: number;
  /** Sends whole text to every session that has logged in. */
  tell(text: string): void;
  /** How many have logged in. */
  sessions(): number;
};

/** `answerPoll` is asked for each CoreShowChannels, and answers by `sendRows` now or later. */
export async function openAmiServer(
  banner: string,
  answerPoll: (sendRows: (rows: readonly string[]) => void) => void,
): Promise<AmiServer> {
  const connected = new Set<Socket>();
  const loggedIn = new Set<Socket>();

  const answer = (socket: Socket, action: string): void => {
    const id = valueOf(action, 'ActionID');
    const reply = (message: string): void =>
      send(socket, ['Response: Success', `ActionID: ${id}`, `Message: ${message}`]);
    const name = valueOf(action, 'Action').toLowerCase();
    if (name === 'login') loggedIn.add(socket);
    if (name !== 'coreshowchannels') return reply(name === 'login' ? 'Authentication accepted' : 'Done');
    answerPoll((rows) => {
      send(socket, [
        'Response: Success',
        `ActionID: ${id}`,
        'EventList: start',
        'Message: Channels will follow',
      ]);
      for (const row of rows) send(socket, ['Event: CoreShowChannel', `ActionID: ${id}`, row]);
      const count = `ListItems: ${rows.length}`;
      send(socket, ['Event: CoreShowChannelsComplete', `ActionID: ${id}`, 'EventList: Complete', count]);
    });
  };

  const server = createServer((socket) => {
    connected.add(socket);
    socket.setNoDelay(true).setEncoding('utf8').write(`Asterisk Call Manager/${banner}\r\n`);
    let unread = '';
    socket.on('data', (text) => {
      const actions = (unread + String(text)).split('\r\n\r\n');
      unread = actions.pop() ?? '';
      for (const action of actions) answer(socket, action);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      connected.delete(socket);
      loggedIn.delete(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    tell: (text) => {
      for (const socket of loggedIn) socket.write(text);
    },
    sessions: () => loggedIn.size,
    [Symbol.asyncDispose]: async () => {
      for (const socket of connected) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const valueOf = (action: string, key: string): string =>
  new RegExp(`^${key}: (.*)$`, 'im').exec(action)?.[1]?.trim() ?? '';

const send = (socket: Socket, lines: readonly string[]): void =>
  void socket.write(`${lines.join('\r\n')}\r\n\r\n`);
