// Pairing this browser with a phone: every row of the table in extension/background/pairing.ts, and what the page says of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EXPIRED_GRACE_MS,
  stepPairing,
  type PairingEffect,
  type PairingEvent,
} from '../../extension/background/pairing.ts';
import { OPEN_DEADLINE_MS, WELCOME_DEADLINE_MS } from '../../extension/background/link.ts';
import { NO_PAIRING, type Pairing, type PairingFailure } from '../../extension/pairing-state.ts';
import { clockWords, dialWords, pairingWords } from '../../extension/options/pairing-words.ts';
import type { Say } from '../../extension/phrases.ts';
import { CLOSE, type Down } from '../../shared/protocol.ts';

const relayUrl = 'ws://pbx.local/feed';
const CODE_LIFE_MS = 120_000;
const say: Say = (key, ...values) => [key, ...values].join(' ');
/** The relay's clock is an hour ahead. */
const code = (dial = '*77482193'): Down => ({
  type: 'code',
  extension: '101',
  dial,
  expiresAt: 5_000_000 + CODE_LIFE_MS,
  serverTime: 5_000_000,
  dialplan: 'exten => _*77XXXXXX,1,NoOp()',
});
const paired: Down = { type: 'paired', extension: '101', token: 'T', deviceId: 'd1' };

function drive(invitation: string | null = null) {
  let pairing: Pairing = NO_PAIRING;
  let effects: PairingEffect[] = [];
  let now = 1_000_000;
  const feed = (event: PairingEvent) => {
    ({ pairing, effects } = stepPairing(pairing, event, now));
  };
  return {
    feed,
    ask: (extension: string | null = invitation === null ? '101' : null) =>
      feed({ type: 'asked', relayUrl, extension, invitation }),
    open: () => feed({ type: 'opened', attempt: pairing.attempt, name: 'Chrome on Windows' }),
    hear: (message: Down) => feed({ type: 'received', attempt: pairing.attempt, message }),
    close: (closeCode: number) => feed({ type: 'closed', attempt: pairing.attempt, code: closeCode }),
    pass: (ms: number) => {
      now += ms;
      feed({ type: 'ticked' });
    },
    to(state: Pairing['state']) {
      if (state !== 'none') this.ask();
      if (state !== 'none' && state !== 'connecting') this.open();
      if (state === 'dialing') this.hear(code());
      if (state === 'paired') this.hear(paired);
      if (state === 'failed') this.close(CLOSE.tooManyCodes);
      assert.equal(pairing.state, state);
      return this;
    },
    words: (isInDoubt = false) => pairingWords(pairing, isInDoubt, now, say),
    get pairing() {
      return pairing;
    },
    get effects() {
      return effects;
    },
    get now() {
      return now;
    },
  };
}
const drop = { do: 'drop' } as const;

test('who asks gets a code, dials it, and this browser keeps the token', () => {
  const scene = drive().to('connecting');
  assert.deepEqual(scene.effects, [drop, { do: 'open', attempt: 1, relayUrl }]);
  scene.open();
  const pair = { type: 'pair', protocol: 1, extension: '101', invitation: null, name: 'Chrome on Windows' };
  assert.deepEqual(scene.effects, [{ do: 'send', message: pair }]);
  scene.hear(code());
  assert.deepEqual(scene.pairing.code, { dial: '*77482193', expiresAt: scene.now + CODE_LIFE_MS });
  scene.hear(paired);
  assert.deepEqual(scene.effects, [
    { do: 'keep', token: { relayUrl, extension: '101', token: 'T', deviceId: 'd1' } },
    drop,
  ]);
  assert.equal(scene.pairing.state, 'paired');
  assert.ok(!JSON.stringify(scene.pairing).includes('"T"'), 'the token stands nowhere else');
  scene.close(CLOSE.paired);
  assert.equal(scene.pairing.state, 'paired');
});

