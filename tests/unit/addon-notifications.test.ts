// What appears on the screen and vanishes from it: every cell of the table in extension/background/notifications.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  MAX_MISSED_APART,
  MAX_SHOWN,
  clearRings,
  decide,
  decideMissed,
  dismiss,
  type Order,
  type Shown,
  type Stage,
} from '../../extension/background/notifications.ts';
import type { Line } from '../../extension/background/line.ts';
import type { Call } from '../../shared/protocol.ts';
import { call, client, line, party } from './addon-call.ts';

const ringing = call();
const talking = call({ state: 'talking', answeredAt: 2_000 });
const held = call({ state: 'held', answeredAt: 2_000 });
const ended = (endReason: Call['endReason']) => call({ state: 'ended', endedAt: 3_000, endReason });
const reasons = [
  'answered-elsewhere',
  'rejected',
  'completed',
  'forwarded',
  'transferred',
  'cancelled',
] as const;
const others = [...reasons, 'no-answer', 'lost'] as const;

const inWords = (orders: Order[]): string[] =>
  orders.map((order) => {
    if (order.do === 'show') return `show ${order.kind} ${order.call.id}`;
    if (order.do === 'update') return `update ${order.call.id}`;
    if (order.do === 'clear') return `clear ${order.callId}`;
    return `show together ${order.calls.map(({ id }) => id).join(' ')}`;
  });
const remembered = (stage: Stage | null): Shown[] =>
  stage === null ? [] : [{ callId: 'c1', stage, url: null }];

type Cell = { from: Stage | null; now: Call | null; orders: string[]; to: Stage | null };
const stages = [null, 'ringing', 'dismissed', 'gone', 'over', 'told'] as const;
/** One row of the table: for each remembered stage, in the order of `stages`, the orders and the next stage. */
const row = (now: Call | null, ...cells: [string[], Stage | null][]): Cell[] =>
  cells.map(([orders, to], column) => ({ from: stages[column] ?? null, now, orders, to }));
const none: string[] = [];

// `before` is a line of the same epoch in which the call rang, so nothing rings anew here.
const table: Cell[] = [
  ...row(
    ringing,
    [['show ringing c1'], 'ringing'],
    [none, 'ringing'],
    [none, 'dismissed'],
    [['show ringing c1'], 'ringing'],
    [none, 'over'],
    [none, 'told'],
  ),
  ...[talking, held].flatMap((now) =>
    row(
      now,
      [none, 'over'],
      [['clear c1'], 'over'],
      [none, 'over'],
      [none, 'over'],
      [none, 'over'],
      [none, 'told'],
    ),
  ),
  ...row(
    ended('missed'),
    [none, null],
    [['show missed c1'], 'told'],
    [['show missed c1'], 'told'],
    [['show missed c1'], 'told'],
    [none, 'over'],
    [none, 'told'],
  ),
  ...row(
    ended('busy'),
    [none, null],
    [['show busy c1'], 'told'],
    [['show busy c1'], 'told'],
    [['show busy c1'], 'told'],
    [none, 'over'],
    [none, 'told'],
  ),
  ...others.flatMap((reason) =>
    row(
      ended(reason),
      [none, null],
      [['clear c1'], 'over'],
      [none, 'over'],
      [none, 'over'],
      [none, 'over'],
      [none, 'told'],
    ),
  ),
  ...row(
    null,
    [none, null],
    [['clear c1'], 'gone'],
    [none, 'dismissed'],
    [none, 'gone'],
    [none, 'over'],
    [none, 'told'],
  ),
];

for (const { from, now, orders, to } of table) {
  const what =
    now === null ? 'not in the line any more' : [now.state, now.endReason].filter(Boolean).join(' ');
  test(`${what}, remembered as ${from ?? 'nothing'}: ${orders.join(', ') || 'nothing happens'}`, () => {
    const decision = decide(remembered(from), line(1, [ringing]), line(2, now === null ? [] : [now]), null);
    assert.deepEqual(inWords(decision.orders), orders);
    assert.equal(decision.shown[0]?.stage ?? null, to);
  });
}

/** Lines one after the other, each message numbered; what was ordered at each. */
function play(...lines: { calls: Call[]; epoch?: string; cause?: string }[]): string[][] {
  let shown: Shown[] = [];
  let before: Line | null = null;
  return lines.map(({ calls, epoch = 'e1', cause = null }, index) => {
    const after = line(index, calls, epoch);
    const decision = decide(shown, before, after, cause);
    shown = decision.shown;
    before = after;
    return inWords(decision.orders);
  });
}

test('number at once, name when it is found, cleared when lifted', () => {
  const named = { ...ringing, party: party({ client: client() }) };
  assert.deepEqual(
    play(
      { calls: [] },
      { calls: [ringing] },
      { calls: [named] },
      { calls: [{ ...talking, party: named.party }] },
    ),
    [[], ['show ringing c1'], ['update c1'], ['clear c1']],
  );
});

