// The network under the link: one probe, one socket. Shell; used by main.ts and connection-test.ts.
import { MAX_DOWN_BYTES, decodeDown, encode } from '../../shared/protocol.ts';
import type { Down, Up } from '../../shared/protocol.ts';
import { probeUrl } from '../settings.ts';
import type { Reachability } from './verdict.ts';

export type Socket = {
  send(message: Up): void;
  /** Forgets the socket at once: nothing more is reported, whatever the other side does. */
  drop(): void;
};
export type SocketReports = {
  opened(): void;
  received(message: Down): void;
  closed(code: number): void;
};

/** Whether anything answers HTTP there. `no-cors` tells no more than that, and needs no host permission. */
export async function probe(relayUrl: string, deadlineMs: number): Promise<Reachability> {
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    await fetch(probeUrl(relayUrl), { mode: 'no-cors', cache: 'no-store', credentials: 'omit', signal });
    return 'answered';
  } catch {
    return signal.aborted ? 'silent' : 'failed'; // browsers tell pages no more than these two
  }
}

export function openSocket(relayUrl: string, reports: SocketReports): Socket {
  const socket = new WebSocket(relayUrl);
  socket.onopen = () => reports.opened();
  socket.onclose = ({ code }) => reports.closed(code);
  socket.onmessage = ({ data }) => {
    if (typeof data !== 'string' || data.length > MAX_DOWN_BYTES) return;
    const message = decodeDown(data);
    if (message !== null) reports.received(message);
  };
  return {
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(encode(message));
    },
    drop() {
      socket.onopen = socket.onclose = socket.onmessage = null;
      socket.close();
    },
  };
}
