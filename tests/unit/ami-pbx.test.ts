// The link to one Asterisk: what is told when, how it comes back, and that it can be stopped at any moment.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AmiError } from '../../relay/ami/connection.ts';
import { watchPbx } from '../../relay/ami/pbx.ts';
import type { Pbx, PbxOptions } from '../../relay/ami/pbx.ts';
import type { Input } from '../../relay/calls/facts.ts';
import { block, channelList, event, failure, snapshot, startFakePbx, success } from '../relay/fake-pbx.ts';
import type { FakePbx } from '../relay/fake-pbx.ts';
import { waitFor } from '../relay/wait.ts';

type Watched = AsyncDisposable & {
  pbx: Pbx;
  inputs: Input[];
  /** `poll 2`, `channel-new`, `up`, `down ami.closed`, in order. */
  story: string[];
  downs: AmiError[];
  tells(word: string, count?: number): Promise<void>;
};

function watch(fake: FakePbx, over: Partial<PbxOptions> = {}): Watched {
  const inputs: Input[] = [];
  const story: string[] = [];
  const downs: AmiError[] = [];
  const pbx = watchPbx({
    account: fake.account,
    pollEveryMs: 60_000,
    isListening: true,
    isUserListening: false,
    onInput: (input) => {
      inputs.push(input);
      story.push(input.type === 'poll' ? `poll ${input.channels.length}` : input.type);
    },
    inputsTaken: () => inputs.length,
    onUp: () => void story.push('up'),
    onDown: (error) => {
      downs.push(error);
      story.push(`down ${error.code}`);
    },
    onPacket: () => undefined,
    onPoll: () => undefined,
    onListenerError: (error) => assert.fail(String(error)),
    randomId: () => `id${Math.random()}`,
    random: () => 0,
    connectDeadlineMs: 2_000,
    answerDeadlineMs: 2_000,
    pingEveryMs: 60_000,
    ...over,
  });
  return {
    pbx,
    inputs,
    story,
    downs,
    tells: (word, count = 1) =>
      waitFor(
        () => story.filter((told) => told === word).length >= count,
        3_000,
        () => `"${word}" was not told ${count} times, but: ${story.join(', ')}`,
      ),
    [Symbol.asyncDispose]: () => pbx.stop(),
  };
}

test('it logs in, asks for call events and polls, and only then is up', async () => {
  await using fake = await startFakePbx();
  fake.rows = [snapshot()];
  await using watched = watch(fake);
  await watched.tells('up');
  assert.deepEqual(watched.story, ['poll 1', 'up']);
  const [poll] = watched.inputs;
  assert.ok(poll?.type === 'poll' && poll.isFirst && poll.askedAt === 0);
  assert.deepEqual(
    fake.session().actions.map(({ name }) => name),
    ['login', 'events', 'coreshowchannels'],
  );
  assert.match((await fake.asked('events')).text, /^EventMask: call$/im);
});

test('where polls alone must do, it asks for no events', async () => {
  await using fake = await startFakePbx();
  await using watched = watch(fake, { isListening: false, pollEveryMs: 30 });
  assert.match((await fake.asked('events')).text, /^EventMask: off$/im);
  await watched.tells('poll 0', 3);
});

test('events before the first poll are told by polls, as they would meet the state of before', async () => {
  await using fake = await startFakePbx();
  fake.script['events'] = (action, { send }) => send(success(action) + event('Newchannel', snapshot()));
  fake.script['coreshowchannels'] = (action, { send }) =>
    send(event('Newstate', snapshot()) + channelList(action.id, [snapshot()]));
  await using watched = watch(fake);
  await watched.tells('poll 1', 2); // the second at once, for what the first may have missed
  assert.deepEqual(
    watched.story.filter((told) => told !== 'channel-changed'),
    ['poll 1', 'up', 'poll 1'],
  );
  assert.equal(watched.story[0], 'poll 1');
});

test('a hangup that is heard while the first poll is asked is told after it, as no poll knows its cause', async () => {
  await using fake = await startFakePbx();
  fake.script['coreshowchannels'] = (action, { send }) =>
    send(event('Hangup', { ...snapshot(), Cause: '21' }) + channelList(action.id, [snapshot()]));
  await using watched = watch(fake);
  await watched.tells('up');
  assert.deepEqual(watched.story.slice(0, 3), ['poll 1', 'hangup', 'up']);
  const hangup = watched.inputs[1];
  assert.ok(hangup?.type === 'hangup' && hangup.cause === 21);
});

test('a torn block beside it is a reason not to believe it', async () => {
  await using fake = await startFakePbx();
  fake.script['coreshowchannels'] = (action, { send }) =>
    send(
      event('Hangup', { ...snapshot(), Cause: '21' }) +
        block({ CallerIDName: 'torn' }) +
        channelList(action.id, [snapshot()]),
    );
  await using watched = watch(fake);
  await watched.tells('up');
  assert.equal(watched.story.includes('hangup'), false);
});

