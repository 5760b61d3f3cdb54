// The relay's port as an add-on, a web page, a monitor and a vandal meet it: a real server, real sockets.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { CLOSE, decodeDown, encode } from '../../shared/protocol.ts';
import { call, hello, join, NOW, rawSocket, serve } from '../relay/served-feed.ts';
import { waitFor } from '../relay/wait.ts';

const WELCOME = {
  type: 'welcome',
  protocol: 1,
  extensions: ['101'],
  watched: [],
  serverTime: NOW,
  pingEveryMs: 15_000,
  auth: 'open',
} as const;

// Hello.

test('whoever says hello is welcomed, and told how the PBX is and how the line is', async () => {
  await using served = await serve();
  served.setPbx('up', NOW);
  served.calls.set('101', [call()]);
  await using client = await join(served.url);
  client.say(hello('101'));
  assert.deepEqual(await client.told(3), [
    WELCOME,
    { type: 'pbx', state: 'up', since: NOW },
    { type: 'line', extension: '101', epoch: 'epoch-1', seq: 0, cause: null, calls: [call()] },
  ]);
});

test('how notifications shall read is told with the welcome, where IT says so', async () => {
  const notification = { title: { en: '{name}', ru: '{name}' }, text: null };
  await using served = await serve({ notification });
  await using client = await join(served.url);
  client.say(hello('101'));
  assert.deepEqual((await client.told(1))[0], { ...WELCOME, notification });
});

test('a line asked for twice is told once, and the state of the PBX once for all lines', async () => {
  await using served = await serve();
  served.setPbx('up', NOW);
  await using client = await join(served.url);
  client.say(hello('101', '101', '102'));
  await client.told(4);
  served.setPbx('down', NOW);
  await client.told(5);
  assert.deepEqual(
    client.messages.map((message) => (message.type === 'line' ? message.extension : message.type)),
    ['welcome', 'pbx', '101', '102', 'pbx'],
  );
});

test('a line that may not be watched is refused by name, and the others are granted', async () => {
  await using served = await serve();
  await using client = await join(served.url);
  client.say(hello('trunk', '101'));
  assert.deepEqual((await client.told(3)).slice(0, 2), [
    WELCOME,
    {
      type: 'refused',
      extension: 'trunk',
      code: CLOSE.extensionNotAllowed,
      reason: 'trunk is not an extension of this phone system',
    },
  ]);
});

test('where no line may be watched the close code says it', async () => {
  await using served = await serve();
  await using client = await join(served.url);
  client.say(hello('trunk'));
  assert.equal(await client.isClosed(), CLOSE.extensionNotAllowed);
});

test('whoever says nothing is let go, to try again', async () => {
  await using served = await serve({ helloDeadlineMs: 40 });
  await using client = await join(served.url);
  assert.equal(await client.isClosed(), CLOSE.noHello);
});

test('a hello in time stops that clock', async () => {
  await using served = await serve({ helloDeadlineMs: 60, pingEveryMs: 100 });
  await using client = await join(served.url);
  client.say(hello('101'));
  await waitFor(
    () => client.messages.some(({ type }) => type === 'ping'),
    3_000,
    () => 'no ping came after the deadline of the hello',
  );
});

test('a hello that came in time counts, though the relay was too busy to read it', async () => {
  await using served = await serve({ helloDeadlineMs: 100 });
  await using client = await join(served.url);
  client.say(hello('101'));
  for (const endsAt = performance.now() + 200; performance.now() < endsAt;);
  assert.deepEqual((await client.told(1))[0], WELCOME);
});

const line = (extension: string) => ({ extension, token: null, after: null });
for (const [what, frames, code] of [
  ['another protocol', [JSON.stringify({ ...hello('101'), protocol: 2 })], CLOSE.protocolNotSpoken],
  ['a protocol with other lines', ['{"type":"hello","protocol":2,"lines":{}}'], CLOSE.protocolNotSpoken],
  ['ours with other lines', ['{"type":"hello","protocol":1,"lines":{}}'], CLOSE.malformed],
  ['another protocol after hello', [encode(hello('101')), '{"type":"hello","protocol":2}'], CLOSE.malformed],
  ['deep JSON', ['['.repeat(4_000)], CLOSE.malformed],
  ['deep JSON that ends', [`${'['.repeat(2_000)}${']'.repeat(2_000)}`], CLOSE.malformed],
  [
    'deep JSON in a field',
    [`{"type":"hello","protocol":1,"lines":${'['.repeat(1_900)}${']'.repeat(1_900)}}`],
    CLOSE.malformed,
  ],
  ['wrong types', ['{"type":["hello"],"protocol":{},"lines":7}'], CLOSE.malformed],
  ['names that every object has', ['{"type":"__proto__","__proto__":{"type":"hello"}}'], CLOSE.malformed],
  ['hello twice', [encode(hello('101')), encode(hello('101'))], CLOSE.malformed],
  ['pong before hello', [encode({ type: 'pong', at: 1 })], CLOSE.malformed],
  ['what is not JSON', ['hello'], CLOSE.malformed],
  ['an empty frame', [''], CLOSE.malformed],
  ['null', ['null'], CLOSE.malformed],
  ['a message nobody knows', [encode(hello('101')), '{"type":"dance"}'], CLOSE.malformed],
  ['a binary frame', [Buffer.from(encode(hello('101')))], CLOSE.malformed],
  ['no lines', ['{"type":"hello","protocol":1,"lines":[]}'], CLOSE.malformed],
  [
    'nine lines',
    [
      JSON.stringify({
        type: 'hello',
        protocol: 1,
        lines: Array.from({ length: 9 }, (_, n) => line(`10${n}`)),
      }),
    ],
    CLOSE.malformed,
  ],
  ['an extension with a line break', [encode(hello('101\n'))], CLOSE.malformed],
  ['a frame of 5 KiB', [`${encode(hello('101'))}${' '.repeat(5_000)}`], CLOSE.malformed],
] as const)
  test(`${what} ends the connection with ${code}, and no other`, async () => {
    await using served = await serve();
    await using other = await join(served.url);
    other.say(hello('102'));
    await using client = await join(served.url);
    for (const frame of frames) client.say(frame);
    assert.equal(await client.isClosed(), code);
    assert.deepEqual(served.state.closeCodes, [code]);
    served.setPbx('up', NOW);
    assert.equal((await other.told(4)).at(-1)?.type, 'line');
  });

