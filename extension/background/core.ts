// The add-on without a browser: wires the pure parts (link, line, notifications, attention, cards, badge) to each other.
// Shell; main.ts gives it a browser's ports, the chaos test others. It may be ended at any moment and begun again, so
// every change of its state is written back, and `start` goes on from what was written.
import { isWebAddress } from '../../shared/address.ts';
import { noticeWords, type NoticeKind } from '../../shared/notice.ts';
import { MAX_MISSED } from '../../shared/protocol.ts';
import type { Call, Down } from '../../shared/protocol.ts';
import type { Answer, Request } from '../messages.ts';
import { missedTogetherWords, type Say } from '../phrases.ts';
import { isSame } from '../same.ts';
import { toTarget, type Settings, type Target } from '../settings.ts';
import type { HeldPosition, State } from '../state.ts';
import { hearSeen, NO_ATTENTION, see, wantAttention } from './attention.ts';
import { badgeChangesAt, badgeOf, type Badge } from './badge.ts';
import { addCard, followTab, type Card, type TabEvent } from './cards.ts';
import { applyLine } from './line.ts';
import { PROBE_DEADLINE_MS, stepLink, type Effect, type Link, type LinkEvent } from './link.ts';
import { clearRings, decide, decideMissed, dismiss, type Decision, type Order } from './notifications.ts';
import type { Notice } from './notifier.ts';
import type { Socket, SocketReports } from './socket.ts';
import type { Reachability, Verdict } from './verdict.ts';

/** A ring whose end we would not see is taken off the screen. */
const BLIND_CLEARS_RINGS_AFTER_MS = 30_000;
/** The clock is looked at so often, as nobody tells the background that the computer has slept or its clock was set. */
const LOOK_EVERY_MS = 2_000;
/** A timer that comes so far from its time says that it has. */
const UPROOTED_AFTER_MS = 10_000;
const MAX_MISSED_KEPT = 10;
const MISSED_TOGETHER = 'missed-together';
const CALL_PREFIX = 'call:';

/** All that the core needs of the world. Nothing here may throw; what is awaited may take as long as it likes. */
export type Ports = {
  /** ms since 1970, as the people before the screen know it */
  now(): number;
  /** in [0, 1) */
  random(): number;
  /** Returns how to call it off. */
  after(delayMs: number, run: () => void): () => void;
  readSettings(): Promise<Settings>;
  readState(): Promise<State>;
  readPosition(): Promise<HeldPosition | null>;
  writeState(part: Partial<State>): Promise<void>;
  writePosition(position: HeldPosition): Promise<void>;
  probe(relayUrl: string, deadlineMs: number): Promise<Reachability>;
  openSocket(relayUrl: string, reports: SocketReports): Socket;
  testConnection(target: Target): Promise<Verdict>;
  stayAwake(): void;
  show(notice: Notice): Promise<void>;
  update(notice: Notice): Promise<void>;
  clear(noticeId: string): Promise<void>;
  paint(badge: Badge): Promise<void>;
  openCard(cards: Card[], url: string): Promise<number | null>;
  /** An address of a program's own, as `e1c:`. */
  openProgram(url: string): Promise<void>;
  say: Say;
};

/** Only after `start` has resolved may the others be called. */
export type Core = {
  start(): Promise<void>;
  /** Whatever is due is done: to be called by alarms, too, as timers die with the background. */
  tick(): void;
  clicked(noticeId: string): void;
  /** A person has closed the notification. */
  dismissed(noticeId: string): void;
  tabChanged(event: TabEvent): void;
  settingsChanged(): void;
  hasTarget(): boolean;
  answer(request: Request): Promise<Answer>;
};

