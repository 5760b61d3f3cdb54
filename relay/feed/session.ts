// One add-on's connection: hello, welcome, pings, and the reasons to close. Shell around a `ws` socket; `feed/server.ts`
// makes one per upgrade. Table of its life:
//
//   state     hello                              other frame     no frame in time   slow reader
//   greeting  → open, or 4004, 4501, 4503 when refused  4502      4002 after 5 s     –
//   open      4502                               pong, seen; else 4502   4003 after 45 s    4001
import type { WebSocket } from 'ws';
import { pauseMs } from '../../shared/back-off.ts';
import {
  CLOSE,
  decodeUp,
  encode,
  HELLO_DEADLINE_MS,
  MAX_DOWN_BYTES,
  PING_EVERY_MS,
  PROTOCOL,
  protocolOfHello,
  SILENCE_MS,
} from '../../shared/protocol.ts';
import type { Call, Hello, NotificationTemplates, Position } from '../../shared/protocol.ts';
import type { Verdict } from './access.ts';
import type { Hub, Watcher } from './hub.ts';
import type { Place } from './limits.ts';
import { createOutbox } from './outbox.ts';

const BEHIND_DEADLINE_MS = 10_000;
const MAX_FRAMES_A_PING = 64;
const CLOSE_DEADLINE_MS = 2_000;
/** How often the journal is asked again while it does not know. */
const KEPT_AGAIN = { firstMs: 1_000, lastMs: 60_000 };

/** What is kept of ended calls. */
export type Kept = {
  /** What was missed after this place in the lines, and what of before is dealt with by now; null: not known now. */
  missedSince(
    extension: string,
    after: Position | null,
  ): Promise<{ calls: Call[]; dealtWith: string[] } | null>;
  seen(extension: string, callIds: readonly string[]): void;
};

export type SessionOptions = {
  hub: Hub;
  /** null: nothing is kept, and nobody who was away is told anything. */
  kept: Kept | null;
  auth: 'open';
  /** How notifications shall read. */
  notification?: NotificationTemplates | undefined;
  judge(hello: Hello): Verdict;
  now(): number;
  onClose(code: number): void;
  behindDeadlineMs?: number;
  helloDeadlineMs?: number;
  pingEveryMs?: number;
  silenceMs?: number;
};

/** What is one session's alone; apart, as 10,000 copies of the options are megabytes. */
export type SessionOwn = {
  place: Place;
  /** What is sent meanwhile leaves as one piece. */
  together(send: () => void): void;
};