test('unknown fields of a hello are passed over', async () => {
  await using served = await serve();
  await using client = await join(served.url);
  client.say(JSON.stringify({ ...hello('101'), newer: true }));
  assert.deepEqual((await client.told(1))[0], WELCOME);
});

test('frames that are no WebSocket at all, invalid UTF-8 and cut frames end one connection only', async () => {
  await using served = await serve();
  const upgrade =
    'GET /feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n';
  const masked = (first: number, payload: Buffer): Buffer =>
    Buffer.concat([Buffer.of(first, 0x80 | payload.length, 0, 0, 0, 0), payload]);
  const evils = {
    'invalid UTF-8': masked(0x81, Buffer.of(0xff, 0xfe)),
    'not masked': Buffer.of(0x81, 0x01, 0x61),
    'a continuation of nothing': masked(0x80, Buffer.from('a')),
    'reserved bits': masked(0xf1, Buffer.from('a')),
    'a compressed frame': masked(0xc1, Buffer.of(0xaa, 0x56, 0x4a, 0x04)),
    'more pings than anybody needs': Buffer.concat(
      Array.from({ length: 70 }, () => masked(0x89, Buffer.of())),
    ),
    'a ping of 126 bytes': Buffer.of(0x89, 0xfe, 0, 126, 0, 0, 0, 0),
    'a length beyond all numbers': Buffer.of(0x81, 0xff, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0),
  };
  for (const [what, bytes] of Object.entries(evils)) {
    using socket = rawSocket(served);
    socket.resume();
    socket.write(upgrade);
    socket.write(bytes);
    await once(socket, 'end').catch(() => assert.fail(what)); // ended by the relay, not by the deadline
  }
  // Cut off in the middle of a frame, and of a fragmented message.
  for (const bytes of [Buffer.of(0x81, 0xfe, 1), masked(0x01, Buffer.from('{'))]) {
    using socket = rawSocket(served);
    socket.write(upgrade);
    await once(socket, 'data');
    socket.write(bytes, () => socket.resetAndDestroy());
    await once(socket, 'close');
  }
  await waitFor(
    () => served.state.sessions === 0,
    3_000,
    () => `${served.state.sessions} sessions are left`,
  );
  assert.equal((await fetch(`${served.http}/healthz`)).status, 200);
});

test('a hello in fragments is understood', async () => {
  await using served = await serve();
  await using client = await join(served.url);
  const text = encode(hello('101'));
  client.socket.send(text.slice(0, 10), { fin: false });
  client.socket.send(text.slice(10), { fin: true });
  assert.deepEqual((await client.told(1))[0], WELCOME);
});

// Pings, silence, floods, slow readers.

test('pings come as text, a pong keeps the connection, and silence ends it', async () => {
  await using served = await serve({ pingEveryMs: 30, silenceMs: 150 });
  await using faithful = await join(served.url);
  await using silent = await join(served.url);
  faithful.socket.on('message', (data) => {
    const message = decodeDown((data as Buffer).toString());
    if (message?.type === 'ping') faithful.say({ type: 'pong', at: message.at });
  });
  faithful.say(hello('101'));
  silent.say(hello('101'));
  assert.equal(await silent.isClosed(), CLOSE.silent);
  assert.deepEqual(
    silent.messages.find(({ type }) => type === 'ping'),
    { type: 'ping', at: NOW },
  );
  const before = faithful.messages.length;
  await faithful.told(before + 2);
  assert.deepEqual(served.state.closeCodes, [CLOSE.silent]);
});

test('what an add-on has seen is taken and confirmed, also where nothing is kept', async () => {
  await using served = await serve();
  await using client = await join(served.url);
  client.say(hello('101'));
  client.say({ type: 'seen', extension: '101', callIds: ['1700000000.1'] });
  assert.equal((await client.told(3))[2]?.type, 'seen');
});

