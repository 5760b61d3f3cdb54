// The AMI wrapper against a PBX that misbehaves: one test for each thing asterisk-manager 0.2.0 gets wrong, so that an
// exchange of the package, or of the wrapper, shows what it would bring back.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test as testWithin } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AmiError, connectAmi } from '../../relay/ami/connection.ts';
import type { AmiConnection, AmiErrorCode, AmiOptions } from '../../relay/ami/connection.ts';
import { createGate } from '../../relay/ami/gate.ts';
import { isRepeated, read } from '../../relay/ami/packet.ts';
import type { Packet } from '../../relay/ami/packet.ts';
import { readReply } from '../../relay/ami/poll.ts';
import {
  block,
  channelList,
  event,
  failure,
  GREETING,
  snapshot,
  startFakePbx,
  success,
} from '../relay/fake-pbx.ts';
import type { FakePbx } from '../relay/fake-pbx.ts';
import { waitFor } from '../relay/wait.ts';

/** A rejection that got lost would keep a test waiting for ever. */
const test = (name: string, run: () => Promise<void>): void =>
  void testWithin(name, { timeout: 10_000 }, run);

type Listening = {
  packets: Packet[];
  faults: unknown[];
  over: AmiError[];
  names(): string[];
  options: AmiOptions;
};

/** What the relay gives `connectAmi`, with deadlines for tests; what comes is kept. */
function listening(over: Partial<AmiOptions> = {}): Listening {
  const kept: Listening = {
    packets: [],
    faults: [],
    over: [],
    names: () => kept.packets.map((packet) => read(packet, 'event')),
    options: {
      onPacket: (packet) => void kept.packets.push(packet),
      onListenerError: (error) => void kept.faults.push(error),
      onClose: (error) => void kept.over.push(error),
      randomId: () => 'Rk3x9_aQ-unguessable',
      signal: new AbortController().signal,
      connectDeadlineMs: 2_000,
      answerDeadlineMs: 2_000,
      pingEveryMs: 60_000,
      ...over,
    },
  };
  return kept;
}

const connect = (pbx: FakePbx, kept: Listening): Promise<AmiConnection> =>
  connectAmi(pbx.account, kept.options);

/** The far side's packets before this have been read: they come in order. */
const everythingIsRead = async (ami: AmiConnection): Promise<void> => {
  await ami.ask('Ping');
};

const failsWith =
  (code: AmiErrorCode, message?: RegExp) =>
  (error: unknown): true => {
    assert.ok(error instanceof AmiError, String(error));
    assert.equal(error.code, code, error.message);
    if (message) assert.match(error.message, message);
    return true;
  };

// Login.

test('a login answered in the chunk of the greeting is seen', async () => {
  await using pbx = await startFakePbx();
  pbx.greeting = '';
  pbx.script['login'] = (action, { send }) =>
    send(GREETING + success(action) + event('FullyBooted', { Status: 'Fully Booted' }));
  const ami = await connect(pbx, listening());
  assert.equal(read(await ami.ask('Ping'), 'ping'), 'Pong');
  await ami.logOff();
});

test('a login answered byte by byte, with events before and after it, is seen', async () => {
  await using pbx = await startFakePbx();
  pbx.greeting = '';
  pbx.script['login'] = (action, session) =>
    void session.sendBytes(
      GREETING + event('Newstate', snapshot()) + success(action) + event('Newstate', snapshot()),
    );
  const ami = await connect(pbx, listening());
  await everythingIsRead(ami);
  await ami.logOff();
});

test('a refused login is known at once, with its reason and the remedy', async () => {
  await using pbx = await startFakePbx();
  pbx.script['login'] = (action, { send }) => send(failure(action, 'Authentication failed'));
  const kept = listening();
  await assert.rejects(
    connect(pbx, kept),
    failsWith('ami.login-refused', /"ringcue" \(Authentication failed\).*manager\.conf.*manager reload/),
  );
  await pbx.session().isEnded();
  assert.deepEqual(kept.over, [], 'what was never open is not told as closed');
});