export function openSession(
  socket: WebSocket,
  options: SessionOptions,
  { place, together }: SessionOwn,
): { close(code: number, reason: string): void } {
  const { hub, kept, judge, now } = options;
  const {
    behindDeadlineMs = BEHIND_DEADLINE_MS,
    helloDeadlineMs = HELLO_DEADLINE_MS,
    pingEveryMs = PING_EVERY_MS,
    silenceMs = SILENCE_MS,
  } = options;
  let state: 'greeting' | 'open' | 'closed' = 'greeting';
  let lastHeardAt = performance.now();
  let frames = 0;
  /** Where each granted line was left. */
  const places = new Map<string, Position | null>();

  const close = (code: number, reason: string): void => {
    if (state === 'closed') return;
    leave();
    options.onClose(code);
    socket.close(code, reason.slice(0, 120));
    setTimeout(() => socket.terminate(), CLOSE_DEADLINE_MS).unref();
  };
  const leave = (): void => {
    state = 'closed';
    outbox.stop();
    clearTimeout(helloTimer);
    clearInterval(pingTimer);
    hub.leave(watcher);
  };
  const outbox = createOutbox(socket, behindDeadlineMs, () => close(CLOSE.tooSlow, 'reads too slowly'));
  const watcher: Watcher = {
    send(text, about) {
      if (state !== 'closed') outbox.send(text, about);
    },
    begun(extension) {
      if (kept) void catchUp(kept, extension);
    },
  };
  const catchUp = async (from: Kept, extension: string, since = performance.now()): Promise<void> => {
    const found = await from.missedSince(extension, places.get(extension) ?? null);
    if (state === 'closed') return;
    if (!found) {
      const outageMs = performance.now() - since;
      const pause = pauseMs({ outageMs, ...KEPT_AGAIN, random: Math.random() });
      setTimeout(() => void catchUp(from, extension, since), pause).unref();
      return;
    }
    const { calls, dealtWith } = found;
    if (dealtWith.length > 0)
      watcher.send(encode({ type: 'seen', extension, callIds: dealtWith }), `dealt with ${extension}`);
    watcher.send(missedText(extension, calls), `missed ${extension}`);
  };

  const greet = (hello: Hello): void => {
    const { granted, refused } = admit(judge(hello), place);
    const firstRefusal = refused[0];
    if (granted.length === 0 && firstRefusal) return close(firstRefusal.code, firstRefusal.reason);
    clearTimeout(helloTimer);
    state = 'open';
    together(() => {
      watcher.send(
        encode({
          type: 'welcome',
          protocol: PROTOCOL,
          extensions: granted,
          watched: [],
          serverTime: now(),
          pingEveryMs,
          auth: options.auth,
          ...(options.notification && { notification: options.notification }),
        }),
        'welcome',
      );
      for (const refusal of refused)
        watcher.send(encode({ type: 'refused', ...refusal }), `refused ${refusal.extension}`);
      for (const extension of granted) {
        places.set(extension, hello.lines.find((line) => line.extension === extension)?.after ?? null);
        hub.join(extension, watcher);
      }
    });
  };

  const helloTimer = setTimeout(() => close(CLOSE.noHello, 'no hello in time'), helloDeadlineMs);
  const pingTimer = setInterval(() => {
    frames = 0;
    // A pong comes right after a ping: by the letter, one would be silent for another period before it is found.
    if (performance.now() - lastHeardAt > silenceMs - pingEveryMs / 2)
      close(CLOSE.silent, 'silent for too long');
    else if (state === 'open') watcher.send(encode({ type: 'ping', at: now() }), 'ping');
  }, pingEveryMs);

  const isFlood = (): boolean => {
    frames += 1;
    return frames > MAX_FRAMES_A_PING;
  };
  const refuse = (reason = 'not a message of this protocol'): void => close(CLOSE.malformed, reason);

  const refuseUnread = (text: string): void => {
    const protocol = state === 'greeting' ? protocolOfHello(text) : null;
    if (protocol === null || protocol === PROTOCOL) return refuse();
    close(CLOSE.protocolNotSpoken, `this relay speaks protocol ${PROTOCOL}, not ${protocol}`);
  };

  socket.on('message', (data, isBinary) => {
    if (state === 'closed') return;
    lastHeardAt = performance.now();
    if (isFlood()) return refuse('too many messages');
    if (isBinary) return refuse();
    const text = (data as Buffer).toString(); // one Buffer: the server asks ws for no other binaryType
    const message = decodeUp(text);
    if (!message) return refuseUnread(text);
    if ((message.type === 'hello') !== (state === 'greeting'))
      return refuse(state === 'greeting' ? 'hello must come first' : 'hello comes once');
    if (message.type === 'hello') greet(message);
    if (message.type === 'seen' && places.has(message.extension)) {
      hub.tellSeen(message.extension, message.callIds);
      kept?.seen(message.extension, message.callIds);
    }
  });
  // Each makes ws answer, into a buffer that the far side need not read.
  socket.on('ping', () => {
    if (isFlood()) refuse('too many messages');
  });
  // An oversize or broken frame ends in an error here; without this listener it would end the process.
  socket.on('error', () => refuse('broken frame'));
  socket.on('close', leave);
  return { close };
}

/** As many of the newest as fit into a frame. */
function missedText(extension: string, calls: readonly Call[]): string {
  const text = encode({ type: 'missed', extension, calls: [...calls] });
  return Buffer.byteLength(text) <= MAX_DOWN_BYTES ? text : missedText(extension, calls.slice(0, -1));
}

/** Of what may be watched, what has a place left. */
function admit({ granted, refused }: Verdict, place: Place): Verdict {
  const taken = place.greet(granted);
  const crowded = granted
    .filter((extension) => !taken.includes(extension))
    .map((extension) => ({ extension, code: CLOSE.crowded, reason: `too many watch ${extension} already` }));
  return { granted: taken, refused: [...refused, ...crowded] };
}