test('a line in which nothing of the call reads otherwise updates nothing', () => {
  const second = call({ id: 'c2' });
  assert.deepEqual(play({ calls: [ringing] }, { calls: [{ ...ringing, startedAt: 1 }, second] }), [
    ['show ringing c1'],
    ['show ringing c2'],
  ]);
});

test('a line that storage gave back with its keys in another order reads the same', () => {
  const named = { ...ringing, party: party({ client: client() }) };
  const sorted = (value: unknown): unknown =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .sort(([one], [other]) => one.localeCompare(other))
            .map(([key, part]) => [key, sorted(part)]),
        );
  const decision = decide(remembered('ringing'), line(1, [sorted(named) as Call]), line(2, [named]), 'c1');
  assert.deepEqual(decision.orders, []);
});

test('a transfer while it rings, a queue and a better number update the notification', () => {
  for (const different of [{ transferredBy: '101' }, { queue: 'sales' }, { dialed: '+7495' }]) {
    assert.deepEqual(play({ calls: [ringing] }, { calls: [{ ...ringing, ...different }] })[1], ['update c1']);
  }
});

test('the first line after a reconnect shows what still rings, and nothing that has ended', () => {
  const old = { ...ended('missed'), id: 'old' };
  const oldBusy = { ...ended('busy'), id: 'busy' };
  assert.deepEqual(play({ calls: [ringing, old, oldBusy], cause: 'busy' }), [['show ringing c1']]);
});

test('a call whose end came while nobody listened turns into missed', () => {
  assert.deepEqual(play({ calls: [ringing] }, { calls: [ended('missed')] })[1], ['show missed c1']);
});

test('a call that the phone refused as busy at once is told, when it happens now', () => {
  assert.deepEqual(play({ calls: [] }, { calls: [ended('busy')], cause: 'c1' }), [[], ['show busy c1']]);
  assert.deepEqual(play({ calls: [] }, { calls: [ended('busy')], cause: 'c2' }), [[], []]);
  assert.deepEqual(play({ calls: [] }, { calls: [ended('busy')], cause: 'c1', epoch: 'e2' }), [[], []]);
});

test('a new epoch shows no call twice', () => {
  assert.deepEqual(
    play({ calls: [ringing] }, { calls: [ringing], epoch: 'e2' }, { calls: [ringing], epoch: 'e3' }),
    [['show ringing c1'], [], []],
  );
  assert.deepEqual(play({ calls: [talking] }, { calls: [ringing], epoch: 'e2' }), [[], []]);
});

test('a client whom a colleague passed on is shown while the phone is at the ear, with the name when it is found', () => {
  const colleague = party({ number: '101', display: '101', internal: true });
  const passed = { ...talking, transferredBy: '101' };
  assert.deepEqual(
    play(
      { calls: [{ ...ringing, party: colleague }] },
      { calls: [{ ...talking, party: colleague }] },
      { calls: [passed] },
      { calls: [{ ...passed, party: party({ client: client() }) }] },
      { calls: [{ ...held, transferredBy: '101', party: party({ client: client() }) }] },
      { calls: [ended('completed')] },
    ),
    [['show ringing c1'], ['clear c1'], ['show connected c1'], ['update c1'], [], ['clear c1']],
  );
});

test('a client in place of a colleague on hold is shown, and a colleague in place of another is not', () => {
  const colleague = party({ number: '101', display: '101', internal: true });
  const rang = { calls: [{ ...ringing, party: colleague }] };
  const waits = { calls: [{ ...held, party: colleague }] };
  assert.deepEqual(play(rang, waits, { calls: [talking] }).at(-1), ['show connected c1']);
  assert.deepEqual(
    play(rang, waits, { calls: [{ ...talking, party: { ...colleague, number: '102' } }] }).at(-1),
    [],
  );
});

test('whose call was picked up is shown to the one who did, when it happens now', () => {
  assert.deepEqual(play({ calls: [] }, { calls: [talking], cause: 'c1' }, { calls: [ended('completed')] }), [
    [],
    ['show connected c1'],
    ['clear c1'],
  ]);
  assert.deepEqual(play({ calls: [talking], cause: 'c1' }), [[]]);
  assert.deepEqual(play({ calls: [] }, { calls: [talking], epoch: 'e2', cause: 'c1' }), [[], []]);
});

test('who closes the notice of a connected call is not shown it again', () => {
  const shown = dismiss(remembered('connected'), 'c1');
  assert.equal(shown[0]?.stage, 'over');
  const named = { ...talking, party: party({ client: client() }) };
  assert.deepEqual(decide(shown, line(1, [talking]), line(2, [named]), 'c1').orders, []);
});

test('a call that comes back from parking rings anew', () => {
  const parked = ended('transferred');
  for (const between of [talking, held, parked]) {
    assert.deepEqual(
      play({ calls: [ringing] }, { calls: [talking] }, { calls: [between] }, { calls: [ringing] })[3],
      ['show ringing c1'],
    );
  }
});