export function createCore(ports: Ports): Core {
  let state: State;
  let position: HeldPosition | null;
  /** What was missed before this connection has been told. */
  let isCaughtUp = false;
  let socket: Socket | null = null;
  let cancelTimer = (): void => undefined;
  let timerIsDueAt: number | null = null;

  async function start(): Promise<void> {
    [state, position] = await Promise.all([ports.readState(), ports.readPosition()]);
    dispatch({ type: 'woken' });
    await followSettings(false);
  }

  // ── state ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  function change(part: Partial<State>): void {
    const before = state;
    state = { ...state, ...part };
    const changed = Object.entries(part).filter(([key, value]) => {
      const old = before[key as keyof State];
      return key === 'link' ? !isSameToReaders(old as Link, value as Link) : old !== value;
    });
    if (changed.length > 0) void ports.writeState(Object.fromEntries(changed));
    void ports.paint(badgeOf(state.link, state.attention.unseen.length, ports.now(), ports.say));
  }

  /** Each frame moves the deadline of an open link; only the timer needs to know. */
  function isSameToReaders(before: Link, after: Link): boolean {
    return isSame(before, after.state === 'open' ? { ...after, until: before.until } : after);
  }

  async function followSettings(isSavedAnew: boolean): Promise<void> {
    const target = toTarget(await ports.readSettings());
    const isOther = !isSame(target, state.link.target);
    if (!isOther && !isSavedAnew) return;
    if (isOther) {
      settle(clearRings(state.shown));
      change({ line: null, shown: [], missed: [], attention: NO_ATTENTION });
    }
    dispatch({ type: 'targeted', target });
  }

  // ── link ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  function dispatch(event: LinkEvent): void {
    if (isUprooted()) step({ type: 'uprooted' });
    step(event);
  }

  function step(event: LinkEvent): void {
    const { link, effects } = stepLink(state.link, event, ports.now(), ports.random());
    const isOpened = link.state === 'open' && state.link.state !== 'open';
    change({ link });
    effects.forEach(carryOut);
    if (isOpened) sendSeen();
    armTimer();
  }

  function carryOut(effect: Effect): void {
    switch (effect.do) {
      case 'probe': {
        const { attempt } = effect;
        void ports
          .probe(effect.relayUrl, PROBE_DEADLINE_MS)
          .then((reached) => dispatch({ type: 'probed', attempt, isAnswered: reached === 'answered' }));
        return;
      }
      case 'open': {
        const { attempt } = effect;
        socket = ports.openSocket(effect.relayUrl, {
          opened: () => {
            isCaughtUp = false;
            dispatch({ type: 'opened', attempt, after: heldPosition() });
          },
          received: (message) => dispatch({ type: 'received', attempt, message }),
          closed: (code) => dispatch({ type: 'closed', attempt, code }),
        });
        return;
      }
      case 'drop':
        socket?.drop();
        socket = null;
        return;
      case 'send':
        socket?.send(effect.message);
        return;
      case 'stay-awake':
        ports.stayAwake();
        return;
      case 'tell':
        hear(effect.message);
    }
  }

  function heldPosition() {
    const { target } = state.link;
    if (position?.extension !== target?.extension || position?.relayUrl !== target?.relayUrl) return null;
    if (!position) return null;
    return { epoch: position.epoch, seq: position.seq };
  }

  function tick(): void {
    dispatch({ type: 'ticked' });
    const at = ringsEndAt();
    if (at !== null && ports.now() >= at) settle(clearRings(state.shown));
  }

  /** When the rings on the screen must go because nobody sees how they end; null: no reason. */
  function ringsEndAt(): number | null {
    const { blindSince } = state.link;
    const hasRings = state.shown.some(({ stage }) => stage === 'ringing');
    return hasRings && blindSince !== null ? blindSince + BLIND_CLEARS_RINGS_AFTER_MS : null;
  }

  const isUprooted = (): boolean =>
    timerIsDueAt !== null && Math.abs(ports.now() - timerIsDueAt) > UPROOTED_AFTER_MS;

  function armTimer(): void {
    const now = ports.now();
    const { until } = state.link;
    const times = [until, badgeChangesAt(state.link, now), ringsEndAt()].filter((time) => time !== null);
    cancelTimer();
    timerIsDueAt = times.length === 0 ? null : Math.max(now, Math.min(...times, now + LOOK_EVERY_MS));
    if (timerIsDueAt !== null) cancelTimer = ports.after(timerIsDueAt - now, tick);
  }

  // ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  function hear(message: Extract<Down, { type: 'line' | 'missed' | 'seen' }>): void {
    const extension = state.link.target?.extension;
    if (extension === undefined || message.extension !== extension) return;
    if (message.type === 'seen') {
      forgetSeen(message.callIds);
      return;
    }
    if (message.type === 'missed') {
      settle(decideMissed(state.shown, message.calls));
      isCaughtUp = true;
      keepPosition();
      return;
    }
    const before = state.line;
    const line = applyLine(before, message, extension);
    if (line === null || line === before) return;
    settle(decide(state.shown, before, line, message.cause), { line });
    keepPosition();
  }

  /** Only when all before it was told: a connection lost in between would hide it for ever. */
  function keepPosition(): void {
    const { line } = state;
    const relayUrl = state.link.target?.relayUrl;
    if (!isCaughtUp || line === null || relayUrl === undefined) return;
    position = { extension: line.extension, relayUrl, epoch: line.epoch, seq: line.seq };
    void ports.writePosition(position);
  }

  /** Shows first, writes then: the desktop must not wait for the storage. */
  function settle({ shown, orders }: Decision, part: Partial<State> = {}): void {
    orders.forEach(carryOutOrder);
    const missed = orders.flatMap(missedBy);
    if (missed.length === 0) {
      change({ ...part, shown });
      return;
    }
    const kept = [...missed, ...state.missed].slice(0, MAX_MISSED_KEPT);
    const callIds = missed.map(({ id }) => id).reverse();
    change({ ...part, shown, missed: kept, attention: wantAttention(state.attention, callIds) });
  }

  function missedBy(order: Order): Call[] {
    if (order.do === 'show-together') return order.calls;
    return order.do === 'show' && (order.kind === 'missed' || order.kind === 'busy') ? [order.call] : [];
  }

  function carryOutOrder(order: Order): void {
    switch (order.do) {
      case 'show':
        return void ports.show(noticeOf(order.call, order.kind));
      case 'update':
        return void ports.update(
          noticeOf(order.call, order.call.state === 'ringing' ? 'ringing' : 'connected'),
        );
      case 'clear':
        return void ports.clear(CALL_PREFIX + order.callId);
      case 'show-together': {
        const words = missedTogetherWords(order.calls, ports.now(), ports.say);
        return void ports.show({ id: MISSED_TOGETHER, words, image: null, isRinging: false });
      }
    }
  }

  function noticeOf(call: Call, kind: NoticeKind): Notice {
    return {
      id: CALL_PREFIX + call.id,
      words: noticeWords(call, kind, ports.now(), ports.say, state.link.notification),
      image: call.party.client?.image ?? null,
      isRinging: kind === 'ringing',
    };
  }

  /** Seen on another device, or called back. */
  function forgetSeen(callIds: string[]): void {
    const { attention, cleared } = hearSeen(state.attention, callIds);
    if (cleared.length === 0) return;
    for (const id of cleared) void ports.clear(CALL_PREFIX + id);
    if (attention.unseen.length === 0) void ports.clear(MISSED_TOGETHER);
    change({ attention });
  }

  /** Repeated with each connection until the relay says that it knows. */
  function sendSeen(): void {
    const extension = state.link.target?.extension;
    const { unconfirmed } = state.attention;
    if (extension === undefined || state.link.state !== 'open') return;
    for (let n = 0; n < unconfirmed.length; n += MAX_MISSED)
      socket?.send({ type: 'seen', extension, callIds: unconfirmed.slice(n, n + MAX_MISSED) });
  }

  // ── people ────────────────────────────────────────────────────────────────────────────────────────────────────────

  function markSeen(callIds: string[]): void {
    const attention = see(state.attention, callIds);
    if (attention === state.attention) return;
    change({ attention });
    sendSeen();
  }

  /** Of a notification. */
  const callIdsOf = (id: string): string[] =>
    id === MISSED_TOGETHER ? state.attention.unseen : [id.slice(CALL_PREFIX.length)];

  function click(id: string): void {
    void ports.clear(id);
    markSeen(callIdsOf(id));
    const callId = id.slice(CALL_PREFIX.length);
    const entry = state.shown.find((candidate) => candidate.callId === callId);
    change({ shown: dismiss(state.shown, callId) });
    if (entry !== undefined) void openPage(entry.url);
  }

  async function openPage(url: string | null): Promise<void> {
    if (url === null) return;
    if (!isWebAddress(url)) {
      await ports.openProgram(url);
      return;
    }
    const isKnown = (tabId: number) => state.cards.some((card) => card.tabId === tabId && card.url === url);
    const tabId = await ports.openCard(state.cards, url);
    if (tabId !== null && !isKnown(tabId)) change({ cards: addCard(state.cards, tabId, url) });
  }

  async function answer(request: Request): Promise<Answer> {
    switch (request.type) {
      case 'popup-opened':
        markSeen(state.attention.unseen);
        dispatch({ type: 'nudged' });
        return null;
      case 'open-card': {
        const calls = [...(state.line?.calls ?? []), ...state.missed];
        await openPage(calls.find(({ id }) => id === request.callId)?.party.url ?? null);
        return null;
      }
      case 'settings-saved':
        await followSettings(true);
        return null;
      case 'test-connection':
        return ports.testConnection({
          relayUrl: request.relayUrl,
          extension: request.extension,
          token: null,
        });
      case 'show-test-notification': {
        const words = { title: ports.say('testTitle'), message: ports.say('testMessage') };
        await ports.show({ id: 'test', words, image: null, isRinging: false });
        return null;
      }
    }
  }

  return {
    start,
    tick,
    clicked: click,
    dismissed: (id) => {
      change({ shown: dismiss(state.shown, id.slice(CALL_PREFIX.length)) });
      markSeen(callIdsOf(id));
    },
    tabChanged: (event) => change({ cards: followTab(state.cards, event, ports.now()) }),
    settingsChanged: () => void followSettings(false),
    hasTarget: () => state.link.target !== null,
    answer,
  };
}
