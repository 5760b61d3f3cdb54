// One add-on's connection: hello, welcome, pings, and the reasons to close. Shell around a `ws` socket; `feed/server.ts`
// makes one per upgrade. Table of its life:
//
//   state     hello                   pair                     other frame                     no frame in time   slow reader
//   greeting  → open, or the code     → pairing, or the code   4502                            4002 after 5 s     –
//             of the first refusal    of `feed/pair.ts`
//   pairing   4502                    4502                     pong; else 4502                 4005 after 120 s   4001
//   open      4502                    4502                     pong, seen, revoke; else 4502   4003 after 45 s    4001
//
// Open, and the token of all its lines is revoked: 4504; of some: 4000, and it is told which when it comes back.
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
import type { Call, Down, Hello, Pair, Position, Up } from '../../shared/protocol.ts';
import type { Attendant, Pairing } from '../pairing/pairing.ts';
import { judgeOpen, judgePaired } from './access.ts';
import type { Verdict } from './access.ts';
import type { Hub, Watcher } from './hub.ts';
import type { Place } from './limits.ts';
import { createOutbox } from './outbox.ts';
import { beginPairing } from './pair.ts';

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
  /** Whether any phone could have it. */
  isExtension(text: string): boolean;
  /** null: open mode, nobody proves anything. */
  pairing: Pairing | null;
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
  const { hub, kept, isExtension, now, pairing } = options;
  const {
    behindDeadlineMs = BEHIND_DEADLINE_MS,
    helloDeadlineMs = HELLO_DEADLINE_MS,
    pingEveryMs = PING_EVERY_MS,
    silenceMs = SILENCE_MS,
  } = options;
  let state: 'greeting' | 'pairing' | 'open' | 'closed' = 'greeting';
  let lastHeardAt = performance.now();
  let frames = 0;
  /** Where each granted line was left. */
  const places = new Map<string, Position | null>();
  /** Its own lines, and by which device of theirs it is here. */
  const ownDevices = new Map<string, string>();
  /** The paired devices by whose tokens its lines were granted. */
  const usedDevices: string[] = [];
  /** Ends what is more than the socket. */
  let leaveMore = (): void => undefined;

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
    leaveMore();
    leaveMore = () => undefined;
  };
  const outbox = createOutbox(socket, behindDeadlineMs, () => close(CLOSE.tooSlow, 'reads too slowly'));
  const watcher: Watcher = {
    send(text, about) {
      if (state !== 'closed') outbox.send(text, about);
    },
    begun(extension) {
      if (kept) void catchUp(kept, extension);
      attendant.onDevices(extension);
    },
  };
  const attendant: Attendant = {
    onDevices(extension) {
      const own = ownDevices.get(extension);
      if (own === undefined || !pairing) return;
      const devices = pairing.devicesOf(extension, own);
      watcher.send(encode({ type: 'devices', extension, devices }), `devices ${extension}`);
    },
    onRevoked(deviceId) {
      if (usedDevices.every((one) => one === deviceId))
        close(CLOSE.revoked, 'this browser is trusted no more');
      else close(CLOSE.restarting, 'one of its lines was revoked');
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
    const verdict = pairing ? judgePaired(hello, pairing, isExtension) : judgeOpen(hello, isExtension);
    const { granted, refused } = admit(verdict, place);
    const firstRefusal = refused[0];
    if (granted.length === 0 && firstRefusal) return close(firstRefusal.code, firstRefusal.reason);
    clearTimeout(helloTimer);
    state = 'open';
    const watched = granted.filter((extension) => verdict.watched.includes(extension));
    attend(granted, watched, verdict.devices);
    together(() => {
      watcher.send(
        encode({
          type: 'welcome',
          protocol: PROTOCOL,
          extensions: granted,
          watched,
          serverTime: now(),
          pingEveryMs,
          auth: pairing ? 'pairing' : 'open',
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

  const attend = (granted: string[], watched: string[], devices: Verdict['devices']): void => {
    if (!pairing) return;
    for (const extension of granted) {
      const id = devices.get(extension);
      if (id === undefined) continue;
      usedDevices.push(id);
      if (!watched.includes(extension)) ownDevices.set(extension, id);
    }
    leaveMore = pairing.attend(new Set(usedDevices), attendant);
  };

  const pair = (wish: Pair): void => {
    if (!pairing) return refuse('nobody is paired here: the relay runs in open mode');
    clearTimeout(helloTimer);
    state = 'pairing';
    const end = beginPairing(wish, {
      ...{ pairing, address: place.address, isExtension, now, close },
      send: (message: Down) => watcher.send(encode(message), message.type),
    });
    if (state === 'pairing') leaveMore = end;
  };

  const helloTimer = setTimeout(() => close(CLOSE.noHello, 'no hello in time'), helloDeadlineMs);
  const pingTimer = setInterval(() => {
    frames = 0;
    // A pong comes right after a ping: by the letter, one would be silent for another period before it is found.
    if (performance.now() - lastHeardAt > silenceMs - pingEveryMs / 2)
      close(CLOSE.silent, 'silent for too long');
    else if (state !== 'greeting') watcher.send(encode({ type: 'ping', at: now() }), 'ping');
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

  const take = (message: Exclude<Up, { type: 'pong' }>): void => {
    const isFirst = message.type === 'hello' || message.type === 'pair';
    if (state === 'pairing') return refuse('the code must be dialled first');
    if (isFirst !== (state === 'greeting'))
      return refuse(state === 'greeting' ? 'hello must come first' : 'hello comes once');
    if (message.type === 'hello') greet(message);
    else if (message.type === 'pair') pair(message);
    else if (message.type === 'revoke') {
      if (ownDevices.has(message.extension)) pairing?.revoke(message.extension, message.deviceId);
    } else if (ownDevices.has(message.extension) || (!pairing && places.has(message.extension))) {
      // A colleague who only watches has not seen it in its owner's stead.
      hub.tellSeen(message.extension, message.callIds);
      kept?.seen(message.extension, message.callIds);
    }
  };

  socket.on('message', (data, isBinary) => {
    if (state === 'closed') return;
    lastHeardAt = performance.now();
    if (isFlood()) return refuse('too many messages');
    if (isBinary) return refuse();
    const text = (data as Buffer).toString(); // one Buffer: the server asks ws for no other binaryType
    const message = decodeUp(text);
    if (!message) return refuseUnread(text);
    if (message.type === 'pong') {
      if (state === 'greeting') refuse('hello must come first');
    } else take(message);
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
function admit({ granted, refused }: Verdict, place: Place): Pick<Verdict, 'granted' | 'refused'> {
  const taken = place.greet(granted);
  const crowded = granted
    .filter((extension) => !taken.includes(extension))
    .map((extension) => ({ extension, code: CLOSE.crowded, reason: `too many watch ${extension} already` }));
  return { granted: taken, refused: [...refused, ...crowded] };
}
