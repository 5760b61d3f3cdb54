// One add-on without a browser: the real core, link, line, notifications and socket; storage, desktop and clock are here.
// Its background can be killed and woken like a browser's, and its clock set. Called by world.ts.
import { createCore, type Core } from '../../extension/background/core.ts';
import type { Ports } from '../../extension/background/ports.ts';
import { NO_STATE, type HeldPosition, type State } from '../../extension/state.ts';
import { NO_POLICY } from '../../extension/managed.ts';
import { openSocket, probe, type Socket } from '../../extension/background/socket.ts';
import en from '../../extension/public/_locales/en/messages.json' with { type: 'json' };
import { now } from '../lab/until.ts';
import { sayIn } from '../unit/say-in.ts';
import type { Screen, Sight } from './facts.ts';
import { readNotice } from './read-notice.ts';

const say = sayIn(en);
const ALARM_MS = 30_000;

export type HeadlessScreen = Screen & {
  readonly sights: Sight[];
  /** The browser ends the background, in the middle of whatever it does. */
  kill(): void;
  /** The browser starts the background again. */
  wake(): Promise<void>;
  /** By how much its computer's clock is wrong. */
  setClock(wrongByMs: number): void;
  /** Its person looks at a missed call that it shows. @returns whose it was, null where none is shown */
  lookAtMissed(): string | null;
  /** What it would say to somebody who asks why it is wrong. */
  describe(): string;
  close(): void;
};

export function createScreen(name: string, extension: string, relayUrl: string): HeadlessScreen {
  const sights: Sight[] = [];
  const blind: { from: number; to: number }[] = [];
  const onScreen = new Map<string, Sight>();
  let stored: State = NO_STATE;
  let positions: HeldPosition[] = [];
  let wrongByMs = 0;
  let background: { core: Core; end(): void } | null = null;

  const record = (sight: Sight): void => {
    sights.push(sight);
    if (sight.what === 'cleared') onScreen.delete(sight.noticeId);
    else onScreen.set(sight.noticeId, sight);
  };
  const clear = (noticeId: string): Promise<void> => {
    if (onScreen.has(noticeId)) record({ at: now(), noticeId, what: 'cleared', number: null, isNew: false });
    return Promise.resolve();
  };
  const followBlindness = (isBlind: boolean): void => {
    const last = blind.at(-1);
    if (isBlind && last?.to !== Infinity) blind.push({ from: now(), to: Infinity });
    if (!isBlind && last?.to === Infinity) last.to = now();
  };
  const ports = (isAlive: () => boolean, sockets: Set<Socket>, timers: Set<() => void>): Ports => ({
    now: () => Math.round(now() + wrongByMs),
    random: Math.random,
    after: (delayMs, run) => {
      const timer = setTimeout(() => isAlive() && run(), delayMs);
      const cancel = () => clearTimeout(timer);
      timers.add(cancel);
      return () => {
        cancel();
        timers.delete(cancel);
      };
    },
    readPolicy: () => Promise.resolve(NO_POLICY),
    readUsedInvitations: () => Promise.resolve([]),
    writeUsedInvitations: () => Promise.reject(new Error('nobody pairs it')),
    readSettings: () => Promise.resolve({ relayUrl, extensions: [extension] }),
    writeSettings: () => Promise.reject(new Error('nobody pairs it')),
    readTokens: () => Promise.resolve([]),
    writeTokens: () => Promise.reject(new Error('nobody pairs it')),
    readKnownDevices: () => Promise.resolve([]),
    writeKnownDevices: () => Promise.resolve(),
    readState: () => Promise.resolve(stored),
    readPositions: () => Promise.resolve(positions),
    writeState: (part) => {
      if (isAlive()) stored = structuredClone({ ...stored, ...part });
      if (isAlive()) followBlindness(stored.link.blindSince !== null || stored.link.state !== 'open');
      return Promise.resolve();
    },
    writePositions: (held) => {
      if (isAlive()) positions = held;
      return Promise.resolve();
    },
    probe,
    openSocket: (url, reports) => {
      const socket = openSocket(url, {
        opened: () => isAlive() && reports.opened(),
        received: (message) => isAlive() && reports.received(message),
        closed: (code) => isAlive() && reports.closed(code),
      });
      sockets.add(socket);
      const drop = () => {
        sockets.delete(socket);
        socket.drop();
      };
      return { send: socket.send, drop };
    },
    testConnection: () => Promise.reject(new Error('nobody presses it')),
    stayAwake: () => undefined,
    show: ({ id, words }) => {
      const read = readNotice(words.title, words.message);
      const before = onScreen.get(id);
      const isNew = before === undefined || before.what !== read.what;
      if (isAlive()) record({ at: now(), noticeId: id, ...read, isNew });
      return Promise.resolve();
    },
    update: ({ id, words }) => {
      const read = readNotice(words.title, words.message);
      if (isAlive() && onScreen.has(id)) record({ at: now(), noticeId: id, ...read, isNew: false });
      return Promise.resolve();
    },
    clear: (id) => (isAlive() ? clear(id) : Promise.resolve()),
    paint: () => Promise.resolve(),
    openCard: () => Promise.resolve(null),
    openDevices: () => Promise.resolve(),
    browserName: () => 'Chaos',
    openProgram: () => Promise.resolve(),
    reload: () => undefined,
    say,
  });

  const kill = (): void => {
    background?.end();
    background = null;
    followBlindness(true);
  };
  const wake = async (): Promise<void> => {
    if (background !== null) return;
    let isAlive = true;
    const sockets = new Set<Socket>();
    const timers = new Set<() => void>();
    const core = createCore(ports(() => isAlive, sockets, timers));
    const alarm = setInterval(() => core.tick(), ALARM_MS);
    const end = () => {
      isAlive = false;
      clearInterval(alarm);
      for (const cancel of timers) cancel();
      for (const socket of sockets) socket.drop();
    };
    background = { core, end };
    await core.start();
  };
  return {
    name,
    extension,
    sights,
    blind,
    kill,
    wake,
    setClock: (ms) => (wrongByMs = ms),
    lookAtMissed: () => {
      const shown = [...onScreen.values()].find(({ what }) => what === 'missed');
      if (shown === undefined || background === null) return null;
      background.core.clicked(shown.noticeId);
      return shown.number;
    },
    describe: () =>
      JSON.stringify({
        link: stored.link,
        calls: stored.extensions.flatMap(({ line }) => line?.calls.map(({ id, state }) => [id, state]) ?? []),
      }),
    close: kill,
  };
}