test('the reason of a refused login never holds the secret', async () => {
  await using pbx = await startFakePbx();
  pbx.script['login'] = (action, { send }) => send(failure(action, 'Authentication failed'));
  await assert.rejects(
    connect(pbx, listening()),
    (error: Error) => !error.message.includes(pbx.account.secret),
  );
});

test('a login that is never answered fails by its deadline', async () => {
  await using pbx = await startFakePbx();
  pbx.script['login'] = () => undefined;
  await assert.rejects(
    connect(pbx, listening({ answerDeadlineMs: 60 })),
    failsWith('ami.no-answer', /did not answer the login/),
  );
  await pbx.session().isEnded();
});

test('a PBX that accepts and says nothing, as a stopped process does, fails by the deadline', async () => {
  await using pbx = await startFakePbx();
  pbx.isAlive = false;
  await assert.rejects(
    connect(pbx, listening({ answerDeadlineMs: 60 })),
    failsWith('ami.no-answer', /within 60 ms/),
  );
});

test('a PBX that closes before the login is answered is told so, as with too many open sessions', async () => {
  await using pbx = await startFakePbx();
  pbx.script['login'] = (_, { socket }) => void socket.end();
  await assert.rejects(connect(pbx, listening()), failsWith('ami.closed', /before it answered the login/));
});

test('a port where nobody listens is told with its address', async () => {
  await using pbx = await startFakePbx();
  await pbx.stop();
  await assert.rejects(
    connect(pbx, listening()),
    failsWith('ami.unreachable', new RegExp(`127.0.0.1:${pbx.port}: .*ECONNREFUSED`)),
  );
});

test('a stranger on the port who never ends his line is left', async () => {
  await using pbx = await startFakePbx();
  pbx.greeting = 'x'.repeat(200_000);
  await assert.rejects(connect(pbx, listening()), failsWith('ami.too-much', /no AMI\?/));
});

test('an attempt can be given up while it waits for the login', async () => {
  await using pbx = await startFakePbx();
  pbx.script['login'] = () => undefined;
  const stopping = new AbortController();
  const attempt = connect(pbx, listening({ signal: stopping.signal }));
  await pbx.asked('login');
  stopping.abort();
  await assert.rejects(attempt, failsWith('ami.closed', /stopped/));
  await pbx.session().isEnded();
  await assert.rejects(connect(pbx, listening({ signal: stopping.signal })), failsWith('ami.closed'));
  assert.deepEqual(getEventListeners(stopping.signal, 'abort'), [], 'years of attempts leave nothing behind');
});

// One connection after the other.

test('a packet half received when the link broke does not come out of the next connection', async () => {
  await using pbx = await startFakePbx();
  const kept = listening();
  const first = await connect(pbx, kept);
  await everythingIsRead(first);
  pbx.session().send('Event: Hangup\r\nChannel: PJSIP/101-00000001\r\nUniq');
  pbx.session().socket.end();
  await waitFor(
    () => kept.over.length === 1,
    2_000,
    () => 'the end was not noticed',
  );
  const second = await connect(pbx, kept);
  pbx.session().send(event('Newstate', snapshot()));
  await everythingIsRead(second);
  assert.deepEqual(kept.names(), ['Newstate']);
  await second.logOff();
});

test('a connection that ends is told once, whatever it ends by', async () => {
  await using pbx = await startFakePbx();
  const kept = listening();
  const ami = await connect(pbx, kept);
  const waiting = ami.ask('Ping');
  pbx.script['ping'] = (_, { socket }) => void socket.resetAndDestroy();
  await assert.rejects(waiting, failsWith('ami.closed'));
  await ami.logOff();
  assert.deepEqual(
    kept.over.map(({ code }) => code),
    ['ami.closed'],
  );
  await assert.rejects(ami.ask('Ping'), failsWith('ami.closed', /is closed/));
});

test('a half-closed connection is over', async () => {
  await using pbx = await startFakePbx();
  const kept = listening();
  await connect(pbx, kept);
  pbx.session().socket.end();
  await waitFor(
    () => kept.over.length === 1,
    2_000,
    () => 'the end was not noticed',
  );
});

