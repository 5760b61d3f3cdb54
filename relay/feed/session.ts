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
import type { Call, Down, Hello, NotificationTemplates, Pair, Position, Up } from '../../shared/protocol.ts';
import type { Attendant, Pairing } from '../pairing/pairing.ts';
import { judgeOpen, judgePaired } from './access.ts';
import type { Verdict } from './access.ts';
import type { Hub, Watcher } from './hub.ts';
import type { Place } from './limits.ts';
import { Outbox } from './outbox.ts';
import { beginPairing } from './pair.ts';
import type { Rounds } from './rounds.ts';
import type { FeedSocket, Listener } from './socket.ts';

const MAX_FRAMES_A_PING = 64;
const CLOSE_DEADLINE_MS = 2_000;
/** Within what time the journal is asked again that does not know: it waits itself, and answers as soon as it does. */
const KEPT_AGAIN_WITHIN_MS = 1_000;

/** What is kept of ended calls. */
export type Kept = {
  /** What was missed after this place in the lines, and what of before is dealt with by now; null: not known now. */
  missedSince(
    extension: string,
    after: Position | null,
  ): Promise<{ calls: Call[]; dealtWith: string[] } | null>;
  /** `onWritten`: it is known for good; not called where it could not be written. */
  seen(extension: string, callIds: readonly string[], onWritten: () => void): void;
};

export type SessionOptions = {
  hub: Hub;
  /** null: nothing is kept, and nobody who was away is told anything. */
  kept: Kept | null;
  /** Whether any phone could have it. */
  isExtension(text: string): boolean;
  /** null: open mode, nobody proves anything. */
  pairing: Pairing | null;
  /** How notifications shall read. */
  notification?: NotificationTemplates | undefined;
  now(): number;
  onClose(code: number): void;
  /** A socket is gone. */
  onGone(): void;
  /** Of the pings; it holds every session whose socket is there. */
  rounds: Rounds<Session>;
  behindDeadlineMs: number;
  helloDeadlineMs: number;
  pingEveryMs: number;
  silenceMs: number;
};

export const DEADLINES = {
  behindDeadlineMs: 10_000,
  helloDeadlineMs: HELLO_DEADLINE_MS,
  pingEveryMs: PING_EVERY_MS,
  silenceMs: SILENCE_MS,
};

/** A granted line, and where it was left. */
type Granted = {
  extension: string;
  after: Position | null;
  /** The paired device by whose token it was granted; null in open mode. */
  deviceId: string | null;
  /** It is this browser's own, and not one that its owner may watch. */
  isOwn: boolean;
};
const NONE: readonly Granted[] = [];
const nothing = (): void => undefined;

/** A class and no closures, as 10,000 of each are megabytes: all that sessions share stands in the options. */
export class Session implements Watcher, Listener, Attendant {
  readonly #socket: FeedSocket;
  readonly #options: SessionOptions;
  readonly #place: Place;
  readonly #outbox: Outbox;
  #state: 'greeting' | 'pairing' | 'open' | 'closed' = 'greeting';
  #helloTimer: NodeJS.Timeout | null;
  #lastHeardAt = performance.now();
  #frames = 0;
  #lines: readonly Granted[] = NONE;
  readonly #slot: number;
  /** Ends what is more than the socket. */
  #leaveMore = nothing;

  constructor(socket: FeedSocket, options: SessionOptions, place: Place) {
    this.#socket = socket;
    this.#options = options;
    this.#place = place;
    this.#outbox = new Outbox(socket, options.behindDeadlineMs, this);
    this.#helloTimer = setTimeout(() => this.#missHello(), options.helloDeadlineMs);
    this.#slot = options.rounds.add(this);
  }

