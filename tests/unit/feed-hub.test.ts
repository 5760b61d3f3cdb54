// Who is told what, and how each line counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOriginAllowed, judgeOpen } from '../../relay/feed/access.ts';
import { createHub } from '../../relay/feed/hub.ts';
import type { PbxState, Watcher } from '../../relay/feed/hub.ts';

function office() {
  const sent = { lines: 0 };
  const pbxs: Record<string, PbxState> = {};
  const hub = createHub({
    epoch: 'e',
    line: () => [],
    pbx: ([extension = '']) => pbxs[extension.slice(0, 1)] ?? { state: 'down', since: 0, isKnown: false },
    onLineSent: () => (sent.lines += 1),
  });
  /** The PBX whose extensions begin with this digit. */
  const setPbx = (state: 'up' | 'down', since: number, digit = '1'): void => {
    pbxs[digit] = { state, since, isKnown: true };
    hub.pbxChanged();
  };
  const watcher = (): Watcher & { told: string[] } => {
    const told: string[] = [];
    return {
      told,
      begun: () => undefined,
      send: (text) => {
        const message = JSON.parse(text) as Record<string, unknown>;
        told.push(
          message['type'] === 'line'
            ? `${String(message['extension'])} ${String(message['seq'])} ${String(message['cause'])}`
            : String(message['state']),
        );
      },
    };
  };
  return { hub, sent, setPbx, watcher };
}

test('lines are held back until the first poll: an empty one would clear a ring that goes on', () => {
  const { hub, setPbx, watcher } = office();
  const early = watcher();
  hub.join('101', early);
  hub.publish('101', 'a', []);
  assert.deepEqual(early.told, ['down']);
  setPbx('up', 1);
  assert.deepEqual(early.told, ['down', 'up', '101 1 null']);
});

test('each is told of the PBX of his own extension, and gets his line when that is known', () => {
  const { hub, setPbx, watcher } = office();
  const [here, there] = [watcher(), watcher()];
  hub.join('101', here);
  hub.join('201', there);
  setPbx('up', 1, '1');
  setPbx('up', 2, '2');
  setPbx('down', 3, '1');
  hub.publish('201', 'a', []);
  assert.deepEqual(here.told, ['down', 'up', '101 0 null', 'down']);
  assert.deepEqual(there.told, ['down', 'up', '201 0 null', '201 1 a']);
});

test('the seq of a line grows by one with each change, whoever watches', () => {
  const { hub, setPbx, watcher } = office();
  setPbx('up', 1);
  const first = watcher();
  hub.join('101', first);
  hub.publish('101', 'a', []);
  hub.publish('102', 'x', []);
  const second = watcher();
  hub.join('101', second);
  hub.publish('101', 'b', []);
  hub.leave(first);
  hub.publish('101', 'c', []);
  assert.deepEqual(first.told, ['up', '101 0 null', '101 1 a', '101 2 b']);
  assert.deepEqual(second.told, ['up', '101 1 null', '101 2 b', '101 3 c']);
});

test('a watcher of several lines gets each, and the state of the PBX once', () => {
  const { hub, setPbx, watcher } = office();
  const both = watcher();
  hub.join('101', both);
  hub.join('102', both);
  setPbx('up', 1);
  hub.publish('102', 'a', []);
  setPbx('down', 2);
  setPbx('up', 3);
  assert.deepEqual(both.told, ['down', 'up', '101 0 null', '102 0 null', '102 1 a', 'down', 'up']);
});

test('whoever left is told nothing, also when he leaves while he is told', () => {
  const { hub, sent, setPbx, watcher } = office();
  setPbx('up', 1);
  const [gone, slow, stays] = [watcher(), watcher(), watcher()];
  for (const one of [gone, slow, stays]) hub.join('101', one);
  hub.leave(gone);
  slow.send = () => hub.leave(slow);
  hub.publish('101', 'a', []);
  hub.publish('101', 'b', []);
  hub.leave(slow); // again does no harm
  assert.deepEqual(gone.told, ['up', '101 0 null']);
  assert.deepEqual(stays.told, ['up', '101 0 null', '101 1 a', '101 2 b']);
  assert.equal(sent.lines, 3 + 2 + 1);
});

test('that ten thousand leave at once takes no time worth mentioning', () => {
  const { hub, watcher } = office();
  const many = Array.from({ length: 10_000 }, watcher);
  many.forEach((one, n) => hub.join(String(n), one));
  const startedAt = performance.now();
  for (const one of many) hub.leave(one);
  assert.ok(performance.now() - startedAt < 200, `${performance.now() - startedAt} ms`);
});

test('only whole names of extensions may be watched', () => {
  const lines = ['101', '101', 'trunk', '1010101'].map((extension) => ({
    extension,
    token: null,
    after: null,
  }));
  const verdict = judgeOpen({ type: 'hello', protocol: 1, lines }, (text) => /^\d{2,6}$/.test(text));
  assert.deepEqual(verdict.granted, ['101']);
  assert.deepEqual(
    verdict.refused.map(({ extension, code }) => [extension, code]),
    [
      ['trunk', 4503],
      ['1010101', 4503],
    ],
  );
});

test('web pages may not listen in', () => {
  assert.ok(!isOriginAllowed('https://x') && !isOriginAllowed('http://x') && !isOriginAllowed('null'));
  assert.ok(isOriginAllowed(undefined) && isOriginAllowed('moz-extension://x'));
});