test('a half-open link, where nothing comes and nothing breaks, is found by a ping', async () => {
  await using pbx = await startFakePbx();
  const kept = listening({ pingEveryMs: 20, answerDeadlineMs: 60 });
  await connect(pbx, kept);
  await pbx.asked('ping', 2);
  pbx.isAlive = false;
  await waitFor(
    () => kept.over.length === 1,
    2_000,
    () => 'the silence was not noticed',
  );
  assert.equal(kept.over[0]?.code, 'ami.no-answer');
  await pbx.session().isEnded();
});

test('silence is found as soon if it begins right after an answer', async () => {
  await using pbx = await startFakePbx();
  const kept = listening({ pingEveryMs: 500, answerDeadlineMs: 200 });
  const ami = await connect(pbx, kept);
  await sleep(30);
  await ami.ask('Ping');
  pbx.isAlive = false;
  const startedAt = performance.now();
  await waitFor(
    () => kept.over.length === 1,
    2_000,
    () => 'the silence was not noticed',
  );
  // 500 + 200; were the answer to cost a whole period, it would be 1,170.
  assert.ok(performance.now() - startedAt < 1_000, `${performance.now() - startedAt} ms`);
});

test('whoever logs off from a PBX that answers no more is free by the deadline', async () => {
  await using pbx = await startFakePbx();
  const kept = listening({ answerDeadlineMs: 50 });
  const ami = await connect(pbx, kept);
  pbx.isAlive = false;
  await ami.logOff();
  await pbx.session().isEnded();
});

// Actions.

test('an action that is never answered fails by its deadline and takes the connection with it', async () => {
  await using pbx = await startFakePbx();
  pbx.script['events'] = () => undefined;
  const kept = listening({ answerDeadlineMs: 60 });
  const ami = await connect(pbx, kept);
  const [asked, beside] = [ami.ask('Events'), ami.askList('Nonsense', (packet) => packet)];
  await assert.rejects(asked, failsWith('ami.no-answer', /did not answer Events within 60 ms/));
  await assert.rejects(beside, failsWith('ami.no-answer'));
  assert.equal(kept.over.length, 1);
});

test('actions that wait when the link drops are refused, not forgotten', async () => {
  await using pbx = await startFakePbx();
  pbx.script['coreshowchannels'] = () => undefined;
  const ami = await connect(pbx, listening());
  const waiting = [
    ami.askList('CoreShowChannels', (packet) => packet),
    ami.askList('CoreShowChannels', (packet) => packet),
  ];
  await pbx.asked('coreshowchannels', 2);
  pbx.session().socket.destroy();
  for (const one of waiting) await assert.rejects(one, failsWith('ami.closed'));
});

test('no more than 64 actions wait at a time', async () => {
  await using pbx = await startFakePbx();
  pbx.script['ping'] = () => undefined;
  const ami = await connect(pbx, listening());
  const waiting = Array.from({ length: 64 }, () => ami.ask('Ping'));
  await assert.rejects(ami.ask('Ping'), failsWith('ami.too-much', /64 actions/));
  pbx.session().socket.destroy();
  await Promise.allSettled(waiting);
});

test('actions of one millisecond get each its own answer, in whatever order they come', async () => {
  await using pbx = await startFakePbx();
  const held: string[] = [];
  pbx.script['events'] = (action, { send }) => {
    const mask = /EventMask: (\S+)/i.exec(action.text)?.[1] ?? '';
    held.push(success(action, { Told: mask }));
    if (held.length === 60) send(held.toReversed().join(''));
  };
  const ami = await connect(pbx, listening());
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) => ami.ask('Events', { EventMask: `n${n}` })),
  );
  assert.deepEqual(
    answers.map((answer) => read(answer, 'told')),
    Array.from({ length: 60 }, (_, n) => `n${n}`),
  );
  await ami.logOff();
});