  close(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#leave();
    this.#options.onClose(code);
    this.#socket.close(code, reason.slice(0, 120));
    setTimeout(() => this.#socket.terminate(), CLOSE_DEADLINE_MS).unref();
  }

  /** Once each `pingEveryMs`. */
  ping(): void {
    const { silenceMs, pingEveryMs, now } = this.#options;
    this.#frames = 0;
    // A pong comes right after a ping: by the letter, one would be silent for another period before it is found.
    if (performance.now() - this.#lastHeardAt > silenceMs - pingEveryMs / 2)
      this.close(CLOSE.silent, 'silent for too long');
    else if (this.#state !== 'greeting') this.send(encode({ type: 'ping', at: now() }), 'ping');
  }

  // What the hub says.

  send(text: string, about: string): void {
    if (this.#state !== 'closed') this.#outbox.send(text, about);
  }

  begun(extension: string): void {
    const { kept } = this.#options;
    if (kept) void this.#catchUp(kept, extension);
    this.onDevices(extension);
  }

  // What pairing says.

  onDevices(extension: string): void {
    const { pairing } = this.#options;
    const line = this.#own(extension);
    if (!pairing || !line || line.deviceId === null) return;
    const devices = pairing.devicesOf(extension, line.deviceId);
    this.send(encode({ type: 'devices', extension, devices }), `devices ${extension}`);
  }

  onRevoked(deviceId: string): void {
    if (this.#lines.every((line) => line.deviceId === deviceId))
      this.close(CLOSE.revoked, 'this browser is trusted no more');
    else this.close(CLOSE.restarting, 'one of its lines was revoked');
  }

  // What the outbox says.

  tooSlow(): void {
    this.close(CLOSE.tooSlow, 'reads too slowly');
  }

  // What the socket says.

  heard(text: string | null): void {
    if (this.#state === 'closed') return;
    this.#lastHeardAt = performance.now();
    if (this.#isFlood()) return this.#refuse('too many messages');
    if (text === null) return this.#refuse();
    const message = decodeUp(text);
    if (!message) return this.#refuseUnread(text);
    if (message.type !== 'pong') return this.#take(message);
    if (this.#state === 'greeting') this.#refuse('hello must come first');
  }

  pinged(): void {
    // Each makes ws answer, into a buffer that the far side need not read.
    if (this.#isFlood()) this.#refuse('too many messages');
  }

  failed(): void {
    this.#refuse('broken frame');
  }

  gone(): void {
    this.#leave();
    this.#place.leave();
    this.#options.rounds.remove(this, this.#slot);
    this.#options.onGone();
  }

  #leave(): void {
    this.#state = 'closed';
    this.#outbox.stop();
    this.#stopHelloTimer();
    this.#options.hub.leave(this);
    this.#leaveMore();
    this.#leaveMore = nothing;
  }

  /** Not at once: where the relay itself was late, hello has come and is read before this. */
  #missHello(): void {
    setImmediate(() => {
      if (this.#state === 'greeting') this.close(CLOSE.noHello, 'no hello in time');
    });
  }

  #stopHelloTimer(): void {
    if (this.#helloTimer) clearTimeout(this.#helloTimer);
    this.#helloTimer = null; // and not kept for the session's life
  }

  #take(message: Exclude<Up, { type: 'pong' }>): void {
    const { pairing } = this.#options;
    const isFirst = message.type === 'hello' || message.type === 'pair';
    if (this.#state === 'pairing') return this.#refuse('the code must be dialled first');
    if (isFirst !== (this.#state === 'greeting'))
      return this.#refuse(this.#state === 'greeting' ? 'hello must come first' : 'hello comes once');
    if (message.type === 'hello') return this.#greet(message);
    if (message.type === 'pair') return this.#pair(message);
    // A colleague who only watches has not seen it in its owner's stead.
    if (!this.#own(message.extension)) return;
    if (message.type === 'revoke') return pairing?.revoke(message.extension, message.deviceId);
    this.#tellSeen(message.extension, message.callIds);
  }

  /** The others at once; who has said it repeats it until he is told, too. */
  #tellSeen(extension: string, callIds: readonly string[]): void {
    const { hub, kept } = this.#options;
    if (!kept) return hub.tellSeen(extension, callIds, null);
    hub.tellSeen(extension, callIds, this);
    const text = encode({ type: 'seen', extension, callIds: [...callIds] });
    kept.seen(extension, callIds, () => this.send(text, `seen ${extension} ${callIds.join(' ')}`));
  }

  #own(extension: string): Granted | undefined {
    return this.#lines.find((line) => line.isOwn && line.extension === extension);
  }

  #pair(wish: Pair): void {
    const { pairing, isExtension, now } = this.#options;
    if (!pairing) return this.#refuse('nobody is paired here: the relay runs in open mode');
    this.#stopHelloTimer();
    this.#state = 'pairing';
    const end = beginPairing(wish, {
      ...{ pairing, address: this.#place.address, isExtension, now },
      close: (code, reason) => this.close(code, reason),
      send: (message: Down) => this.send(encode(message), message.type),
    });
    if (this.#isIn('pairing')) this.#leaveMore = end;
  }

  /** Asked anew: what was called in between may have changed it. */
  #isIn(state: 'pairing'): boolean {
    return this.#state === state;
  }

  #greet(hello: Hello): void {
    const { pairing, isExtension, notification, now, pingEveryMs, hub } = this.#options;
    const verdict = pairing ? judgePaired(hello, pairing, isExtension) : judgeOpen(hello, isExtension);
    const { granted, refused } = admit(verdict, this.#place);
    const firstRefusal = refused[0];
    if (granted.length === 0 && firstRefusal) return this.close(firstRefusal.code, firstRefusal.reason);
    this.#stopHelloTimer();
    this.#state = 'open';
    this.#lines = granted.map((extension) => ({
      extension,
      after: hello.lines.find((line) => line.extension === extension)?.after ?? null,
      deviceId: verdict.devices.get(extension) ?? null,
      isOwn: !verdict.watched.includes(extension),
    }));
    const deviceIds = this.#lines.flatMap(({ deviceId }) => deviceId ?? []);
    if (pairing) this.#leaveMore = pairing.attend(new Set(deviceIds), this);
    this.#socket.together(() => {
      this.send(
        encode({
          type: 'welcome',
          protocol: PROTOCOL,
          extensions: granted,
          watched: granted.filter((extension) => verdict.watched.includes(extension)),
          serverTime: now(),
          pingEveryMs,
          auth: pairing ? 'pairing' : 'open',
          ...(notification && { notification }),
        }),
        'welcome',
      );
      for (const refusal of refused)
        this.send(encode({ type: 'refused', ...refusal }), `refused ${refusal.extension}`);
      for (const extension of granted) hub.join(extension, this);
    });
  }

  async #catchUp(kept: Kept, extension: string): Promise<void> {
    const after = this.#lines.find((line) => line.extension === extension)?.after ?? null;
    const found = await kept.missedSince(extension, after);
    if (this.#state === 'closed') return;
    if (!found) {
      const pause = Math.random() * KEPT_AGAIN_WITHIN_MS;
      setTimeout(() => void this.#catchUp(kept, extension), pause).unref();
      return;
    }
    const { calls, dealtWith } = found;
    if (dealtWith.length > 0)
      this.send(encode({ type: 'seen', extension, callIds: dealtWith }), `dealt with ${extension}`);
    this.send(missedText(extension, calls), `missed ${extension}`);
  }

  #isFlood(): boolean {
    this.#frames += 1;
    return this.#frames > MAX_FRAMES_A_PING;
  }

  #refuse(reason = 'not a message of this protocol'): void {
    this.close(CLOSE.malformed, reason);
  }

  #refuseUnread(text: string): void {
    const protocol = this.#state === 'greeting' ? protocolOfHello(text) : null;
    if (protocol === null || protocol === PROTOCOL) return this.#refuse();
    this.close(CLOSE.protocolNotSpoken, `this relay speaks protocol ${PROTOCOL}, not ${protocol}`);
  }
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