test('the first poll after every login is marked, and comes before anything else is told', async () => {
  await using fake = await startFakePbx();
  await using watched = watch(fake);
  await watched.tells('up');
  fake.session().send(event('Newchannel', snapshot()));
  await watched.tells('channel-new');
  fake.script['events'] = (action, { send }) => send(success(action) + event('Newstate', snapshot()));
  fake.session().socket.destroy();
  await watched.tells('up', 2);
  const story = ['poll 0', 'up', 'channel-new', 'down ami.closed', 'poll 0', 'up'];
  assert.deepEqual(watched.story.slice(0, 6), story);
  const polls = watched.inputs.filter((input) => input.type === 'poll').slice(0, 2);
  assert.deepEqual(
    polls.map(({ isFirst, askedAt }) => [isFirst, askedAt]),
    [
      [true, 0],
      [true, 2],
    ],
  );
});

test('a PBX that is restarted is found again', async () => {
  await using fake = await startFakePbx();
  await using watched = watch(fake);
  await watched.tells('up');
  await fake.stop();
  await watched.tells('down ami.unreachable');
  await fake.start();
  await watched.tells('up', 2);
  assert.equal(watched.downs[0]?.code, 'ami.closed');
});

test('a PBX that stops answering is given up and found again', async () => {
  await using fake = await startFakePbx();
  await using watched = watch(fake, { pingEveryMs: 20, answerDeadlineMs: 60, connectDeadlineMs: 60 });
  await watched.tells('up');
  fake.isAlive = false;
  await watched.tells('down ami.no-answer', 2);
  fake.isAlive = true;
  await watched.tells('up', 2);
});

test('a refused login is told with the remedy, and not hammered', async () => {
  await using fake = await startFakePbx();
  fake.script['login'] = (action, { send }) => send(failure(action, 'Authentication failed'));
  await using watched = watch(fake);
  await watched.tells('down ami.login-refused');
  assert.match(watched.downs[0]?.message ?? '', /manager\.conf.*manager reload/);
  await watched.pbx.stop(); // while it waits for seconds
  assert.equal(fake.sessions.length, 1);
});

test('a missing permission is told with the line for manager.conf, and the session is logged off', async () => {
  await using fake = await startFakePbx();
  fake.script['coreshowchannels'] = (action, { send }) => send(failure(action, 'Permission denied'));
  await using watched = watch(fake);
  await watched.tells('down ami.permission-denied');
  assert.match(watched.downs[0]?.message ?? '', /"write = reporting" in manager\.conf/);
  await fake.asked('logoff');
  await fake.session().isEnded();
});

test('a poll that is wanted soon comes before the period, and again if it is wanted meanwhile', async () => {
  await using fake = await startFakePbx();
  await using watched = watch(fake);
  await watched.tells('up');
  watched.pbx.pollSoon();
  await watched.tells('poll 0', 2);
  const answer = fake.script['coreshowchannels'];
  fake.script['coreshowchannels'] = (action, session) => {
    watched.pbx.pollSoon();
    if (answer) fake.script['coreshowchannels'] = answer;
    answer?.(action, session);
  };
  watched.pbx.pollSoon();
  await watched.tells('poll 0', 4);
});

test('however many polls are wanted, Asterisk is asked once in 25 ms', async () => {
  await using fake = await startFakePbx();
  const times: number[] = [];
  const answer = fake.script['coreshowchannels'];
  fake.script['coreshowchannels'] = (action, session) => {
    times.push(performance.now());
    answer?.(action, session);
  };
  await using watched = watch(fake, { onPoll: () => watched.pbx.pollSoon() });
  await watched.tells('poll 0', 6);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  assert.ok(
    gaps.every((gap) => gap > 20),
    gaps.join(' '),
  );
});

test('however many polls are wanted, a PBX that answers slowly is left alone for as long as it took', async () => {
  await using fake = await startFakePbx();
  const [asked, answered]: number[][] = [[], []];
  const answer = fake.script['coreshowchannels'];
  fake.script['coreshowchannels'] = (action, session) => {
    asked?.push(performance.now());
    setTimeout(() => {
      answered?.push(performance.now());
      answer?.(action, session);
    }, 100);
  };
  await using watched = watch(fake, { onPoll: () => watched.pbx.pollSoon() });
  await watched.tells('poll 0', 4);
  const gaps = asked?.slice(1).map((at, index) => at - (answered?.[index] ?? 0)) ?? [];
  assert.ok(
    gaps.every((gap) => gap > 90),
    gaps.join(' '),
  );
});

test('a link that breaks while a slow PBX is left alone is known at once', async () => {
  await using fake = await startFakePbx();
  const answer = fake.script['coreshowchannels'];
  fake.script['coreshowchannels'] = (action, session) =>
    void setTimeout(() => answer?.(action, session), 600);
  await using watched = watch(fake);
  await watched.tells('up');
  const startedAt = performance.now();
  fake.session().socket.destroy();
  await watched.tells('down ami.closed');
  assert.ok(performance.now() - startedAt < 300, `${performance.now() - startedAt} ms`);
});

