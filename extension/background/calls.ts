// The calls of each extension: what the relay tells goes into its line and onto the screen, what people have seen goes back.
// Shell around line.ts, notifications.ts and attention.ts; core.ts makes one. A watched line, somebody else's, is shown in
// the popup only: whoever may watch twenty phones must not be rung by all of them, and none of these calls is theirs to take.
import { noticeWords, type NoticeKind } from '../../shared/notice.ts';
import { MAX_MISSED } from '../../shared/protocol.ts';
import type { Call, Down } from '../../shared/protocol.ts';
import { missedTogetherWords } from '../phrases.ts';
import type { Target } from '../settings.ts';
import { newExtension, type ExtensionState, type HeldPosition } from '../state.ts';
import { hearSeen, see, wantAttention } from './attention.ts';
import { applyLine } from './line.ts';
import { clearRings, decide, decideMissed, dismiss, type Decision, type Order } from './notifications.ts';
import type { Notice } from './notifier.ts';
import type { Ports } from './ports.ts';
import type { Socket } from './socket.ts';
import type { Store } from './store.ts';

const MAX_MISSED_KEPT = 10;
/** Of this relay's extensions, and of those that are come back to. */
const MAX_POSITIONS = 32;
const MISSED_TOGETHER = 'missed-together:';
const CALL = 'call:';

export type Calls = {
  restore(): Promise<void>;
  /** Other extensions are watched; what is known of those that stay is kept. */
  follow(target: Target | null, isSameRelay: boolean): void;
  /** The connection is about to be greeted; these are the places that it goes on from. */
  begin(): HeldPosition[];
  hear(message: Extract<Down, { type: 'line' | 'missed' | 'seen' }>): void;
  /** The relay does not show this line any more. */
  lose(extension: string): void;
  hasRings(): boolean;
  clearRings(): void;
  /** Repeated with each connection until the relay says that it knows. */
  sendSeen(): void;
  seeAll(): void;
  /** Returns the page that this notification leads to; null: none. */
  click(noticeId: string): string | null;
  dismiss(noticeId: string): void;
};