test('a flood of messages ends the connection', async () => {
  await using served = await serve();
  await using client = await join(served.url);
  client.say(hello('101'));
  for (let n = 0; n < 70; n += 1) client.say({ type: 'pong', at: n });
  assert.equal(await client.isClosed(), CLOSE.malformed);
});

test('nothing is ever compressed, also for who offers it: a small frame must not become a large one', async () => {
  await using served = await serve();
  const socket = new WebSocket(served.url, { perMessageDeflate: true });
  await once(socket, 'open');
  assert.equal(socket.extensions, '');
  socket.terminate();
});

// Origins and paths.

for (const [origin, status] of [
  ['https://evil.example', 403],
  ['http://127.0.0.1', 403],
  ['HTTPS://EVIL.EXAMPLE', 403],
  ['null', 403],
  ['chrome-extension://abcdefghijklmnopabcdefghijklmnop', 101],
  ['moz-extension://8b1c2a4e-0000-4000-8000-000000000000', 101],
  [undefined, 101],
] as const)
  test(`an upgrade from ${origin ?? 'no origin'} is answered with ${status}`, async (t) => {
    await using served = await serve();
    const socket = new WebSocket(served.url, origin === undefined ? {} : { origin });
    t.after(() => socket.terminate());
    socket.on('error', () => undefined);
    const answer = await Promise.race([
      once(socket, 'open').then(() => 101),
      once(socket, 'unexpected-response').then(
        ([, response]) => (response as { statusCode: number }).statusCode,
      ),
    ]);
    assert.equal(answer, status);
  });

test('a refused upgrade leaves no socket open, even if the far side never ends its half', async () => {
  await using served = await serve();
  using socket = rawSocket(served, true);
  socket.write('GET /elsewhere HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 404 /);
  // A socket that is gone answers with a reset, one that is kept takes all in silence.
  let isGone = false;
  socket.on('close', () => (isGone = true));
  await waitFor(
    () => {
      if (!isGone) socket.write('x');
      return isGone;
    },
    3_000,
    () => 'the relay kept the socket',
  );
});

test('the port says what it is, whether it lives, whether it is ready, and what it counts', async () => {
  await using served = await serve();
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(served.http + path, { method });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  assert.equal((await get('/healthz')).status, 200);
  assert.deepEqual([(await get('/readyz')).status, (await get('/readyz')).text], [200, 'ready\n']);
  assert.equal((await get('/metrics')).text, 'ringcue_pbx_up 1\n');
  assert.equal((await get('/healthz?x=1')).status, 200);
  const page = await get('/');
  assert.match(page.text, /<h1>Ringcue<\/h1>[^]*Trial mode[^]*Connected to the phone system/);
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.equal((await get('/nothing')).status, 404);
  assert.equal((await get('/feed')).status, 426);
  assert.equal((await get('/healthz', 'POST')).status, 405);
  assert.deepEqual([(await get('/', 'HEAD')).status, (await get('/', 'HEAD')).text], [200, '']);
});

test('while it is not ready the reason is told, and never as HTML', async () => {
  await using served = await serve();
  served.state.missing = ['refused: <script>alert(1)</script> & "x"'];
  const ready = await fetch(`${served.http}/readyz`);
  assert.equal(ready.status, 503);
  assert.equal(await ready.text(), 'refused: <script>alert(1)</script> & "x"\n');
  assert.match(ready.headers.get('content-type') ?? '', /^text\/plain/);
  assert.equal(ready.headers.get('x-content-type-options'), 'nosniff');
  const page = await (await fetch(served.http)).text();
  assert.ok(page.includes('Not connected to the phone system') && !page.includes('alert(1)'));
  assert.equal((await fetch(`${served.http}/healthz`)).status, 200, 'it lives all the same');
});

test('metrics that cannot be made end that answer only', async () => {
  await using served = await serve({ metricsText: () => Promise.reject(new Error('metrics')) });
  await assert.rejects(fetch(`${served.http}/metrics`));
  assert.equal((await fetch(`${served.http}/healthz`)).status, 200);
});

// The end.

test('stopping tells everybody to come back, greeted or not, and frees the port', async () => {
  const served = await serve();
  await using greeted = await join(served.url);
  await using nameless = await join(served.url);
  greeted.say(hello('101'));
  await greeted.told(1);
  await served.feed.stop();
  assert.deepEqual(
    [await greeted.isClosed(), await nameless.isClosed()],
    [CLOSE.restarting, CLOSE.restarting],
  );
  const again = await serve({ port: served.feed.address.port });
  await again.feed.stop();
});

test('an add-on that does not answer the close holds the end up by its deadline only', async () => {
  const served = await serve();
  const client = await join(served.url);
  client.say(hello('101'));
  await client.told(1);
  client.socket.pause();
  const startedAt = performance.now();
  await served.feed.stop();
  assert.ok(performance.now() - startedAt < 2_500);
  client.socket.terminate();
});

test('a port in use is told as such', async () => {
  await using served = await serve();
  await assert.rejects(serve({ port: served.feed.address.port }), { code: 'EADDRINUSE' });
});
