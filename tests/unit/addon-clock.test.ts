// What the clock of the computer may do to a ring on the screen while the relay is away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call } from './addon-call.ts';
import { openWorld, RELAY_URL, settled } from './addon-world.ts';

const HOUR_MS = 3_600_000;

/** An add-on that has shown a ring and then lost its relay. */
async function blindWithRing() {
  const world = await openWorld({ settings: { relayUrl: RELAY_URL, extensions: ['101'] } });
  const welcomes = (epoch: string): void => {
    world.wire.opens();
    world.wire.says(
      {
        ...{ type: 'welcome', protocol: 1, extensions: ['101'], watched: [] },
        ...{ serverTime: world.now, pingEveryMs: 15_000, auth: 'open' },
      },
      { type: 'line', extension: '101', epoch, seq: 1, cause: null, calls: [call({ id: 'a' })] },
    );
  };
  welcomes('one');
  world.now += 10_000;
  world.wire.closes(1006);
  return {
    story: world.story,
    passes(ms: number) {
      world.now += ms;
      world.core.tick();
    },
    async regainsRelay() {
      world.now += 1_000;
      world.core.tick();
      await settled();
      welcomes('two');
    },
  };
}

test('a clock that is set while the relay is away for a moment does not make a ring blink', async () => {
  const addOn = await blindWithRing();
  addOn.passes(HOUR_MS);
  await addOn.regainsRelay();
  assert.deepEqual(addOn.story, ['show call:101/a']);
});

test('a ring that went to sleep with the computer is gone 5 s after it wakes, if no relay says that it still rings', async () => {
  const addOn = await blindWithRing();
  addOn.passes(HOUR_MS);
  assert.deepEqual(addOn.story, ['show call:101/a']);
  addOn.passes(5_000);
  assert.deepEqual(addOn.story, ['show call:101/a', 'clear call:101/a']);
});

test('a ring stays for half a minute without the relay, and no longer', async () => {
  const addOn = await blindWithRing();
  for (let second = 0; second < 29; second += 1) addOn.passes(1_000);
  assert.deepEqual(addOn.story, ['show call:101/a']);
  addOn.passes(1_000);
  assert.deepEqual(addOn.story, ['show call:101/a', 'clear call:101/a']);
});