test('a torn block is a doubt, also where it came in another event’s clothes', async () => {
  await using fake = await startFakePbx();
  await using watched = watch(fake);
  await watched.tells('up');
  fake.session().send(event('Newstate', { ...snapshot(), ConnectedLineNum: '1\r\n\r\nX: y' }));
  await watched.tells('doubt', 2);
});

test('an incomplete poll is not told, repeated at once, and then at the period', async () => {
  await using fake = await startFakePbx();
  let asked = 0;
  fake.script['coreshowchannels'] = (action, { send }) => {
    asked += 1;
    send(channelList(action.id, [snapshot()], asked === 1 ? 1 : 7));
  };
  const polls: boolean[] = [];
  await using watched = watch(fake, {
    pollEveryMs: 300,
    onPoll: (_, isComplete) => void polls.push(isComplete),
  });
  await watched.tells('up');
  const startedAt = performance.now();
  await waitFor(
    () => polls.length === 5,
    3_000,
    () => `polls: ${polls.join()}`,
  );
  // 300 (period), 25 (repeated), 300, 300: at 25 ms each, a caller who spoils a row would make it 40 a second.
  assert.ok(performance.now() - startedAt > 800);
  assert.deepEqual(watched.story, ['poll 1', 'up']);
});

test('while no poll is complete it is not up', async () => {
  await using fake = await startFakePbx();
  let asked = 0;
  fake.script['coreshowchannels'] = (action, { send }) => {
    asked += 1;
    send(channelList(action.id, [snapshot()], asked < 3 ? 0 : 1));
  };
  await using watched = watch(fake, { pollEveryMs: 50 });
  await watched.tells('up');
  assert.deepEqual(watched.story, ['poll 1', 'up']);
});

test('a caller who tries to blind the relay with every packet of his is seen all the same', async () => {
  await using fake = await startFakePbx();
  const blinding = '100\r\n\r\nResponse: x follow\r\nEvent: Newchannel';
  fake.rows = [snapshot({ ConnectedLineNum: blinding })];
  await using watched = watch(fake, { pollEveryMs: 40, answerDeadlineMs: 200 });
  await watched.tells('poll 1', 4);
  fake.session().send(event('Newchannel', snapshot({ ConnectedLineNum: blinding })));
  fake.session().send(event('Newstate', snapshot()));
  await watched.tells('channel-changed');
  assert.deepEqual(watched.downs, []);
});

// Stopping.

const stopsWithin = async (watched: Watched, ms: number): Promise<void> => {
  const startedAt = performance.now();
  await watched.pbx.stop();
  assert.ok(performance.now() - startedAt < ms, `it took ${performance.now() - startedAt} ms`);
};

test('stopped while it polls, it logs off', async () => {
  await using fake = await startFakePbx();
  await using watched = watch(fake);
  await watched.tells('up');
  await stopsWithin(watched, 500);
  await fake.asked('logoff');
  await fake.session().isEnded();
  assert.deepEqual(watched.downs, [], 'what was wanted is no fault');
});

test('stopped while it connects, it is gone at once', async () => {
  await using fake = await startFakePbx();
  fake.isAlive = false;
  await using watched = watch(fake);
  await stopsWithin(watched, 500);
  assert.deepEqual(watched.story, []);
});

test('stopped while it logs in, it is gone at once and does not come up later', async () => {
  await using fake = await startFakePbx();
  const login = fake.script['login'];
  let answerLate = (): void => undefined;
  fake.script['login'] = (action, session) => {
    answerLate = () => login?.(action, session);
  };
  await using watched = watch(fake);
  await fake.asked('login');
  await stopsWithin(watched, 500);
  answerLate();
  await fake.session().isEnded();
  assert.deepEqual(watched.story, []);
});

test('stopped while the first answers are out, it ends by the deadline of an answer', async () => {
  for (const name of ['events', 'coreshowchannels']) {
    await using fake = await startFakePbx();
    fake.script[name] = () => undefined;
    await using watched = watch(fake, { answerDeadlineMs: 150 });
    await fake.asked(name);
    await stopsWithin(watched, 500);
    await fake.session().isEnded();
  }
});

test('stopped while it waits to try again, it tries no more', async () => {
  await using fake = await startFakePbx();
  fake.script['login'] = (action, { send }) => send(failure(action, 'Authentication failed'));
  await using watched = watch(fake);
  await watched.tells('down ami.login-refused');
  await stopsWithin(watched, 500);
});

test('stopped while the PBX answers no more, it ends by the deadline of an answer', async () => {
  await using fake = await startFakePbx();
  await using watched = watch(fake, { answerDeadlineMs: 100 });
  await watched.tells('up');
  fake.isAlive = false;
  await stopsWithin(watched, 500);
  await fake.session().isEnded();
});

test('a reply that no action of ours asked for is a doubt', async () => {
  await using fake = await startFakePbx();
  await using watched = watch(fake);
  await watched.tells('up');
  fake.session().send(block({ Response: 'Success', ActionID: 'forged', Message: 'x' }));
  await watched.tells('doubt');
});
