// A browser that asks to be paired, and one that comes back with its token, at the relay's port: real sockets, a phone that
// the test says has dialled.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { CLOSE } from '../../shared/protocol.ts';
import type { Down, Up } from '../../shared/protocol.ts';
import { pairingDialplan } from '../../relay/pairing/dialplan.ts';
import { hashOfInvitation } from '../../relay/pairing/secrets.ts';
import { openDesk } from '../relay/pairing-desk.ts';
import type { PairingDesk } from '../relay/pairing-desk.ts';
import { call, DEADLINE_MS, join, NOW, rawSocket, serve } from '../relay/served-feed.ts';
import type { Client, Served } from '../relay/served-feed.ts';
import { waitFor } from '../relay/wait.ts';

const NAME = 'Chrome on Windows';
const pair = (extension: string | null, invitation: string | null = null): Up => ({
  type: 'pair',
  protocol: 1,
  extension,
  invitation,
  name: NAME,
});
type Told<Type extends Down['type']> = Extract<Down, { type: Type }>;
const first = async <Type extends Down['type']>(client: Client, type: Type): Promise<Told<Type>> => {
  const find = (): Down | undefined => client.messages.find((message) => message.type === type);
  await waitFor(
    () => find() !== undefined,
    DEADLINE_MS,
    () => `no ${type} came, but ${JSON.stringify(client.messages)}`,
  );
  return find() as Told<Type>;
};

/** The status by which an upgrade is refused. */
const refusal = (url: string, over: { origin?: string } = {}): Promise<number | undefined> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, over);
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode));
  });
const own = (extension: string, token: string | null): Up => hello([extension, token]);
const hello = (...lines: [extension: string, token: string | null][]): Up => ({
  type: 'hello',
  protocol: 1,
  lines: lines.map(([extension, token]) => ({ extension, token, after: null })),
});

