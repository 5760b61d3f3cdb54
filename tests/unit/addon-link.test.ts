// The add-on's connection: every row of the table in extension/background/link.ts, and a storm and a sleep through it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GOOD_WHILE_MS,
  LAST_RETRY_MS,
  NO_LINK,
  OPEN_DEADLINE_MS,
  PROBE_DEADLINE_MS,
  WELCOME_DEADLINE_MS,
  stepLink,
  type Effect,
  type Link,
  type LinkEvent,
  type LinkState,
} from '../../extension/background/link.ts';
import type { Target } from '../../extension/settings.ts';
import { CLOSE, SILENCE_MS, type Down } from '../../shared/protocol.ts';

const ALMOST_ONE = 1 - Number.EPSILON;
const own = (extension: string) => ({ extension, token: `of ${extension}`, isBorrowed: false });
const target: Target = { relayUrl: 'ws://pbx.local:8088/feed', lines: [own('101')] };
const after = { epoch: 'e1', seq: 7 };
const places = [
  { extension: '102', epoch: 'e1', seq: 3 },
  { extension: '101', ...after },
];
const welcome: Extract<Down, { type: 'welcome' }> = {
  type: 'welcome',
  protocol: 1,
  extensions: ['101'],
  watched: [],
  serverTime: 0,
  pingEveryMs: 15_000,
  auth: 'open',
};
const lineMessage: Down = { type: 'line', extension: '101', epoch: 'e1', seq: 8, cause: null, calls: [] };

/** A link that is driven by events and remembers what it asked for. */
function drive(start: Link = NO_LINK, random = 0.5) {
  let link = start;
  let now = 1_000_000;
  let effects: Effect[] = [];
  const feed = (event: LinkEvent) => {
    const step = stepLink(link, event, now, random);
    link = step.link;
    effects = step.effects;
    return drop();
  };
  const drop = () => ({ link, effects });
  return {
    feed,
    report: (
      event: { type: 'probed'; isAnswered: boolean } | { type: 'opened' } | { type: 'closed'; code: number },
    ) => feed({ places, ...event, attempt: link.attempt } as LinkEvent),
    hear: (message: Down) => feed({ type: 'received', attempt: link.attempt, message }),
    pass: (ms: number) => {
      now += ms;
      return feed({ type: 'ticked' });
    },
    to(state: LinkState, aim = target) {
      if (state !== 'idle') feed({ type: 'targeted', target: aim });
      if (state === 'waiting') this.report({ type: 'probed', isAnswered: false });
      if (state === 'refused') feed({ type: 'closed', attempt: link.attempt, code: CLOSE.revoked });
      if (['connecting', 'greeting', 'open'].includes(state))
        this.report({ type: 'probed', isAnswered: true });
      if (['greeting', 'open'].includes(state)) this.report({ type: 'opened' });
      if (state === 'open')
        this.hear({ ...welcome, extensions: aim.lines.map(({ extension }) => extension) });
      assert.equal(link.state, state);
      return this;
    },
    get link() {
      return link;
    },
    get now() {
      return now;
    },
    get kinds() {
      return effects.map((effect) => effect.do);
    },
    get effects() {
      return effects;
    },
  };
}

test('settings start a probe, the probe a socket, the socket a hello, the welcome an open link', () => {
  const scene = drive();
  scene.feed({ type: 'targeted', target });
  assert.deepEqual(scene.effects, [{ do: 'drop' }, { do: 'probe', attempt: 1, relayUrl: target.relayUrl }]);
  scene.report({ type: 'probed', isAnswered: true });
  assert.deepEqual(scene.effects, [{ do: 'open', attempt: 1, relayUrl: target.relayUrl }]);
  scene.report({ type: 'opened' });
  const lines = [{ extension: '101', token: 'of 101', after }];
  assert.deepEqual(scene.effects, [{ do: 'send', message: { type: 'hello', protocol: 1, lines } }]);
  scene.hear(welcome);
  assert.equal(scene.link.state, 'open');
  assert.equal(scene.link.auth, 'open');
  assert.equal(scene.link.blindSince, null);
});