test('a line break in a value is neither a second header nor a second action', async () => {
  await using pbx = await startFakePbx();
  const ami = await connectAmi(
    { ...pbx.account, username: 'ring\r\ncue', secret: 'se\ncret\u0000' },
    listening().options,
  );
  pbx.script['coreshowchannels'] = () => assert.fail('a second action was made of a value');
  await ami.ask('Events', {
    EventMask: 'call\r\n\r\nAction: CoreShowChannels\r\n\r\n',
    'Event\nMask2: x': '\ncall\r',
  });
  const [login, events] = [await pbx.asked('login'), await pbx.asked('events')];
  assert.match(login.text, /^Username: ringcue$/m);
  assert.match(login.text, /^Secret: secret$/m);
  const headers = events.text.split('\r\n').map((line) => line.split(':')[0]);
  assert.deepEqual(headers.toSorted(), ['Action', 'ActionID', 'Eventmask', 'Eventmask2']);
  await ami.logOff();
});

test('an action that Asterisk refuses says which and why', async () => {
  await using pbx = await startFakePbx();
  pbx.script['events'] = (action, { send }) => send(failure(action, 'Invalid/unknown command: Events'));
  const ami = await connect(pbx, listening());
  await assert.rejects(ami.ask('Events'), failsWith('ami.action-refused', /Events was refused: Invalid/));
  await ami.logOff();
});

test('a missing permission names the account, the line of manager.conf and the reload', async () => {
  await using pbx = await startFakePbx();
  pbx.script['coreshowchannels'] = (action, { send }) => send(failure(action, 'Permission denied'));
  const ami = await connect(pbx, listening());
  await assert.rejects(
    ami.askList('CoreShowChannels', (packet) => packet),
    failsWith(
      'ami.permission-denied',
      /"ringcue" may not use CoreShowChannels.*"write = reporting" in manager\.conf.*manager reload/,
    ),
  );
  await ami.logOff();
});

// What strangers can put into the stream.

test('of a repeated key the first counts, and that it was repeated is known', async () => {
  await using pbx = await startFakePbx();
  const kept = listening();
  const ami = await connect(pbx, kept);
  pbx
    .session()
    .send(
      'Event: Newstate\r\nCallerIDNum: 101\r\nCallerIDNum: 666\r\nExten: a\r\nExten: b\r\nExten: c\r\n\r\n',
    );
  await everythingIsRead(ami);
  const [packet] = kept.packets;
  assert.ok(packet);
  assert.equal(read(packet, 'calleridnum'), '101');
  assert.equal(read(packet, 'exten'), 'a');
  assert.ok(isRepeated(packet, 'calleridnum') && isRepeated(packet, 'exten'));
  assert.ok(!isRepeated(packet, 'event'));
  await ami.logOff();
});

test('keys that every object has are keys like others', async () => {
  await using pbx = await startFakePbx();
  const kept = listening();
  const ami = await connect(pbx, kept);
  for (const key of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'length'])
    pbx
      .session()
      .send(`Event: Newstate\r\n${key}: x\r\n${key}: y\r\nVariable: ${key}=x\r\nChannel: c\r\n\r\n`);
  await everythingIsRead(ami);
  assert.equal(kept.packets.length, 6);
  for (const packet of kept.packets) {
    assert.equal(read(packet, 'event'), 'Newstate');
    assert.equal(read(packet, 'channel'), 'c');
  }
  const [withConstructor, withProto] = kept.packets;
  assert.equal(read(withProto ?? {}, '1'), '', 'what is inherited was not told');
  assert.ok(withConstructor);
  assert.equal(read(withConstructor, 'constructor'), 'x');
  assert.equal(read({}, 'constructor'), '');
  assert.equal(({} as Record<string, unknown>)['x'], undefined, 'nothing got into all objects');
  await ami.logOff();
});

test('an event whose name is one of the package’s own does nothing but come', async () => {
  await using pbx = await startFakePbx();
  const kept = listening();
  const ami = await connect(pbx, kept);
  const names = ['rawevent', 'error', 'close', 'end', 'connect', 'managerevent', 'newListener', 'response'];
  for (const name of names) pbx.session().send(event(name, { Channel: 'c' }));
  await everythingIsRead(ami);
  assert.deepEqual(kept.names(), names);
  assert.deepEqual(kept.over, []);
  await ami.logOff();
});

