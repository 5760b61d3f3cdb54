// An add-on that comes back after it was away: says where it stood and hears what it missed. Called by tests/deploy.
import { WebSocket } from 'ws';
import { decodeDown, encode, PROTOCOL } from '../../shared/protocol.ts';
import type { Call, Position } from '../../shared/protocol.ts';

const DEADLINE_MS = 8_000;

/** `place`: where it stands now, for the next time. */
export const comesBack = (
  feedUrl: string,
  extension: string,
  after: Position | null,
  token: string | null = null,
): Promise<{ missed: Call[]; place: Position }> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(feedUrl);
    let place: Position | null = null;
    const fail = (why: string): void => {
      socket.terminate();
      reject(new Error(`${extension} came back and ${why}`));
    };
    const timer = setTimeout(
      () => fail(`was not told what it missed within ${DEADLINE_MS / 1000} s`),
      DEADLINE_MS,
    );
    const lines = [{ extension, token, after }];
    socket.on('open', () => socket.send(encode({ type: 'hello', protocol: PROTOCOL, lines })));
    socket.on('error', (error) => fail(error.message));
    socket.on('message', (data) => {
      const message = decodeDown((data as Buffer).toString());
      if (message?.type === 'line') place = { epoch: message.epoch, seq: message.seq };
      if (message?.type !== 'missed') return;
      clearTimeout(timer);
      socket.close();
      if (place) resolve({ missed: message.calls, place });
      else fail('was told what it missed before its line');
    });
  });
