// The add-on's wiring in a world of its own: what the clock of the computer may do to a ring on the screen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCore, type Ports } from '../../extension/background/core.ts';
import type { SocketReports } from '../../extension/background/socket.ts';
import { NO_STATE } from '../../extension/state.ts';
import type { Down } from '../../shared/protocol.ts';
import { call } from './addon-call.ts';

const HOUR_MS = 3_600_000;

/** An add-on that has shown a ring and then lost its relay. */
async function blindWithRing() {
  const told: string[] = [];
  let now = 1_790_000_000_000;
  let tick: () => void = () => undefined;
  const sockets: SocketReports[] = [];
  let isReachable = true;
  const nothing = () => Promise.resolve();
  const ports: Ports = {
    now: () => now,
    random: () => 0.5,
    after: (_, run) => {
      tick = run;
      return () => undefined;
    },
    readSettings: () => Promise.resolve({ relayUrl: 'ws://pbx.local/feed', extension: '101' }),
    readState: () => Promise.resolve(NO_STATE),
    readPosition: () => Promise.resolve(null),
    writeState: nothing,
    writePosition: nothing,
    probe: () => Promise.resolve(isReachable ? 'answered' : 'failed'),
    openSocket: (_, reports) => {
      sockets.push(reports);
      return { send: () => undefined, drop: () => undefined };
    },
    testConnection: () => Promise.reject(new Error('nobody presses it')),
    stayAwake: () => undefined,
    show: ({ id }) => Promise.resolve(void told.push(`show ${id}`)),
    update: nothing,
    clear: (id) => Promise.resolve(void told.push(`clear ${id}`)),
    paint: nothing,
    openCard: () => Promise.resolve(null),
    say: (key) => key,
  };
  const core = createCore(ports);
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const hear = (...messages: Down[]) => messages.forEach((message) => sockets.at(-1)?.received(message));
  const connects = async (epoch: string) => {
    await turn();
    sockets.at(-1)?.opened();
    hear(
      {
        type: 'welcome',
        protocol: 1,
        extensions: ['101'],
        watched: [],
        serverTime: now,
        pingEveryMs: 15_000,
        auth: 'open',
      },
      { type: 'pbx', state: 'up', since: now },
      { type: 'line', extension: '101', epoch, seq: 1, cause: null, calls: [call({ id: 'a' })] },
    );
  };
  await core.start();
  await connects('one');
  isReachable = false;
  now += 10_000;
  sockets.at(-1)?.closed(1006);
  return {
    told,
    jumps(byMs: number) {
      now += byMs;
      tick();
    },
    async regainsRelay() {
      isReachable = true;
      now += 1_500;
      tick();
      await connects('two');
    },
  };
}

test('a clock that is set while the relay is away for a moment does not make a ring blink', async () => {
  const addOn = await blindWithRing();
  addOn.jumps(HOUR_MS);
  await addOn.regainsRelay();
  assert.deepEqual(addOn.told, ['show call:a']);
});

test('a ring that went on the screen to sleep is gone 5 s after waking, if no relay says that it still rings', async () => {
  const addOn = await blindWithRing();
  addOn.jumps(HOUR_MS);
  assert.deepEqual(addOn.told, ['show call:a']);
  addOn.jumps(5_000);
  assert.deepEqual(addOn.told, ['show call:a', 'clear call:a']);
});

test('a ring stays for half a minute without the relay, and no longer', async () => {
  const addOn = await blindWithRing();
  for (let second = 0; second < 29; second += 1) addOn.jumps(1_000);
  assert.deepEqual(addOn.told, ['show call:a']);
  addOn.jumps(1_000);
  assert.deepEqual(addOn.told, ['show call:a', 'clear call:a']);
});