test('a listener that throws is told, and the next packet is read all the same', async () => {
  await using pbx = await startFakePbx();
  const seen: string[] = [];
  const kept = listening({
    onPacket: (packet) => {
      seen.push(read(packet, 'exten'));
      if (seen.length === 1) throw new Error('listener');
    },
  });
  const ami = await connect(pbx, kept);
  pbx.session().send(event('Newstate', { Exten: 1 }) + event('Newstate', { Exten: 2 }));
  await everythingIsRead(ami);
  assert.deepEqual(seen, ['1', '2']);
  assert.deepEqual(kept.faults.map(String), ['Error: listener']);
  await ami.logOff();
});

for (const [how, opening] of Object.entries({
  'alone in its block': 'Response: x follow\r\n',
  'in other letters': 'RESPONSE:FOLLOWS\r\nPrivilege: Command\r\n',
  'behind a line separator': 'Response: x\u2028 follow\r\n',
  'without line ends of its own': 'response: follow\n',
}))
  test(`a caller whose name begins a command's output (${how}) stops nothing`, async () => {
    await using pbx = await startFakePbx();
    const kept = listening();
    const ami = await connect(pbx, kept);
    await pbx.session().sendBytes(`Event: Newchannel\r\nCallerIDNum: 100\r\n\r\n${opening}X: y\r\n\r\n`);
    pbx.session().send(event('Newstate', snapshot()));
    await everythingIsRead(ami);
    assert.equal(kept.names().at(-1), 'Newstate');
    await ami.logOff();
  });

test('a reply under an id that was guessed is nobody’s', async () => {
  await using pbx = await startFakePbx();
  const kept = listening();
  const ami = await connect(pbx, kept);
  pbx.script['events'] = (action, { send }) => {
    for (const id of ['1', String(Date.now()), 'Rk3x9_aQ-unguessable', 'poll1', 'undefined', ''])
      send(block({ Response: 'Success', ActionID: id, Told: 'forged' }));
    send(success(action, { Told: 'real' }));
  };
  assert.equal(read(await ami.ask('Events'), 'told'), 'real');
  assert.equal(kept.packets.length, 6, 'the forged ones are told as what they are: nobody’s');
  await ami.logOff();
});

test('text is whole wherever the chunks cut it, and Cyrillic is not torn', async () => {
  await using pbx = await startFakePbx();
  const kept = listening();
  const ami = await connect(pbx, kept);
  await pbx.session().sendBytes(event('Newstate', { ConnectedLineName: 'Иван «Ромашка» 👋' }));
  await everythingIsRead(ami);
  assert.equal(read(kept.packets[0] ?? {}, 'connectedlinename'), 'Иван «Ромашка» 👋');
  await ami.logOff();
});

test('bytes that are no UTF-8 do no harm', async () => {
  await using pbx = await startFakePbx();
  const kept = listening();
  const ami = await connect(pbx, kept);
  pbx
    .session()
    .send(
      Buffer.concat([
        Buffer.from('Event: Newstate\r\nX: '),
        Buffer.of(0xc8, 0xff, 0),
        Buffer.from('\r\n\r\n'),
      ]),
    );
  await everythingIsRead(ami);
  assert.deepEqual(kept.names(), ['Newstate']);
  await ami.logOff();
});

test('blocks that end with a bare line feed are read', async () => {
  await using pbx = await startFakePbx();
  const kept = listening();
  const ami = await connect(pbx, kept);
  pbx
    .session()
    .send('Event: Newstate\nExten: 1\n\nEvent: Hangup\r\nExten: 2\r\n\nEvent: Rename\nExten: 3\n\r\n');
  await everythingIsRead(ami);
  assert.deepEqual(
    kept.packets.map((packet) => read(packet, 'exten')),
    ['1', '2', '3'],
  );
  await ami.logOff();
});

