// Several extensions over the add-on's one connection: what is said of one disturbs no other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_LINK, stepLink, type Effect, type LinkEvent } from '../../extension/background/link.ts';
import type { TargetLine } from '../../extension/settings.ts';
import { CLOSE, type Down } from '../../shared/protocol.ts';

const own = (extension: string): TargetLine => ({ extension, token: `of ${extension}`, isBorrowed: false });
const borrowed = (extension: string): TargetLine => ({ extension, token: 'of 101', isBorrowed: true });
const refusal = (extension: string, code: number): Down => ({ type: 'refused', extension, code, reason: '' });
const welcome = (extensions: string[], watched: string[] = []): Down => ({
  type: 'welcome',
  protocol: 1,
  extensions,
  watched,
  serverTime: 0,
  pingEveryMs: 15_000,
  auth: 'pairing',
});

/** A link for these lines that has said hello. */
function greet(...lines: TargetLine[]) {
  let link = NO_LINK;
  let effects: Effect[] = [];
  const feed = (event: LinkEvent): void => {
    ({ link, effects } = stepLink(link, event, 1_000_000, 0.5));
  };
  feed({ type: 'targeted', target: { relayUrl: 'ws://pbx.local/feed', lines } });
  const { attempt } = link;
  feed({ type: 'probed', attempt, isAnswered: true });
  feed({ type: 'opened', attempt, places: [{ extension: '102', epoch: 'e1', seq: 3 }] });
  const hello = effects;
  return {
    hello,
    hear: (message: Down) => feed({ type: 'received', attempt, message }),
    close: (code: number) => feed({ type: 'closed', attempt, code }),
    get link() {
      return link;
    },
  };
}

test('one hello names all lines, each with its token and its own place', () => {
  const lines = [
    { extension: '101', token: 'of 101', after: null },
    { extension: '102', token: 'of 102', after: { epoch: 'e1', seq: 3 } },
    { extension: '103', token: 'of 101', after: null },
  ];
  assert.deepEqual(greet(own('101'), own('102'), borrowed('103')).hello, [
    { do: 'send', message: { type: 'hello', protocol: 1, lines } },
  ]);
});

test('a refused line ends none of the others, at the welcome or later', () => {
  const scene = greet(own('101'), own('102'), own('103'));
  scene.hear(welcome(['101', '103'], ['103']));
  assert.deepEqual(scene.link.refusals, [{ extension: '102', code: CLOSE.extensionNotAllowed }]);
  scene.hear(refusal('102', CLOSE.revoked));
  assert.deepEqual(scene.link.refusals, [{ extension: '102', code: CLOSE.revoked }]);
  assert.deepEqual(scene.link.watched, ['103']);
  scene.hear(refusal('103', CLOSE.extensionNotAllowed));
  assert.deepEqual(scene.link.watched, []);
  assert.equal(scene.link.state, 'open');
  scene.hear(refusal('101', CLOSE.tokenRefused));
  assert.equal(scene.link.state, 'refused');
  assert.deepEqual(
    scene.link.refusals.map(({ code }) => code),
    [CLOSE.tokenRefused, CLOSE.revoked, CLOSE.extensionNotAllowed],
  );
});

test('where all are refused, the close code is about each of which nothing else was said', () => {
  const scene = greet(own('101'), own('102'));
  scene.close(CLOSE.tokenRefused);
  assert.equal(scene.link.state, 'refused');
  assert.deepEqual(scene.link.refusals, [
    { extension: '101', code: CLOSE.tokenRefused },
    { extension: '102', code: CLOSE.tokenRefused },
  ]);
});

test('a line that another one’s token does not let it watch may be its owner’s own: pairing decides', () => {
  const scene = greet(own('101'), borrowed('102'));
  scene.hear(welcome(['101']));
  scene.hear(refusal('102', CLOSE.extensionNotAllowed));
  assert.deepEqual(scene.link.refusals, [{ extension: '102', code: CLOSE.tokenRefused }]);
  const alone = greet(own('101'));
  alone.close(CLOSE.extensionNotAllowed);
  assert.deepEqual(alone.link.refusals, [{ extension: '101', code: CLOSE.extensionNotAllowed }]);
});

test('a relay that has no place for one line for now is not a reason to leave the others', () => {
  const scene = greet(own('101'), own('102'));
  scene.hear(welcome(['101']));
  scene.hear(refusal('102', CLOSE.crowded));
  assert.equal(scene.link.state, 'open');
  const alone = greet(own('101'));
  alone.close(CLOSE.crowded);
  assert.equal(alone.link.state, 'waiting');
});

test('what was refused is forgotten when the relay grants it', () => {
  const scene = greet(own('101'), own('102'));
  scene.hear(welcome(['101']));
  scene.hear(welcome(['101', '102']));
  assert.deepEqual(scene.link.refusals, []);
});
