// The add-on's core in a world without a browser: what it shows, keeps and sends is here to be looked at, and its relay is
// played by the test. Called by unit tests.
import { createCore, type Core } from '../../extension/background/core.ts';
import type { KnownDevices } from '../../extension/background/devices.ts';
import type { Notice } from '../../extension/background/notifier.ts';
import type { Ports } from '../../extension/background/ports.ts';
import type { SocketReports } from '../../extension/background/socket.ts';
import { ownOf, readPolicy, withPolicy } from '../../extension/managed.ts';
import type { Say } from '../../extension/phrases.ts';
import { NO_SETTINGS, type Settings } from '../../extension/settings.ts';
import { NO_STATE, type HeldPosition, type State } from '../../extension/state.ts';
import type { HeldToken } from '../../extension/tokens.ts';
import type { Down, Up } from '../../shared/protocol.ts';

export const RELAY_URL = 'ws://pbx.local/feed';
const say: Say = (key, ...values) => (key === 'language' ? 'en' : [key, ...values].join(' '));

/** One connection as the relay sees it. */
export type Wire = {
  relayUrl: string;
  heard: Up[];
  isDropped: boolean;
  opens(): void;
  says(...messages: Down[]): void;
  closes(code: number): void;
};

export type World = {
  core: Core;
  /** What lies on the disk. */
  disk: {
    settings: Settings;
    tokens: HeldToken[];
    known: KnownDevices[];
    /** As IT has written it. */
    policy: Record<string, unknown>;
    usedInvitations: string[];
    positions: HeldPosition[];
  };
  readonly state: State;
  /** On the screen now, by id. */
  screen: Map<string, Notice>;
  /** What was shown and cleared, in turn. */
  story: string[];
  wires: Wire[];
  devicePages: number;
  /** How often it has begun itself anew, to be another version. */
  reloads: number;
  now: number;
  /** The connection opened last. */
  readonly wire: Wire;
  /** The browser ends the background and begins it anew. */
  restarts(): Promise<void>;
};

/** Lets everything happen that waits for nothing but its turn. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function openWorld(disk: Partial<World['disk']> = {}): Promise<World> {
  let stored: State = NO_STATE;
  let life = 0;
  const world = {
    disk: {
      settings: NO_SETTINGS,
      tokens: [],
      known: [],
      positions: [],
      policy: {},
      usedInvitations: [],
      ...disk,
    },
    get state() {
      return stored;
    },
    screen: new Map<string, Notice>(),
    story: [] as string[],
    wires: [] as Wire[],
    devicePages: 0,
    reloads: 0,
    now: 1_000_000,
    get wire(): Wire {
      const last = world.wires.at(-1);
      if (last === undefined) throw new Error('it has opened no connection');
      return last;
    },
    restarts: async () => {
      life += 1;
      world.core = createCore(ports(life));
      await world.core.start();
      await settled();
    },
  } as World;

  const ports = (born: number): Ports => {
    const put = (notice: Notice): Promise<void> => {
      world.screen.set(notice.id, notice);
      return Promise.resolve();
    };
    return {
      now: () => world.now,
      random: () => 0,
      after: () => () => undefined, // the test calls `tick`
      readPolicy: () => Promise.resolve(readPolicy(world.disk.policy)),
      readUsedInvitations: () => Promise.resolve(world.disk.usedInvitations),
      writeUsedInvitations: (used) => Promise.resolve(void (world.disk.usedInvitations = used)),
      readSettings: () => Promise.resolve(withPolicy(world.disk.settings, readPolicy(world.disk.policy))),
      writeSettings: (settings) => {
        world.disk.settings = ownOf(settings, world.disk.settings, readPolicy(world.disk.policy));
        return Promise.resolve();
      },
      readTokens: () => Promise.resolve(world.disk.tokens),
      writeTokens: (tokens) => Promise.resolve(void (world.disk.tokens = tokens)),
      readKnownDevices: () => Promise.resolve(world.disk.known),
      writeKnownDevices: (known) => Promise.resolve(void (world.disk.known = known)),
      readState: () => Promise.resolve(stored),
      writeState: (part) => Promise.resolve(void (stored = structuredClone({ ...stored, ...part }))),
      readPositions: () => Promise.resolve(world.disk.positions),
      writePositions: (positions) => Promise.resolve(void (world.disk.positions = positions)),
      probe: () => Promise.resolve('answered'),
      openSocket: (relayUrl, reports) => {
        const wire = wireOf(relayUrl, reports, () => born === life);
        world.wires.push(wire);
        return {
          send: (message) => void wire.heard.push(message),
          drop: () => void (wire.isDropped = true),
        };
      },
      testConnection: () => Promise.reject(new Error('nobody presses it')),
      stayAwake: () => undefined,
      show: (notice) => {
        world.story.push(`show ${notice.id}`);
        return put(notice);
      },
      update: put,
      clear: (id) => {
        if (world.screen.delete(id)) world.story.push(`clear ${id}`);
        return Promise.resolve();
      },
      paint: () => Promise.resolve(),
      openCard: () => Promise.resolve(null),
      openProgram: () => Promise.resolve(),
      openDevices: () => Promise.resolve(void (world.devicePages += 1)),
      browserName: () => 'Chrome on Windows',
      reload: () => void (world.reloads += 1),
      say,
    };
  };
  await world.restarts();
  return world;
}

function wireOf(relayUrl: string, reports: SocketReports, isAlive: () => boolean): Wire {
  const wire: Wire = {
    relayUrl,
    heard: [],
    isDropped: false,
    opens: () => {
      if (isAlive() && !wire.isDropped) reports.opened();
    },
    says: (...messages) => {
      for (const message of messages) if (isAlive() && !wire.isDropped) reports.received(message);
    },
    closes: (code) => {
      if (isAlive() && !wire.isDropped) reports.closed(code);
    },
  };
  return wire;
}