test('an invitation is sent once, says itself whose it is, and is not kept', () => {
  const scene = drive('7K3M').to('asking');
  const pair = { type: 'pair', protocol: 1, extension: null, invitation: '7K3M', name: 'Chrome on Windows' };
  assert.deepEqual(scene.effects, [{ do: 'send', message: pair }]);
  assert.ok(!JSON.stringify(scene.pairing).includes('7K3M'));
  scene.hear(paired);
  assert.deepEqual([scene.pairing.state, scene.pairing.extension], ['paired', '101']);
});

test('a token for somebody else’s phone is not taken, nor a code', () => {
  const scene = drive().to('dialing');
  scene.hear({ ...paired, extension: '102' });
  assert.deepEqual([scene.pairing.state, scene.effects], ['dialing', []]);
  const asking = drive().to('asking');
  asking.hear({ ...code(), extension: '102' } as Down);
  assert.equal(asking.pairing.state, 'asking');
});

const deadlines: [Pairing['state'], number, PairingFailure][] = [
  ['connecting', OPEN_DEADLINE_MS, 'unreachable'],
  ['asking', WELCOME_DEADLINE_MS, 'unreachable'],
  ['dialing', CODE_LIFE_MS + EXPIRED_GRACE_MS, 'expired'],
];
for (const [state, deadlineMs, failure] of deadlines) {
  test(`${state} has failed after ${deadlineMs} ms, ${failure}, and not before`, () => {
    const scene = drive().to(state);
    scene.pass(deadlineMs - 1);
    assert.deepEqual([scene.pairing.state, scene.effects], [state, [{ do: 'stay-awake' }]]);
    scene.pass(1);
    assert.deepEqual([scene.pairing.state, scene.pairing.failure], ['failed', failure]);
    assert.deepEqual(scene.effects, [drop]);
  });
}

const closes: [number, PairingFailure][] = [
  [CLOSE.codeExpired, 'expired'],
  [CLOSE.tooManyCodes, 'too-many'],
  [CLOSE.crowded, 'too-many'],
  [CLOSE.extensionNotAllowed, 'not-an-extension'],
  [CLOSE.invitationRefused, 'invitation-refused'],
  [CLOSE.protocolNotSpoken, 'other-version'],
  [CLOSE.malformed, 'not-spoken'],
  [CLOSE.tokenRefused, 'refused'],
  [4999, 'refused'],
  [CLOSE.restarting, 'lost'],
  [1006, 'lost'],
  [1012, 'lost'],
];
for (const [closeCode, failure] of closes) {
  test(`close code ${closeCode} is told as ${failure}; before the socket has opened as unreachable`, () => {
    for (const state of ['asking', 'dialing'] as const) {
      const scene = drive().to(state);
      scene.close(closeCode);
      assert.deepEqual([scene.pairing.state, scene.pairing.failure], ['failed', failure]);
      assert.equal(scene.pairing.code, null);
    }
    const early = drive().to('connecting');
    early.close(closeCode);
    assert.equal(early.pairing.failure, 'unreachable');
  });
}

test('a ping is answered while the code is dialled', () => {
  const scene = drive().to('dialing');
  scene.hear({ type: 'ping', at: 7 });
  assert.deepEqual(scene.effects, [{ do: 'send', message: { type: 'pong', at: 7 } }, { do: 'stay-awake' }]);
});

test('a background that was ended in between says that a new code is needed; otherwise waking changes nothing', () => {
  for (const state of ['none', 'connecting', 'asking', 'dialing', 'paired', 'failed'] as const) {
    const scene = drive().to(state);
    const before = scene.pairing;
    scene.feed({ type: 'woken' });
    if (['connecting', 'asking', 'dialing'].includes(state))
      assert.deepEqual([scene.pairing.state, scene.pairing.failure], ['failed', 'interrupted']);
    else assert.equal(scene.pairing, before);
  }
});