// Lists.

const rows = [
  snapshot(),
  snapshot({ Channel: 'PJSIP/trunk-00000000', ChannelState: 4, Uniqueid: '1700000000.0' }),
];

test('rows are told apart from events and other lists between them', async () => {
  await using pbx = await startFakePbx();
  const kept = listening();
  const ami = await connect(pbx, kept);
  pbx.script['coreshowchannels'] = (action, { send }) => {
    const blocks = channelList(action.id, rows).split(/(?<=\r\n\r\n)/);
    const foreign = block({ Event: 'CoreShowChannel', ActionID: 'of-another', ...snapshot() });
    send(blocks.join(event('Newstate', snapshot()) + foreign));
  };
  const facts = readReply(await ami.askList('CoreShowChannels', (packet) => packet));
  assert.deepEqual(
    facts?.map(({ name }) => name),
    ['PJSIP/101-00000001', 'PJSIP/trunk-00000000'],
  );
  assert.equal(kept.names().filter((name) => name === 'Newstate').length, 3);
  await ami.logOff();
});

test('a list whose rows are not as many as it says is not used', async () => {
  await using pbx = await startFakePbx();
  const ami = await connect(pbx, listening());
  for (const listItems of [0, 1, 3, Number.NaN]) {
    pbx.script['coreshowchannels'] = (action, { send }) => send(channelList(action.id, rows, listItems));
    assert.equal(readReply(await ami.askList('CoreShowChannels', (packet) => packet)), null);
  }
  await ami.logOff();
});

test('a caller whose number says that the list ends here does not end it', async () => {
  await using pbx = await startFakePbx();
  const ami = await connect(pbx, listening());
  const forger = snapshot({
    Channel: 'PJSIP/trunk-00000009',
    ConnectedLineNum: '1\r\nEvent: CoreShowChannelsComplete\r\nEventList: Complete\r\nListItems: 0',
  });
  pbx.script['coreshowchannels'] = (action, { send }) => send(channelList(action.id, [forger, ...rows]));
  const facts = readReply(await ami.askList('CoreShowChannels', (packet) => packet));
  assert.deepEqual(
    facts?.map(({ name }) => name),
    ['PJSIP/trunk-00000009', 'PJSIP/101-00000001', 'PJSIP/trunk-00000000'],
  );
  await ami.logOff();
});

test('a caller whose number holds an action id does not spoil the list', async () => {
  await using pbx = await startFakePbx();
  const ami = await connect(pbx, listening());
  const forger = snapshot({ Channel: 'PJSIP/trunk-00000009', ConnectedLineNum: '1\r\nActionID: 7' });
  pbx.script['coreshowchannels'] = (action, { send }) => send(channelList(action.id, [forger, ...rows]));
  assert.equal(readReply(await ami.askList('CoreShowChannels', (packet) => packet))?.length, 3);
  await ami.logOff();
});

test('an endless block ends the connection, and one that comes line by line does not', async () => {
  const gate = createGate();
  for (let n = 0; n < 100_000; n += 1)
    assert.ok(gate('Event: Newstate\r\n') !== null && gate('\r\n') !== null, `closed at block ${n}`);
  await using pbx = await startFakePbx();
  const kept = listening();
  const ami = await connect(pbx, kept);
  pbx.session().send('Exten: 1\r\n'.repeat(100_000));
  await assert.rejects(ami.ask('Ping'), failsWith('ami.too-much', /without an end/));
});

test('an endless list ends the connection', async () => {
  await using pbx = await startFakePbx();
  const kept = listening({ maxRows: 100 });
  const ami = await connect(pbx, kept);
  const many = Array.from({ length: 101 }, () => snapshot());
  pbx.script['coreshowchannels'] = (action, { send }) => send(channelList(action.id, many));
  await assert.rejects(
    ami.askList('CoreShowChannels', (packet) => packet),
    failsWith('ami.too-much', /more than 100 rows/),
  );
  assert.equal(kept.over[0]?.code, 'ami.too-much');
});