test('a ping is answered, and with something that keeps the background awake', () => {
  const scene = drive().to('open');
  scene.hear({ type: 'ping', at: 42 });
  assert.deepEqual(scene.effects, [{ do: 'send', message: { type: 'pong', at: 42 } }, { do: 'stay-awake' }]);
});

test('lines and missed calls are passed on when the link is open, and not before', () => {
  const missed: Down = { type: 'missed', extension: '101', calls: [] };
  for (const message of [lineMessage, missed]) {
    assert.deepEqual(drive().to('open').hear(message).effects, [{ do: 'tell', message }]);
    assert.deepEqual(drive().to('greeting').hear(message).effects, []);
  }
});

const deadlines: [LinkState, number][] = [
  ['probing', PROBE_DEADLINE_MS],
  ['connecting', OPEN_DEADLINE_MS],
  ['greeting', WELCOME_DEADLINE_MS],
  ['open', SILENCE_MS],
];
for (const [state, deadlineMs] of deadlines) {
  test(`${state} is given up after ${deadlineMs} ms and not before`, () => {
    const scene = drive().to(state);
    scene.pass(deadlineMs - 1);
    assert.equal(scene.link.state, state);
    scene.pass(1);
    assert.equal(scene.link.state, 'waiting');
    assert.deepEqual(scene.kinds, ['drop']);
  });
}

test('how IT wants notifications to read is kept until the next welcome', () => {
  const notification = { title: { en: '{name}', ru: '{name}' }, text: null };
  const greeting: Link = { ...NO_LINK, state: 'greeting', target, attempt: 1, until: 5_000 };
  const open = (link: Link, message: Down): Link =>
    stepLink(link, { type: 'received', attempt: 1, message }, 1_000, 0.5).link;
  const told = open(greeting, { ...welcome, notification });
  assert.deepEqual(told.notification, notification);
  assert.equal(open({ ...told, state: 'greeting' }, welcome).notification, null);
});

test('every frame puts the watchdog off', () => {
  const frames: Down[] = [
    { type: 'ping', at: 1 },
    lineMessage,
    { type: 'pbx', state: 'up', since: 1 },
    { type: 'refused', extension: '999', code: CLOSE.revoked, reason: '' },
  ];
  for (const message of frames) {
    const scene = drive().to('open');
    scene.pass(SILENCE_MS - 1);
    scene.hear(message);
    scene.pass(SILENCE_MS - 1);
    assert.equal(scene.link.state, 'open', message.type);
  }
});

test('waiting ends with a new probe, when its time has come', () => {
  const scene = drive().to('waiting');
  const pauseMs = (scene.link.until ?? 0) - scene.now;
  scene.pass(pauseMs - 1);
  assert.equal(scene.link.state, 'waiting');
  scene.pass(1);
  assert.equal(scene.link.state, 'probing');
  assert.deepEqual(scene.kinds, ['drop', 'probe']);
});

test('somebody who looks makes a waiting link try at once, and disturbs no other', () => {
  for (const state of ['idle', 'probing', 'connecting', 'greeting', 'open', 'waiting', 'refused'] as const) {
    const scene = drive().to(state);
    scene.feed({ type: 'nudged' });
    assert.equal(scene.link.state, state === 'waiting' ? 'probing' : state);
  }
});

test('while the relay is away, the pause is never longer than a fortieth of the outage, and never above a minute', () => {
  const scene = drive(NO_LINK, ALMOST_ONE).to('waiting');
  const lostAt = scene.now;
  let attempts = 0;
  for (; scene.now < lostAt + 8 * 3_600_000; attempts += 1) {
    const pauseMs = (scene.link.until ?? 0) - scene.now;
    const most = Math.min(60_000, Math.max(1_500, (scene.now - lostAt) / 40));
    assert.ok(pauseMs < most + 1, `${pauseMs} ms after ${scene.now - lostAt} ms`);
    scene.pass(pauseMs);
    scene.report({ type: 'probed', isAnswered: false });
  }
  assert.ok(attempts < 700, `${attempts} attempts in eight hours`);
});

const greetsAndHangsUp = (scene: ReturnType<typeof drive>, openMs: number) => {
  scene.pass(LAST_RETRY_MS);
  scene.report({ type: 'probed', isAnswered: true });
  scene.report({ type: 'opened' });
  scene.hear(welcome);
  scene.pass(openMs);
  scene.report({ type: 'closed', code: CLOSE.restarting });
  return (scene.link.until ?? 0) - scene.now;
};

