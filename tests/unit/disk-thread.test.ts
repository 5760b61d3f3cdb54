// The thread that waits for the disk: what happens when it dies, and when somebody in it does not want to end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDiskThread } from '../../relay/disk-thread.ts';
import type { DiskThread } from '../../relay/disk-thread.ts';
import { waitFor } from '../relay/wait.ts';

const DEADLINE_MS = 5_000;
const keeper = new URL(
  `data:text/javascript,${encodeURIComponent(`export const createKeeper = ({ name, tell }) => ({
    take(asked) {
      if (asked === 'die') throw new Error('died');
      if (asked === 'hang') for (;;);
      tell(name + ' ' + asked);
    },
  });`)}`,
);

function keepIn(thread: DiskThread, name: string) {
  const told: string[] = [];
  const kept = thread.keep<string, string>({
    ...{ keeper, data: { name } },
    onTold: (text) => void told.push(text),
    onFault: (message) => void told.push(message),
    onBegun: () => kept.post('again'),
    onEnded: () => void told.push('ended'),
  });
  const hears = (text: string) =>
    waitFor(
      () => told.includes(text),
      DEADLINE_MS,
      () => told.join(),
    );
  return { ...kept, told, hears, isAlive: () => kept.isAlive };
}

test('two share a thread, each is told its own, in order, until it ends', async () => {
  const thread = createDiskThread();
  const [anna, ivan] = [keepIn(thread, 'anna'), keepIn(thread, 'ivan')];
  for (const word of ['one', 'two']) for (const one of [anna, ivan]) one.post(word);
  await anna.stop('last');
  assert.deepEqual(anna.told, ['anna one', 'anna two', 'anna last']);
  ivan.post('three');
  await ivan.stop('last');
  assert.deepEqual(ivan.told, ['ivan one', 'ivan two', 'ivan three', 'ivan last']);
  assert.equal(ivan.isAlive(), false, 'nobody is left, and so is no thread');
});

test('a thread that dies is told of to all who are in it, and begun again', async () => {
  const thread = createDiskThread(10);
  const [anna, ivan] = [keepIn(thread, 'anna'), keepIn(thread, 'ivan')];
  anna.post('die');
  await Promise.all([anna.hears('anna again'), ivan.hears('ivan again')]);
  assert.deepEqual(ivan.told, ['died', 'ended', 'ivan again']);
  await Promise.all([anna.stop('last'), ivan.stop('last')]);
});

test('who does not end in time is ended', async () => {
  const anna = keepIn(createDiskThread(), 'anna');
  anna.post('hang');
  await anna.stop('last');
  assert.equal(anna.isAlive(), false);
});
