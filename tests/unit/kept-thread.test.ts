// A thread that must be there: what happens when it dies, and when it does not want to end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepThread } from '../../relay/kept-thread.ts';
import { waitFor } from '../relay/wait.ts';

const DEADLINE_MS = 5_000;
const SCRIPT = `const { parentPort, workerData } = require('node:worker_threads');
  parentPort.on('message', (asked) => {
    if (asked === 'die') throw new Error('died');
    if (asked === 'end') return parentPort.close();
    parentPort.postMessage(workerData + asked);
  });`;
const script = new URL(
  `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module';
  const require = createRequire('file:///');
  ${SCRIPT}`)}`,
);

test('a thread that dies is told of and begun again, and ends when it is told to', async () => {
  const told: string[] = [];
  const thread = keepThread<string, string>({
    ...{ script, data: 'heard ', againAfterMs: 10 },
    onTold: (text) => void told.push(text),
    onFault: (message) => void told.push(message),
    onBegun: () => thread.post('again'),
    onEnded: () => void told.push('ended'),
  });
  thread.post('once');
  thread.post('die');
  await waitFor(
    () => told.includes('heard again'),
    DEADLINE_MS,
    () => told.join(),
  );
  assert.deepEqual(told, ['heard once', 'died', 'ended', 'heard again']);
  await thread.stop('end');
  assert.equal(thread.isAlive, false);
});

test('a thread that does not end by itself is ended', async () => {
  const thread = keepThread<string, string>({
    ...{ script, data: '' },
    ...{ onTold: () => undefined, onFault: () => undefined, onBegun: () => undefined },
  });
  await thread.stop('what is that?');
  assert.equal(thread.isAlive, false);
});