test('a relay that greets and hangs up is not asked every second; one that stayed for a good while is forgiven', () => {
  const scene = drive(NO_LINK, ALMOST_ONE).to('waiting');
  let pauseMs = 0;
  for (let minute = 0; minute < 60; minute += 1) pauseMs = greetsAndHangsUp(scene, GOOD_WHILE_MS - 1);
  assert.ok(pauseMs > 59_000, String(pauseMs));
  assert.ok(greetsAndHangsUp(scene, GOOD_WHILE_MS) <= 1_500);
});

test('a background that ended beside a good connection begins without the troubles from before it', () => {
  for (const [openMs, most] of [
    [GOOD_WHILE_MS, 1_500],
    [GOOD_WHILE_MS - 1, LAST_RETRY_MS],
  ] as const) {
    const scene = drive(NO_LINK, ALMOST_ONE).to('waiting');
    for (let minute = 0; minute < 60; minute += 1) greetsAndHangsUp(scene, 0);
    scene.pass(LAST_RETRY_MS);
    scene.report({ type: 'probed', isAnswered: true });
    scene.report({ type: 'opened' });
    scene.hear(welcome);
    scene.pass(openMs);
    scene.feed({ type: 'woken' });
    scene.report({ type: 'probed', isAnswered: false });
    const pauseMs = (scene.link.until ?? 0) - scene.now;
    assert.ok(pauseMs <= most && pauseMs > most * 0.6, `${pauseMs} ms after ${openMs} ms`);
  }
});

for (const code of [1000, 1001, 1006, 1012, ...[4000, 4001, 4002, 4003, 4499]]) {
  test(`close code ${code} is retried`, () => {
    for (const state of ['connecting', 'greeting', 'open'] as const) {
      assert.equal(drive().to(state).report({ type: 'closed', code }).link.state, 'waiting');
    }
  });
}

for (const code of [4500, 4501, 4502, 4503, 4504, 4999]) {
  test(`close code ${code} is not retried until the settings are changed or saved again`, () => {
    const scene = drive().to('open');
    scene.report({ type: 'closed', code });
    assert.equal(scene.link.state, 'refused');
    assert.equal(scene.link.closeCode, code);
    scene.pass(86_400_000);
    scene.feed({ type: 'nudged' });
    scene.feed({ type: 'woken' });
    assert.equal(scene.link.state, 'refused');
    scene.feed({ type: 'targeted', target });
    assert.equal(scene.link.state, 'probing');
    assert.equal(scene.link.closeCode, null);
  });
}

test('a refusal of our line counts like a close code; one of another line does not', () => {
  const refused = (extension: string): Down => ({ type: 'refused', extension, code: 4503, reason: '' });
  assert.equal(drive().to('open').hear(refused('101')).link.state, 'refused');
  assert.equal(drive().to('greeting').hear(refused('101')).link.state, 'refused');
  assert.equal(drive().to('open').hear(refused('102')).link.state, 'open');
});

test('a welcome in another protocol, or for other extensions, is a refusal', () => {
  const other = drive()
    .to('greeting')
    .hear({ ...welcome, protocol: 2 });
  assert.deepEqual([other.link.state, other.link.closeCode], ['refused', CLOSE.protocolNotSpoken]);
  const stranger = drive()
    .to('greeting')
    .hear({ ...welcome, extensions: ['102'] });
  assert.deepEqual([stranger.link.state, stranger.link.closeCode], ['refused', CLOSE.extensionNotAllowed]);
});

test('other settings start afresh from every state, without the old troubles', () => {
  const other = { ...target, lines: [own('102')] };
  for (const state of ['idle', 'probing', 'connecting', 'greeting', 'open', 'waiting', 'refused'] as const) {
    const scene = drive().to(state);
    const { attempt } = scene.link;
    scene.feed({ type: 'targeted', target: other });
    assert.deepEqual(scene.kinds, ['drop', 'probe']);
    assert.deepEqual(
      [scene.link.state, scene.link.target, scene.link.troubleSince, scene.link.attempt],
      ['probing', other, null, attempt + 1],
    );
    scene.feed({ type: 'targeted', target: null });
    assert.deepEqual([scene.link.state, scene.kinds], ['idle', ['drop']]);
    assert.equal(scene.link.blindSince, null);
  }
});

