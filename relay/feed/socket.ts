// A `ws` socket of the feed: holds the stream below it, tells one listener what comes, and closes by codes of ours. Its
// handlers are the same functions for all sockets, as closures for each are a kilobyte a session. Shell; `feed/server.ts`
// has ws make them, `feed/session.ts` listens.
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import { CLOSE } from '../../shared/protocol.ts';

/** By what ws closes whoever sends a broken or oversize frame [RFC 6455 7.4.1]: the same would come again. */
const BROKEN_FRAME: readonly (number | undefined)[] = [1002, 1007, 1008, 1009];

export type Listener = {
  /** null: binary. */
  heard(text: string | null): void;
  /** A protocol-level ping, which ws answers. */
  pinged(): void;
  /** An oversize or broken frame; `gone` follows. */
  failed(): void;
  gone(): void;
};

export class FeedSocket extends WebSocket {
  declare stream: Duplex;
  declare listener: Listener;

  listen(stream: Duplex, listener: Listener): void {
    this.stream = stream;
    this.listener = listener;
    this.on('message', onMessage);
    this.on('ping', onPing);
    this.on('error', onError); // without a listener it would end the process
    this.on('close', onClose);
  }

  /** What is sent meanwhile leaves as one piece. */
  together(send: () => void): void {
    this.stream.cork();
    send();
    this.stream.uncork();
  }

  override close(code?: number, reason?: string | Buffer): void {
    super.close(BROKEN_FRAME.includes(code) ? CLOSE.malformed : code, reason);
  }
}

/** None, where it is no socket of ours. */
const listenerOf = (socket: WebSocket): Listener | null =>
  socket instanceof FeedSocket ? socket.listener : null;

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  // One Buffer: the server asks ws for no other binaryType.
  listenerOf(this)?.heard(isBinary ? null : (data as Buffer).toString());
}

function onPing(this: WebSocket): void {
  listenerOf(this)?.pinged();
}

function onError(this: WebSocket): void {
  listenerOf(this)?.failed();
}

function onClose(this: WebSocket): void {
  listenerOf(this)?.gone();
}