test('who asks anew, or gives up, hears no more of the attempt before', () => {
  for (const state of ['connecting', 'asking', 'dialing', 'paired', 'failed'] as const) {
    const scene = drive().to(state);
    const { attempt } = scene.pairing;
    scene.ask();
    assert.deepEqual([scene.pairing.state, scene.pairing.attempt], ['connecting', attempt + 1]);
    const { pairing } = scene;
    scene.feed({ type: 'closed', attempt, code: CLOSE.codeExpired });
    assert.equal(scene.pairing, pairing);
    scene.feed({ type: 'cancelled' });
    assert.deepEqual([scene.pairing.state, scene.effects], ['none', [drop]]);
    scene.feed({ type: 'received', attempt: attempt + 1, message: paired });
    assert.equal(scene.pairing.state, 'none');
  }
});

test('a code that expired counts for its phone only, and its lines for IT are kept', () => {
  const scene = drive().to('dialing');
  scene.close(CLOSE.codeExpired);
  scene.ask();
  scene.open();
  assert.deepEqual([scene.pairing.triesInVain, scene.pairing.dialplan], [1, 'exten => _*77XXXXXX,1,NoOp()']);
  scene.ask('102');
  assert.deepEqual([scene.pairing.triesInVain, scene.pairing.dialplan], [0, null]);
});

test('the page shows the code in large groups, and how long it is good', () => {
  const scene = drive().to('dialing');
  const words = scene.words();
  assert.deepEqual(words?.code, {
    instruction: 'dialOnPhone 101',
    dial: '*77 482 193',
    expiresIn: 'codeExpiresIn 2:00',
  });
  assert.deepEqual([words.dialplan, words.again, words.hasNothingHappened], [null, null, true]);
  assert.deepEqual([scene.words(true)?.again, scene.words(true)?.hasNothingHappened], ['newCode', false]);
  scene.pass(60_500);
  assert.equal(scene.words()?.code?.expiresIn, 'codeExpiresIn 1:00');
});

test('the lines for IT come after a try in vain: when somebody says so, or a code has expired', () => {
  const scene = drive().to('dialing');
  const dialplan = 'exten => _*77XXXXXX,1,NoOp()';
  assert.deepEqual(
    [scene.words(true)?.dialplan, scene.words(true)?.sentence],
    [dialplan, 'nothingHappenedHint 101'],
  );
  scene.close(CLOSE.codeExpired);
  assert.deepEqual([scene.words()?.dialplan, scene.words()?.sentence], [dialplan, 'pairingExpired 101']);
  assert.equal(scene.words()?.again, 'newCode');
  scene.ask();
  scene.open();
  scene.hear(code());
  assert.equal(scene.words()?.dialplan, dialplan);
});

test('the page says for every state what there is to say, and offers to begin again only where that can help', () => {
  assert.equal(drive().words(), null);
  assert.equal(drive().to('asking').words()?.sentence, 'pairingAsking');
  assert.equal(drive('7K3M').to('asking').words()?.sentence, 'pairingChecking');
  const done = drive().to('paired').words();
  assert.deepEqual([done?.tone, done?.sentence, done?.leave], ['well', 'paired 101', 'close']);
  const again = (closeCode: number, invitation: string | null = null) => {
    const scene = drive(invitation).to('asking');
    scene.close(closeCode);
    return scene.words()?.again ?? null;
  };
  assert.equal(again(CLOSE.tooManyCodes), 'tryAgain');
  assert.equal(again(1006), 'newCode');
  assert.equal(again(CLOSE.extensionNotAllowed), null);
  assert.equal(again(1006, '7K3M'), null);
});

test('numbers are written as people read them', () => {
  assert.equal(dialWords('*77482193'), '*77 482 193');
  assert.equal(dialWords('#1482193'), '#1 482 193');
  assert.equal(dialWords('482193'), '482193');
  assert.deepEqual([119_001, 60_000, 5_000, 1, 0, -7].map(clockWords), [
    '2:00',
    '1:00',
    '0:05',
    '0:01',
    '0:00',
    '0:00',
  ]);
});