test('what an earlier attempt reports is ignored', () => {
  const scene = drive().to('open');
  const stale = scene.link.attempt;
  scene.feed({ type: 'targeted', target });
  const { link } = scene;
  const events: LinkEvent[] = [
    { type: 'probed', attempt: stale, isAnswered: false },
    { type: 'opened', attempt: stale, places },
    { type: 'received', attempt: stale, message: welcome },
    { type: 'closed', attempt: stale, code: 4504 },
  ];
  for (const event of events) assert.equal(scene.feed(event).link, link);
  scene.report({ type: 'probed', isAnswered: true });
  assert.equal(scene.link.state, 'connecting');
});

test('what comes in the wrong state is ignored', () => {
  const scene = drive().to('waiting');
  const { link } = scene;
  scene.report({ type: 'opened' });
  scene.report({ type: 'probed', isAnswered: true });
  scene.hear(welcome);
  assert.equal(scene.link, link);
});

test('a woken background connects at once, where there was a socket and where it waited', () => {
  for (const state of ['probing', 'connecting', 'greeting', 'open', 'waiting'] as const) {
    const scene = drive(JSON.parse(JSON.stringify(drive().to(state).link)) as Link);
    scene.feed({ type: 'woken' });
    assert.deepEqual([scene.link.state, scene.kinds], ['probing', ['drop', 'probe']]);
  }
  const idle = drive();
  assert.deepEqual(idle.feed({ type: 'woken' }), { link: NO_LINK, effects: [] });
});

test('where the computer has slept, the network may be another: a new attempt at once, and as if it were the first', () => {
  for (const state of ['probing', 'connecting', 'greeting', 'open', 'waiting'] as const) {
    const scene = drive(NO_LINK, ALMOST_ONE).to(state);
    scene.pass(8 * 3_600_000);
    scene.feed({ type: 'uprooted' });
    assert.deepEqual([scene.link.state, scene.kinds], ['probing', ['drop', 'probe']]);
    scene.report({ type: 'probed', isAnswered: false });
    assert.ok((scene.link.until ?? 0) - scene.now <= 1_500, state);
  }
  for (const state of ['idle', 'refused'] as const) {
    const scene = drive().to(state);
    assert.equal(scene.feed({ type: 'uprooted' }).link.state, state);
  }
});

test('a clock that is set back does not make a blindness begin in the future', () => {
  const scene = drive().to('waiting');
  scene.pass(-24 * 3_600_000);
  scene.feed({ type: 'uprooted' });
  assert.equal(scene.link.blindSince, scene.now);
  scene.report({ type: 'probed', isAnswered: false });
  const pauseMs = (scene.link.until ?? 0) - scene.now;
  assert.ok(pauseMs >= 0 && pauseMs <= 1_500, String(pauseMs));
});

test('blindness begins with the first loss, lasts over retries, and ends with the welcome', () => {
  const scene = drive().to('open');
  scene.report({ type: 'closed', code: 1006 });
  const since = scene.now;
  scene.pass(1_000);
  scene.report({ type: 'probed', isAnswered: false });
  assert.equal(scene.link.blindSince, since);
  scene.pass(LAST_RETRY_MS);
  scene.report({ type: 'probed', isAnswered: true });
  scene.report({ type: 'opened' });
  assert.equal(scene.link.blindSince, since);
  scene.hear(welcome);
  assert.equal(scene.link.blindSince, null);
});

test('without the phone system the link is open and yet blind', () => {
  const scene = drive().to('open');
  scene.hear({ type: 'pbx', state: 'down', since: 5 });
  assert.deepEqual([scene.link.state, scene.link.blindSince], ['open', scene.now]);
  scene.hear({ type: 'pbx', state: 'up', since: 6 });
  assert.equal(scene.link.blindSince, null);
  const early = drive().to('greeting');
  early.hear({ type: 'pbx', state: 'down', since: 5 });
  early.hear(welcome);
  assert.notEqual(early.link.blindSince, null);
});
