// The add-on without a browser: wires the link, the calls, pairing and the paired browsers to each other. Shell; main.ts
// gives it a browser's ports, the chaos test others. It may be ended at any moment and begun again, so every change of its
// state is written back, and `start` goes on from what was written.
import { isWebAddress } from '../../shared/address.ts';
import { isSame } from '../same.ts';
import type { Answer, Request } from '../messages.ts';
import { isPairing } from '../pairing-state.ts';
import { needsPairing } from '../refusals.ts';
import { toTarget } from '../settings.ts';
import { dropToken, findToken } from '../tokens.ts';
import { badgeChangesAt } from './badge.ts';
import { createCalls } from './calls.ts';
import { addCard, followTab, type TabEvent } from './cards.ts';
import { PROBE_DEADLINE_MS, stepLink, type Effect, type LinkEvent } from './link.ts';
import { createPairedBrowsers } from './paired-browsers.ts';
import { createPairer } from './pairer.ts';
import type { Ports } from './ports.ts';
import { createRedeemer } from './redeemer.ts';
import type { Socket } from './socket.ts';
import { createStore } from './store.ts';

/** A ring whose end we would not see is taken off the screen. */
const BLIND_CLEARS_RINGS_AFTER_MS = 30_000;
/** After sleep, or a clock that was set, nobody knows how long it was: the relay is asked first. */
const UNSURE_KEEPS_RINGS_MS = 5_000;
/** The clock is looked at so often, as nobody tells the background that the computer has slept or its clock was set. */
const LOOK_EVERY_MS = 2_000;
/** A timer that comes so far from its time says that it has. */
const UPROOTED_AFTER_MS = 10_000;

/** Only after `start` has resolved may the others be called. */
export type Core = {
  start(): Promise<void>;
  /** Whatever is due is done: to be called by alarms, too, as timers die with the background. */
  tick(): void;
  clicked(noticeId: string): void;
  /** The button of a notification. */
  pressed(noticeId: string): void;
  /** A person has closed the notification. */
  dismissed(noticeId: string): void;
  tabChanged(event: TabEvent): void;
  /** Those of the browser, or of IT's policy. */
  settingsChanged(): void;
  /** Whether nothing works before somebody sets it up or pairs it. */
  needsPerson(): boolean;
  /** The browser has fetched a newer add-on: it begins at a moment at which nobody misses the old one. */
  updateAvailable(): void;
  answer(request: Request): Promise<Answer>;
};