type Office = AsyncDisposable & { served: Served; desk: PairingDesk };
/** A relay whose PBX is seen, and the desk where its browsers are paired. */
async function open(
  over: Parameters<typeof openDesk>[0] = {},
  feed: Parameters<typeof serve>[0] = {},
): Promise<Office> {
  const desk = openDesk({ now: () => NOW, ...over });
  const served = await serve({ pairing: desk.pairing, ...feed });
  served.setPbx('up', NOW);
  return { served, desk, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}
/** As if its phone had dialled: the token and the device's id. */
async function pairs({ served, desk }: Office, extension: string, name = NAME): Promise<Told<'paired'>> {
  await using client = await join(served.url);
  client.say({ ...pair(extension), name } as Up);
  const { dial } = await first(client, 'code');
  desk.dials(extension, dial);
  const paired = await first(client, 'paired');
  await client.isClosed();
  return paired;
}

// Codes.

test('a browser is shown what to dial on which phone, and gets its token when that phone has dialled it', async () => {
  await using office = await open();
  const { served, desk } = office;
  await using client = await join(served.url);
  client.say(pair('101'));
  const code = await first(client, 'code');
  assert.match(code.dial, /^\*77\d{6}$/);
  assert.deepEqual(
    [code.extension, code.expiresAt, code.serverTime, code.dialplan],
    ['101', NOW + 120_000, NOW, pairingDialplan('*77')],
  );
  desk.dials('101', code.dial);
  const paired = await first(client, 'paired');
  assert.match(paired.token, /^[\w-]{43}$/);
  assert.equal(await client.isClosed(), CLOSE.paired);
  await using back = await join(served.url);
  back.say(own('101', paired.token));
  assert.deepEqual((await first(back, 'welcome')).auth, 'pairing');
  assert.equal((await first(back, 'line')).extension, '101');
  const { devices } = await first(back, 'devices');
  assert.deepEqual(devices, [{ id: paired.deviceId, name: NAME, pairedAt: NOW, seenAt: NOW, isOwn: true }]);
  assert.equal(
    JSON.stringify(desk.written).includes(paired.token),
    false,
    'of the token only a hash is kept',
  );
});

for (const [what, extension, over, reason] of [
  ['another phone', '102', {}, 'wrong-phone'],
  ['an outside caller, whatever number he shows', null, {}, 'not-a-phone'],
  ['a phone that was sent there', '101', { isOwnDial: false }, 'not-dialled'],
  ['a phone where calls from outside arrive', '101', { context: 'from-sip-external' }, 'context'],
  ['a phone in a context that nobody knows', '101', { context: '' }, 'context'],
] as const)
  test(`${what} dials the code: nobody is paired, it is written down, and the right phone still can`, async () => {
    await using office = await open();
    await using client = await join(office.served.url);
    client.say(pair('101'));
    const { dial } = await first(client, 'code');
    office.desk.dials(extension, dial, over);
    assert.deepEqual(office.desk.refused, [reason]);
    assert.deepEqual(
      office.desk.audited.map((row) => [row.what, row.extension, row.reason, row.count]),
      [['refused', extension, reason, 1]],
    );
    assert.equal(client.messages.length, 1);
    office.desk.dials('101', dial);
    assert.equal((await first(client, 'paired')).extension, '101');
  });

test('contexts that are listed are the only ones', async () => {
  await using office = await open({ contexts: ['office'] });
  await using client = await join(office.served.url);
  client.say(pair('101'));
  const { dial } = await first(client, 'code');
  office.desk.dials('101', dial, { context: 'from-internal' });
  assert.deepEqual(office.desk.refused, ['context']);
  office.desk.dials('101', dial, { context: 'office' });
  await first(client, 'paired');
});

test('whoever lets 120 s pass is told to ask anew', async () => {
  // The feed's clock stands 50 ms before the end of the code when it asks how long that is.
  let reads = 0;
  await using office = await open({}, { now: () => (reads++ === 0 ? NOW : NOW + 119_950) });
  await using client = await join(office.served.url);
  client.say(pair('101'));
  assert.equal(await client.isClosed(), CLOSE.codeExpired);
});

test('the code of a browser that has left is good no more', async () => {
  await using office = await open();
  const client = await join(office.served.url);
  client.say(pair('101'));
  const { dial } = await first(client, 'code');
  await client[Symbol.asyncDispose]();
  await waitFor(
    () => office.served.state.sessions === 0,
    DEADLINE_MS,
    () => 'it has not left',
  );
  office.desk.dials('101', dial);
  assert.deepEqual(office.desk.refused, ['expired-code']);
});

test('a code is used once', async () => {
  await using office = await open();
  await using client = await join(office.served.url);
  client.say(pair('101'));
  const { dial } = await first(client, 'code');
  office.desk.dials('101', dial);
  office.desk.dials('101', dial);
  assert.deepEqual([office.desk.refused, office.desk.devices()], [['used-code'], 1]);
});

for (const [what, frames, code] of [
  ['for no extension of this PBX', [pair('trunk')], CLOSE.extensionNotAllowed],
  ['for nobody', [pair(null)], CLOSE.extensionNotAllowed],
  ['with an invitation that is none', [pair(null, 'AAAA-BBBB')], CLOSE.invitationRefused],
  ['twice', [pair('101'), pair('101')], CLOSE.malformed],
  ['after which it says hello', [pair('101'), own('101', null)], CLOSE.malformed],
  [
    'after which it revokes',
    [pair('101'), { type: 'revoke', extension: '101', deviceId: 'x' }],
    CLOSE.malformed,
  ],
  ['after hello', [own('101', null), pair('101')], CLOSE.tokenRefused],
  ['in another protocol', ['{"type":"pair","protocol":2}'], CLOSE.malformed],
] as const)
  test(`to be paired ${what} ends with ${code}`, async () => {
    await using office = await open();
    await using client = await join(office.served.url);
    for (const frame of frames) client.say(frame);
    assert.equal(await client.isClosed(), code);
  });

test('too many codes for one extension: later', async () => {
  await using office = await open();
  await using one = await join(office.served.url);
  await using other = await join(office.served.url);
  await using third = await join(office.served.url);
  one.say(pair('101'));
  other.say(pair('101'));
  await first(one, 'code');
  await first(other, 'code');
  third.say(pair('101'));
  assert.equal(await third.isClosed(), CLOSE.tooManyCodes);
  assert.deepEqual(office.desk.refused, ['too-many-codes']);
});

test('in open mode nobody is paired', async () => {
  await using served = await serve();
  await using client = await join(served.url);
  client.say(pair('101'));
  assert.equal(await client.isClosed(), CLOSE.malformed);
});

test('whoever waits for his phone is pinged, may answer, and holds a place of those who have not greeted', async () => {
  await using office = await open({}, { maxSessions: 8, pingEveryMs: 30, helloDeadlineMs: 60 });
  await using one = await join(office.served.url);
  await using other = await join(office.served.url);
  one.say(pair('101'));
  other.say(pair('102'));
  const { at } = await first(one, 'ping');
  one.say({ type: 'pong', at });
  await first(other, 'ping');
  assert.equal(await refusal(office.served.url), 503, 'two of eight is what one address may have');
  assert.equal(office.served.state.refused, 1);
});

// Invitations.

test('an invitation pairs without a phone, once', async () => {
  await using office = await open();
  const invitation = { hash: hashOfInvitation('7K3M-0001'), extension: '101', expiresAt: NOW + 1 };
  office.desk.reads({ invitations: [invitation] });
  await using client = await join(office.served.url);
  client.say(pair(null, '7k3m oool')); // as people type 0 and 1
  assert.equal((await first(client, 'paired')).extension, '101');
  assert.equal(await client.isClosed(), CLOSE.paired);
  await using again = await join(office.served.url);
  again.say(pair(null, '7K3M-0001'));
  assert.equal(await again.isClosed(), CLOSE.invitationRefused);
  assert.deepEqual(office.desk.written.filter(({ type }) => type === 'invitation-used').length, 1);
});

test('an invitation of somebody else is refused, and stays good for him', async () => {
  await using office = await open();
  office.desk.reads({ invitations: [{ hash: hashOfInvitation('A'), extension: '101', expiresAt: NOW + 1 }] });
  await using other = await join(office.served.url);
  other.say(pair('102', 'A'));
  assert.equal(await other.isClosed(), CLOSE.invitationRefused);
  await using own = await join(office.served.url);
  own.say(pair('101', 'A'));
  await first(own, 'paired');
});

// Tokens.

test('no token, a token of nobody, another’s token: no line, and it is written down', async () => {
  await using office = await open();
  office.served.calls.set('101', [call()]);
  const { token } = await pairs(office, '102');
  for (const [line, code, reason] of [
    [['101', null], CLOSE.tokenRefused, 'no-token'],
    [['101', ''], CLOSE.tokenRefused, 'unknown-token'],
    [['101', `${token}x`], CLOSE.tokenRefused, 'unknown-token'],
    [['101', token], CLOSE.extensionNotAllowed, 'not-own-line'],
    [['trunk', token], CLOSE.extensionNotAllowed, null],
  ] as const) {
    await using client = await join(office.served.url);
    client.say(own(line[0], line[1]));
    assert.equal(await client.isClosed(), code, String(line));
    assert.deepEqual(client.messages, []);
    if (reason) assert.equal(office.desk.refused.at(-1), reason);
  }
});

test('of several lines each needs its own token, and one that is refused takes nothing from the others', async () => {
  await using office = await open();
  const [one, other] = [await pairs(office, '101'), await pairs(office, '102')];
  await using client = await join(office.served.url);
  client.say(hello(['101', one.token], ['102', other.token], ['103', one.token], ['104', null]));
  assert.deepEqual((await first(client, 'welcome')).extensions, ['101', '102']);
  await waitFor(
    () => client.messages.filter(({ type }) => type === 'devices').length === 2,
    DEADLINE_MS,
    () => 'devices',
  );
  assert.deepEqual(
    client.messages.flatMap((message) =>
      message.type === 'refused' ? [[message.extension, message.code]] : [],
    ),
    [
      ['103', CLOSE.extensionNotAllowed],
      ['104', CLOSE.tokenRefused],
    ],
  );
});

test('a line that the first of two tokens does not open is opened by the second', async () => {
  await using office = await open();
  const { token } = await pairs(office, '101');
  await using client = await join(office.served.url);
  client.say(hello(['101', 'old'], ['101', token]));
  assert.deepEqual((await first(client, 'welcome')).extensions, ['101']);
  assert.ok(!client.messages.some(({ type }) => type === 'refused'));
});

test('a browser that was away for too long is to be paired again', async () => {
  let now = NOW;
  await using office = await open({ now: () => now, tokenDays: 1 });
  const { token } = await pairs(office, '101');
  now += 86_400_001;
  await using client = await join(office.served.url);
  client.say(own('101', token));
  assert.equal(await client.isClosed(), CLOSE.tokenRefused);
  assert.deepEqual(office.desk.refused, ['expired-token']);
});

test('while the relay does not know who is paired nobody is refused for good', async () => {
  await using office = await open({ isRead: false });
  await using client = await join(office.served.url);
  client.say(own('101', 'a token'));
  assert.equal(await client.isClosed(), CLOSE.restarting);
  assert.deepEqual(office.desk.refused, []);
});

// Watching.

test('whom IT lets watch a colleague may do so with his own token, which is told and written down; nobody else may', async () => {
  await using office = await open({ watchers: new Map([['100', ['101']]]) });
  office.served.calls.set('101', [call()]);
  const [boss, colleague] = [await pairs(office, '100'), await pairs(office, '102')];
  await using client = await join(office.served.url);
  client.say(hello(['100', boss.token], ['101', boss.token], ['102', boss.token]));
  const welcome = await first(client, 'welcome');
  assert.deepEqual([welcome.extensions, welcome.watched], [['100', '101'], ['101']]);
  assert.deepEqual(
    office.desk.audited.flatMap(({ what, extension, by }) => (what === 'watched' ? [[extension, by]] : [])),
    [['101', '100']],
  );
  await using other = await join(office.served.url);
  other.say(own('101', colleague.token));
  assert.equal(await other.isClosed(), CLOSE.extensionNotAllowed);
});

test('whoever watches sees no devices of the other, revokes none of them, and has seen nothing in his stead', async () => {
  await using office = await open({ watchers: new Map([['100', ['101']]]) });
  const [boss, staff] = [await pairs(office, '100'), await pairs(office, '101')];
  await using watching = await join(office.served.url);
  watching.say(hello(['101', boss.token], ['100', boss.token]));
  await first(watching, 'devices');
  await using owner = await join(office.served.url);
  owner.say(own('101', staff.token));
  await first(owner, 'devices');
  watching.say({ type: 'revoke', extension: '101', deviceId: staff.deviceId });
  watching.say({ type: 'seen', extension: '101', callIds: ['1'] });
  watching.say({ type: 'seen', extension: '100', callIds: ['2'] });
  await first(watching, 'seen'); // of its own line: what came before has been judged
  assert.deepEqual(
    watching.messages.flatMap((one) => (one.type === 'devices' ? [one.extension] : [])),
    ['100'],
  );
  assert.ok(!owner.messages.some(({ type }) => type === 'seen'));
  assert.equal(office.desk.devices(), 2);
});

// Devices, and their end.

test('every browser of an extension is told when one more comes and when one goes', async () => {
  await using office = await open();
  const one = await pairs(office, '101', 'Firefox on Linux');
  await using client = await join(office.served.url);
  client.say(own('101', one.token));
  await first(client, 'devices');
  const other = await pairs(office, '101');
  const told = (): string[][] =>
    client.messages.flatMap((message) =>
      message.type === 'devices' ? [message.devices.map(({ name }) => name)] : [],
    );
  await waitFor(
    () => told().length === 2,
    DEADLINE_MS,
    () => JSON.stringify(told()),
  );
  client.say({ type: 'revoke', extension: '101', deviceId: other.deviceId });
  await waitFor(
    () => told().length === 3,
    DEADLINE_MS,
    () => JSON.stringify(told()),
  );
  assert.deepEqual(told(), [['Firefox on Linux'], ['Firefox on Linux', NAME], ['Firefox on Linux']]);
});

test('a revoked browser is let go at once, not to come back, and its token opens nothing any more', async () => {
  await using office = await open();
  const [mine, stolen] = [await pairs(office, '101'), await pairs(office, '101')];
  await using thief = await join(office.served.url);
  thief.say(own('101', stolen.token));
  await first(thief, 'devices');
  await using owner = await join(office.served.url);
  owner.say(own('101', mine.token));
  await first(owner, 'devices');
  const startedAt = performance.now();
  owner.say({ type: 'revoke', extension: '101', deviceId: stolen.deviceId });
  assert.equal(await thief.isClosed(), CLOSE.revoked);
  assert.ok(performance.now() - startedAt < 1_000);
  await using again = await join(office.served.url);
  again.say(own('101', stolen.token));
  assert.equal(await again.isClosed(), CLOSE.revoked);
  assert.deepEqual(office.desk.audited.filter(({ what }) => what === 'revoked').length, 1);
});

test('one may revoke oneself', async () => {
  await using office = await open();
  const { token, deviceId } = await pairs(office, '101');
  await using client = await join(office.served.url);
  client.say(own('101', token));
  await first(client, 'devices');
  client.say({ type: 'revoke', extension: '101', deviceId });
  assert.equal(await client.isClosed(), CLOSE.revoked);
});

test('what another process revokes ends the session, and the others of the extension hear of it', async () => {
  await using office = await open();
  const [one, other] = [await pairs(office, '101'), await pairs(office, '101')];
  const devices = office.desk.written.flatMap((work) => (work.type === 'paired' ? [work.device] : []));
  await using gone = await join(office.served.url);
  gone.say(own('101', one.token));
  await first(gone, 'devices');
  await using stays = await join(office.served.url);
  stays.say(own('101', other.token));
  await first(stays, 'devices');
  office.desk.reads({
    devices: devices.map((device) => ({ ...device, revokedAt: device.id === one.deviceId ? NOW : null })),
  });
  assert.equal(await gone.isClosed(), CLOSE.revoked);
  await waitFor(
    () => stays.messages.filter(({ type }) => type === 'devices').length === 2,
    DEADLINE_MS,
    () => 'devices',
  );
});

test('who loses one of several lines comes back for the others, and is told which it was', async () => {
  await using office = await open();
  const [one, other] = [await pairs(office, '101'), await pairs(office, '102')];
  const both = hello(['101', one.token], ['102', other.token]);
  await using client = await join(office.served.url);
  client.say(both);
  await first(client, 'devices');
  office.desk.pairing.revoke('102', other.deviceId);
  assert.equal(await client.isClosed(), CLOSE.restarting);
  await using back = await join(office.served.url);
  back.say(both);
  assert.deepEqual((await first(back, 'welcome')).extensions, ['101']);
  assert.deepEqual((await first(back, 'refused')).code, CLOSE.revoked);
});

test('a device of another extension cannot be revoked', async () => {
  await using office = await open();
  const [one, other] = [await pairs(office, '101'), await pairs(office, '102')];
  await using client = await join(office.served.url);
  client.say(own('101', one.token));
  await first(client, 'devices');
  client.say({ type: 'revoke', extension: '101', deviceId: other.deviceId });
  client.say({ type: 'revoke', extension: '102', deviceId: other.deviceId });
  client.say({ type: 'seen', extension: '101', callIds: [] });
  await first(client, 'seen');
  assert.equal(office.desk.devices(), 2);
});

test('when a browser was there is written in batches, and at the end', async () => {
  let now = NOW;
  await using office = await open({ now: () => now });
  const { token, deviceId } = await pairs(office, '101');
  for (let n = 0; n < 20; n += 1) {
    await using client = await join(office.served.url);
    client.say(own('101', token));
    await first(client, 'welcome');
  }
  await waitFor(
    () => office.served.state.sessions === 0,
    DEADLINE_MS,
    () => 'they have not left',
  );
  assert.deepEqual(
    office.desk.written.filter(({ type }) => type === 'seen'),
    [],
  );
  now += 5;
  await office.desk.pairing.stop();
  assert.deepEqual(
    office.desk.written.flatMap((work) => (work.type === 'seen' ? [work.ids] : [])),
    [[deviceId]],
  );
});

// Crowds and vandals.

test('a thousand who prove nothing do not keep a paired browser out, nor its ring from it', async () => {
  await using office = await open({}, { maxSessions: 4_100 });
  const { token } = await pairs(office, '101');
  const strangers = await Promise.all(Array.from({ length: 1_000 }, () => join(office.served.url)));
  await using client = await join(office.served.url);
  client.say(own('101', token));
  await first(client, 'line');
  office.served.hub.publish('101', '1700000000.1', [call()]);
  await waitFor(
    () => client.messages.some((message) => message.type === 'line' && message.calls.length === 1),
    DEADLINE_MS,
    () => 'no ring',
  );
  assert.ok(strangers.every(({ messages }) => messages.length === 0));
  for (const { socket } of strangers) socket.terminate();
});

test('a web page is refused before it can say a token', async () => {
  await using office = await open();
  assert.equal(await refusal(office.served.url, { origin: 'https://evil.example' }), 403);
});

test('whoever sends his hello byte by byte is let go like one who says nothing', async () => {
  await using office = await open({}, { helloDeadlineMs: 60 });
  using socket = rawSocket(office.served);
  socket.write(
    'GET /feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  const frame = Buffer.from(JSON.stringify(own('101', 'x')));
  const bytes = [0x81, 0x80 | Math.min(frame.length, 125), 0, 0, 0, 0, ...frame.subarray(0, 100)];
  const drip = setInterval(() => {
    if (socket.writable) socket.write(Buffer.of(bytes.shift() ?? 0));
  }, 10);
  await waitFor(
    () => office.served.state.closeCodes.length > 0,
    DEADLINE_MS,
    () => 'it was not let go',
  );
  clearInterval(drip);
  assert.deepEqual(office.served.state.closeCodes, [CLOSE.noHello]);
});

test('a hello that was overheard and is said again on the same connection ends it', async () => {
  await using office = await open();
  const { token } = await pairs(office, '101');
  await using client = await join(office.served.url);
  client.say(own('101', token));
  client.say(own('101', token));
  assert.equal(await client.isClosed(), CLOSE.malformed);
});