export function createCalls(ports: Ports, store: Store, send: Socket['send']): Calls {
  let positions: HeldPosition[] = [];
  /** Extensions of which all that was missed before this connection has been told. */
  const caughtUp = new Set<string>();

  const relayUrl = (): string | null => store.state.link.target?.relayUrl ?? null;
  const isWatched = (extension: string): boolean => store.state.link.watched.includes(extension);

  function hear(message: Extract<Down, { type: 'line' | 'missed' | 'seen' }>): void {
    const { extension } = message;
    const known = store.find(extension);
    if (known === undefined) return;
    if (message.type === 'line') return hearLine(known, message);
    if (isWatched(extension)) return;
    if (message.type === 'seen') return forgetSeen(known, message.callIds);
    settle(extension, decideMissed(known.shown, message.calls));
    caughtUp.add(extension);
    keepPosition(extension);
  }

  function hearLine(known: ExtensionState, message: Extract<Down, { type: 'line' }>): void {
    const { extension } = known;
    const line = applyLine(known.line, message, extension);
    if (line === null || line === known.line) return;
    if (isWatched(extension)) {
      settle(extension, clearRings(known.shown), { line });
      return;
    }
    settle(extension, decide(known.shown, known.line, line, message.cause), { line });
    keepPosition(extension);
  }

  /** Only when all before it was told: a connection lost in between would hide it for ever. */
  function keepPosition(extension: string): void {
    const line = store.find(extension)?.line ?? null;
    const url = relayUrl();
    if (!caughtUp.has(extension) || line === null || url === null) return;
    const others = positions.filter((one) => one.extension !== extension || one.relayUrl !== url);
    positions = [...others, { extension, relayUrl: url, epoch: line.epoch, seq: line.seq }].slice(
      -MAX_POSITIONS,
    );
    void ports.writePositions(positions);
  }

  /** Shows first, writes then: the desktop must not wait for the storage. */
  function settle(extension: string, { shown, orders }: Decision, part: Partial<ExtensionState> = {}): void {
    const known = store.find(extension);
    if (known === undefined) return;
    for (const order of orders) carryOut(extension, order);
    const missed = orders.flatMap(missedBy);
    if (missed.length === 0) {
      store.changeExtension(extension, { ...part, shown });
      return;
    }
    const kept = [...missed, ...known.missed].slice(0, MAX_MISSED_KEPT);
    const callIds = missed.map(({ id }) => id).reverse();
    const attention = wantAttention(known.attention, callIds);
    store.changeExtension(extension, { ...part, shown, missed: kept, attention });
  }

  function missedBy(order: Order): Call[] {
    if (order.do === 'show-together') return order.calls;
    return order.do === 'show' && (order.kind === 'missed' || order.kind === 'busy') ? [order.call] : [];
  }

  function carryOut(extension: string, order: Order): void {
    switch (order.do) {
      case 'show':
        return void ports.show(noticeOf(extension, order.call, order.kind));
      case 'update': {
        const kind = order.call.state === 'ringing' ? 'ringing' : 'connected';
        return void ports.update(noticeOf(extension, order.call, kind));
      }
      case 'clear':
        return void ports.clear(idOf(extension, order.callId));
      case 'show-together': {
        const words = missedTogetherWords(order.calls, ports.now(), ports.say);
        return void ports.show({ id: MISSED_TOGETHER + extension, words, image: null, isRinging: false });
      }
    }
  }

  function noticeOf(extension: string, call: Call, kind: NoticeKind): Notice {
    const words = noticeWords(call, kind, ports.now(), ports.say, store.state.link.notification);
    const areSeveral = store.state.extensions.filter((one) => !isWatched(one.extension)).length > 1;
    const message = areSeveral ? `${words.message}\n${ports.say('onExtension', extension)}` : words.message;
    return {
      id: idOf(extension, call.id),
      words: { ...words, message },
      image: call.party.client?.image ?? null,
      isRinging: kind === 'ringing',
    };
  }

  /** Seen on another device, or called back. */
  function forgetSeen({ extension, attention: before }: ExtensionState, callIds: string[]): void {
    const { attention, cleared } = hearSeen(before, callIds);
    if (cleared.length === 0) return;
    for (const id of cleared) void ports.clear(idOf(extension, id));
    if (attention.unseen.length === 0) void ports.clear(MISSED_TOGETHER + extension);
    store.changeExtension(extension, { attention });
  }

  function sendSeen(): void {
    if (store.state.link.state !== 'open') return;
    for (const { extension, attention } of store.state.extensions) {
      const { unconfirmed } = attention;
      for (let n = 0; n < unconfirmed.length; n += MAX_MISSED)
        send({ type: 'seen', extension, callIds: unconfirmed.slice(n, n + MAX_MISSED) });
    }
  }

  function markSeen({ extension, attention: before }: ExtensionState, callIds: string[]): void {
    const attention = see(before, callIds);
    if (attention === before) return;
    store.changeExtension(extension, { attention });
    sendSeen();
  }

  /** What a person has done with a notification: its calls are seen, its ring is dealt with. */
  function dealWith(noticeId: string): { url: string | null } {
    const together = noticeId.startsWith(MISSED_TOGETHER) ? noticeId.slice(MISSED_TOGETHER.length) : null;
    const [extension, callId] = together === null ? readId(noticeId) : [together, ''];
    const known = store.find(extension);
    if (known === undefined) return { url: null };
    markSeen(known, together === null ? [callId] : known.attention.unseen);
    store.changeExtension(extension, { shown: dismiss(known.shown, callId) });
    return { url: known.shown.find((entry) => entry.callId === callId)?.url ?? null };
  }

  const loseRings = (extension: string): void => {
    const known = store.find(extension);
    if (known !== undefined) settle(extension, clearRings(known.shown));
  };

  return {
    restore: async () => {
      positions = await ports.readPositions();
    },
    follow: (target, isSameRelay) => {
      const wanted = target?.lines.map(({ extension }) => extension) ?? [];
      const before = isSameRelay ? store.state.extensions : [];
      for (const { extension } of store.state.extensions)
        if (!isSameRelay || !wanted.includes(extension)) loseRings(extension);
      store.change({
        extensions: wanted.map(
          (extension) => before.find((one) => one.extension === extension) ?? newExtension(extension),
        ),
      });
    },
    begin: () => {
      caughtUp.clear();
      return positions.filter((one) => one.relayUrl === relayUrl());
    },
    hear,
    lose: (extension) => {
      loseRings(extension);
      store.changeExtension(extension, { line: null, devices: null });
    },
    hasRings: () =>
      store.state.extensions.some(({ shown }) => shown.some(({ stage }) => stage === 'ringing')),
    clearRings: () => {
      for (const { extension } of store.state.extensions) loseRings(extension);
    },
    sendSeen,
    seeAll: () => {
      for (const known of store.state.extensions) markSeen(known, known.attention.unseen);
    },
    click: (noticeId) => {
      void ports.clear(noticeId);
      return dealWith(noticeId).url;
    },
    dismiss: (noticeId) => void dealWith(noticeId),
  };
}

const idOf = (extension: string, callId: string): string => `${CALL}${extension}/${callId}`;

/** No extension has a slash in it. */
function readId(noticeId: string): [extension: string, callId: string] {
  const at = noticeId.indexOf('/');
  return at < 0 || !noticeId.startsWith(CALL)
    ? ['', '']
    : [noticeId.slice(CALL.length, at), noticeId.slice(at + 1)];
}