test('outbound calls raise no notification, whatever happens to them', () => {
  const outbound = [ringing, talking, ended('missed'), ended('busy'), call({ state: 'dialing' })];
  for (const one of outbound) {
    const out = { ...one, direction: 'outbound' as const };
    assert.deepEqual(play({ calls: [] }, { calls: [out], cause: 'c1' }, { calls: [] }), [[], [], []]);
  }
});

test('two calls at once have a notification each', () => {
  const second = call({ id: 'c2' });
  assert.deepEqual(
    play(
      { calls: [ringing] },
      { calls: [ringing, second] },
      { calls: [talking, second] },
      { calls: [talking, { ...second, state: 'ended', endReason: 'missed' }] },
    ),
    [['show ringing c1'], ['show ringing c2'], ['clear c1'], ['show missed c2']],
  );
});

test('closed by a person, it stays closed until it is missed, which is told once', () => {
  const first = decide([], null, line(1, [ringing]), 'c1');
  const closed = dismiss(first.shown, 'c1');
  const named = { ...ringing, party: party({ client: client() }) };
  const second = decide(closed, line(1, [ringing]), line(2, [named]), 'c1');
  assert.deepEqual(second.orders, []);
  const third = decide(second.shown, line(2, [named]), line(3, [ended('missed')]), 'c1');
  assert.deepEqual(inWords(third.orders), ['show missed c1']);
  const fourth = decide(
    dismiss(third.shown, 'c1'),
    line(3, [ended('missed')]),
    line(4, [ended('missed')]),
    null,
  );
  assert.deepEqual(fourth.orders, []);
  assert.deepEqual(decideMissed(fourth.shown, [ended('missed')]).orders, []);
});

test('what the relay kept for us is told once, in every stage but told', () => {
  for (const stage of stages) {
    const expected = stage === 'told' ? [] : ['show missed c1'];
    const decision = decideMissed(remembered(stage), [ended('missed')]);
    assert.deepEqual(inWords(decision.orders), expected, String(stage));
    assert.deepEqual(decideMissed(decision.shown, [ended('missed')]).orders, []);
  }
});

test('many missed calls are one notification, and their rings are cleared', () => {
  const calls = Array.from({ length: MAX_MISSED_APART + 1 }, (_, index) => ({
    ...ended('missed'),
    id: `c${index}`,
  }));
  assert.equal(decideMissed([], calls.slice(1)).orders.length, MAX_MISSED_APART);
  const many = decideMissed(remembered('ringing'), calls);
  assert.deepEqual(inWords(many.orders), ['clear c1', 'show together c0 c1 c2 c3']);
  assert.deepEqual(decideMissed(many.shown, calls).orders, []);
});

test('rings whose end cannot be seen are cleared, and shown again if they still ring', () => {
  const blind = clearRings([...remembered('ringing'), { callId: 'c2', stage: 'told', url: null }]);
  assert.deepEqual(inWords(blind.orders), ['clear c1']);
  assert.deepEqual(clearRings(blind.shown).orders, []);
  const again = decide(blind.shown, line(1, [ringing]), line(2, [ringing]), null);
  assert.deepEqual(inWords(again.orders), ['show ringing c1']);
});

test('the memory is bounded, and the oldest go first', () => {
  let shown: Shown[] = [];
  for (let index = 0; index < MAX_SHOWN + 5; index += 1) {
    shown = decide(shown, null, line(index, [call({ id: `c${index}` })]), null).shown;
  }
  assert.equal(shown.length, MAX_SHOWN);
  assert.equal(shown.at(-1)?.callId, `c${MAX_SHOWN + 4}`);
});

test('whoever is on the black list raises no notification, and one that was there before it was known goes', () => {
  const blocked = (different: Partial<Call> = {}): Call =>
    call({ ...different, party: party({ client: client({ isBlocked: true }) }) });
  assert.deepEqual(decide([], line(1, []), line(2, [blocked()]), 'c1').orders, []);
  const first = decide([], line(1, []), line(2, [ringing]), 'c1');
  const known = decide(first.shown, line(2, [ringing]), line(3, [blocked()]), 'c1');
  assert.deepEqual(inWords(known.orders), ['clear c1']);
  const end = blocked({ state: 'ended', endReason: 'missed', endedAt: 3_000 });
  assert.deepEqual(decide(known.shown, line(3, [blocked()]), line(4, [end]), 'c1').orders, []);
  const busy = blocked({ state: 'ended', endReason: 'busy', endedAt: 3_000 });
  assert.deepEqual(decide([], line(3, []), line(4, [busy]), 'c1').orders, []);
  assert.deepEqual(decideMissed([], [end]).orders, []);
});

test('what a click opens is remembered after the call has left the line', () => {
  const url = 'https://crm.example/clients/7';
  const rang = decide([], null, line(1, [{ ...ringing, party: party({ url }) }]), 'c1');
  const gone = decide(rang.shown, null, line(2, []), null);
  assert.equal(gone.shown[0]?.url, url);
});