export function createCore(ports: Ports): Core {
  const store = createStore(ports);
  let socket: Socket | null = null;
  const send: Socket['send'] = (message) => socket?.send(message);
  const calls = createCalls(ports, store, send);
  const browsers = createPairedBrowsers(ports, store, send);
  const pairer = createPairer(ports, store, {
    onPaired: () => void followSettings(true),
    onEnded: (pairing) => redeemer.hear(pairing),
  });
  const redeemer = createRedeemer(ports, store, ({ relayUrl, extension, secret }) => {
    pairer.dispatch({ type: 'asked', relayUrl, extension, invitation: secret });
    armTimer();
  });
  let isUpdateWaiting = false;
  let cancelTimer = (): void => undefined;
  let timerIsDueAt: number | null = null;
  /** Since when the time may be another than the one that was written down. */
  let unsureSince = ports.now();

  async function start(): Promise<void> {
    await Promise.all([store.restore(), calls.restore(), browsers.restore()]);
    pairer.dispatch({ type: 'woken' });
    dispatch({ type: 'woken' });
    await followSettings(false);
    void redeemer.look();
  }

  async function followSettings(isSavedAnew: boolean): Promise<void> {
    const target = toTarget(await ports.readSettings(), await ports.readTokens());
    const before = store.state.link.target;
    const isOther = !isSame(target, before);
    if (!isOther && !isSavedAnew) return;
    if (isOther) calls.follow(target, target?.relayUrl === before?.relayUrl);
    dispatch({ type: 'targeted', target });
  }

  // ── link ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  function dispatch(event: LinkEvent): void {
    if (isUprooted()) {
      unsureSince = ports.now();
      step({ type: 'uprooted' });
    }
    step(event);
  }

  function step(event: LinkEvent): void {
    const before = store.state.link;
    const { link, effects } = stepLink(before, event, ports.now(), ports.random());
    store.change({ link });
    effects.forEach(carryOut);
    for (const { extension } of link.refusals)
      if (!before.refusals.some((one) => one.extension === extension)) calls.lose(extension);
    if (link.state === 'open' && before.state !== 'open') {
      calls.sendSeen();
      browsers.sendRevocations();
    }
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
          opened: () => dispatch({ type: 'opened', attempt, places: calls.begin() }),
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
        send(effect.message);
        return;
      case 'stay-awake':
        ports.stayAwake();
        return;
      case 'tell': {
        const { message } = effect;
        if (message.type === 'devices') browsers.hear(message);
        else calls.hear(message);
      }
    }
  }

  function tick(): void {
    dispatch({ type: 'ticked' });
    pairer.dispatch({ type: 'ticked' });
    const at = ringsEndAt();
    if (at !== null && ports.now() >= at) calls.clearRings();
    redeemer.tick();
    if (isUpdateWaiting && !calls.hasRings() && !isPairing(store.state.pairing)) {
      isUpdateWaiting = false;
      ports.reload();
    }
  }

  /** When the rings on the screen must go because nobody sees how they end; null: no reason. */
  function ringsEndAt(): number | null {
    const { blindSince } = store.state.link;
    if (blindSince === null || !calls.hasRings()) return null;
    return Math.max(blindSince + BLIND_CLEARS_RINGS_AFTER_MS, unsureSince + UNSURE_KEEPS_RINGS_MS);
  }

  const isUprooted = (): boolean =>
    timerIsDueAt !== null && Math.abs(ports.now() - timerIsDueAt) > UPROOTED_AFTER_MS;

  function armTimer(): void {
    const now = ports.now();
    const { link, pairing } = store.state;
    const times = [link.until, badgeChangesAt(link, now), ringsEndAt(), pairing.until].filter(
      (time) => time !== null,
    );
    cancelTimer();
    timerIsDueAt = times.length === 0 ? null : Math.max(now, Math.min(...times, now + LOOK_EVERY_MS));
    if (timerIsDueAt !== null) cancelTimer = ports.after(timerIsDueAt - now, tick);
  }

  // ── people ────────────────────────────────────────────────────────────────────────────────────────────────────────

  function click(noticeId: string): void {
    if (browsers.owns(noticeId)) {
      void ports.clear(noticeId);
      void ports.openDevices();
    } else void openPage(calls.click(noticeId));
  }

  async function openPage(url: string | null): Promise<void> {
    if (url === null) return;
    if (!isWebAddress(url)) {
      await ports.openProgram(url);
      return;
    }
    const { cards } = store.state;
    const isKnown = (tabId: number) =>
      store.state.cards.some((card) => card.tabId === tabId && card.url === url);
    const tabId = await ports.openCard(cards, url);
    if (tabId !== null && !isKnown(tabId)) store.change({ cards: addCard(store.state.cards, tabId, url) });
  }

  async function removeExtension(extension: string): Promise<void> {
    browsers.revokeOwn(extension);
    const [settings, tokens] = await Promise.all([ports.readSettings(), ports.readTokens()]);
    const extensions = settings.extensions.filter((one) => one !== extension);
    if (settings.relayUrl !== null) await ports.writeTokens(dropToken(tokens, settings.relayUrl, extension));
    await ports.writeSettings({ ...settings, extensions });
    await followSettings(false);
  }

  async function answer(request: Request): Promise<Answer> {
    switch (request.type) {
      case 'popup-opened':
        calls.seeAll();
        dispatch({ type: 'nudged' });
        return null;
      case 'open-card': {
        const known = store.state.extensions.flatMap(({ line, missed }) => [
          ...(line?.calls ?? []),
          ...missed,
        ]);
        await openPage(known.find(({ id }) => id === request.callId)?.party.url ?? null);
        return null;
      }
      case 'settings-saved':
        await followSettings(true);
        return null;
      case 'test-connection': {
        const { relayUrl, extension } = request;
        const token = findToken(await ports.readTokens(), relayUrl, extension)?.token ?? null;
        return ports.testConnection({ relayUrl, lines: [{ extension, token, isBorrowed: false }] });
      }
      case 'show-test-notification': {
        const words = { title: ports.say('testTitle'), message: ports.say('testMessage') };
        await ports.show({ id: 'test', words, image: null, isRinging: false });
        return null;
      }
      case 'pair': {
        const { relayUrl, extension, invitation } = request;
        pairer.dispatch({ type: 'asked', relayUrl, extension, invitation });
        armTimer();
        return null;
      }
      case 'look-after-pairing':
        pairer.dispatch({ type: 'ticked' });
        return null;
      case 'cancel-pairing':
        pairer.dispatch({ type: 'cancelled' });
        return null;
      case 'revoke':
        browsers.revoke(request.extension, request.deviceId);
        return null;
      case 'remove-extension':
        await removeExtension(request.extension);
        return null;
    }
  }

  return {
    start,
    tick,
    clicked: click,
    pressed: (noticeId) => {
      if (browsers.owns(noticeId)) browsers.press(noticeId);
    },
    dismissed: calls.dismiss,
    tabChanged: (event) => store.change({ cards: followTab(store.state.cards, event, ports.now()) }),
    settingsChanged: () => {
      void followSettings(false);
      void redeemer.look();
    },
    needsPerson: () => {
      const { link, pairing } = store.state;
      return !isPairing(pairing) && (link.target === null || link.refusals.some(needsPairing));
    },
    updateAvailable: () => {
      isUpdateWaiting = true;
      tick();
    },
    answer,
  };
}
