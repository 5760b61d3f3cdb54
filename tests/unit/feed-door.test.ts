// The relay's port against those who try its lock: TLS and its renewal, paths, headers and origins that mean something else
// than they say, and who keeps it waiting.
import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join as joinPath } from 'node:path';
import { after, before, test as testWithin } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { readCertificate, watchCertificate } from '../../relay/feed/certificate.ts';
import type { Certificate } from '../../relay/feed/certificate.ts';
import { peerReader } from '../../relay/feed/proxies.ts';
import type { Door } from '../../relay/feed/server.ts';
import { hello, join, rawSocket, serve } from '../relay/served-feed.ts';
import type { Served } from '../relay/served-feed.ts';
import { waitFor } from '../relay/wait.ts';
import { createAuthority } from '../setup/certificates.ts';
import type { Authority, Pair } from '../setup/certificates.ts';

const test = (name: string, run: () => Promise<void>): void =>
  void testWithin(name, { timeout: 20_000 }, run);

const ADD_ON = 'chrome-extension://abcdefghijklmnopabcdefghijklmnop';
const OTHER_ADD_ON = 'chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba';

let authority: Authority;
let ca: Buffer;
let first: Pair;
let second: Pair;
before(async () => {
  authority = await createAuthority();
  ca = await readFile(authority.caFile);
  first = await authority.sign('first', { days: 10 });
  second = await authority.sign('second', { days: 90 });
});
after(() => authority[Symbol.asyncDispose]());

const door = (over: Partial<Door> = {}): { door: Door } => ({
  door: { tls: null, peerOf: peerReader([]), origins: ['chrome-extension'], basePath: '', ...over },
});
const read = ({ cert, key }: Pair): Certificate => readCertificate({ certificate: cert, key });

// TLS.

const secure = (served: Served, over: ConnectionOptions = {}): TLSSocket =>
  connectTls({ port: served.feed.address.port, host: '127.0.0.1', ca, ...over });
/** Whose certificate a new connection gets. */
async function nameSeen(served: Served): Promise<string> {
  const socket = secure(served);
  await once(socket, 'secureConnect');
  const name = String(socket.getPeerCertificate().subject.CN);
  socket.destroy();
  return name;
}

test('over TLS an add-on is told the same, and a renewed certificate leaves it connected', async () => {
  await using served = await serve(door({ tls: read(first) }));
  const url = served.url.replace('ws:', 'wss:');
  const socket = new WebSocket(url, { ca, origin: ADD_ON });
  const closed = once(socket, 'close');
  await once(socket, 'open');
  assert.equal(await nameSeen(served), 'first');
  served.feed.useCertificate(read(second));
  assert.equal(await nameSeen(served), 'second');
  const answer = once(socket, 'message');
  socket.send(JSON.stringify(hello('101')));
  assert.match(String((await answer)[0]), /"type":"welcome"/);
  socket.terminate();
  await closed;
});

for (const version of ['TLSv1', 'TLSv1.1'] as const)
  test(`${version} is not spoken`, async () => {
    await using served = await serve(door({ tls: read(first) }));
    const socket = secure(served, {
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const [error] = (await once(socket, 'error')) as [Error & { code?: string }];
    assert.match(String(error.code), /ALERT_PROTOCOL_VERSION/);
  });

test('whoever speaks without TLS to a port with it is let go and told nothing', async () => {
  await using served = await serve(door({ tls: read(first) }));
  using socket = rawSocket(served);
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
  let heard = '';
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')));
  await once(socket, 'close');
  assert.doesNotMatch(heard, /ringcue/);
});

/** What a watch tells, of files that are changed as a renewal does it. */
async function watching() {
  const files = {
    certificate: joinPath(authority.folder, 'live.pem'),
    key: joinPath(authority.folder, 'live.key'),
  };
  const put = async (cert: string, key: string): Promise<void> => {
    await copyFile(key, files.key);
    await copyFile(cert, files.certificate);
  };
  await put(first.cert, first.key);
  const told: string[] = [];
  const watch = watchCertificate(files, {
    onRead: ({ names, cert }) => void told.push(`${names} ${cert.length > 0}`),
    onFault: (message) => void told.push(message),
    lookEveryMs: 20,
    settleMs: 60,
  });
  const tells = (count: number): Promise<void> =>
    waitFor(
      () => told.length >= count,
      5_000,
      () => `${count} times awaited, told: ${told.join(' | ')}`,
    );
  return { files, put, told, tells, [Symbol.dispose]: watch.stop };
}

test('a renewed pair is read once, although its files change one after the other', async () => {
  using watched = await watching();
  await watched.put(second.cert, second.key);
  await watched.tells(1);
  await watched.put(first.cert, second.key); // the sentinel: told next, so nothing was told twice
  await watched.tells(2);
  assert.match(watched.told[0] ?? '', /DNS:localhost true/);
  assert.match(watched.told[1] ?? '', /live\.key is not the key of the first certificate in .*live\.pem/);
});

test('a pair that is cut off or gone is told, and a good one that comes later is taken', async () => {
  using watched = await watching();
  await writeFile(watched.files.certificate, '-----BEGIN CERTIFICATE-----\nMIIB');
  await watched.tells(1);
  assert.match(watched.told[0] ?? '', /live\.pem is no certificate in PEM/);
  await watched.put(second.cert, second.key);
  await watched.tells(2);
  assert.match(watched.told[1] ?? '', /true$/);
});

test('a key with a password is told as such', async () => {
  const locked = joinPath(authority.folder, 'locked.key');
  await writeFile(
    locked,
    '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIFHDBOBgkqhkiG9w0BBQ0wQTApBgkqhkiG9w0=\n-----END ENCRYPTED PRIVATE KEY-----\n',
  );
  assert.throws(
    () => readCertificate({ certificate: first.cert, key: locked }),
    /locked\.key is no private key in PEM without a password/,
  );
});

// Raw requests.

const UPGRADE = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Version: 13',
];

/** The status of the answer to these lines, sent as they are; 0: the connection was closed without one. */
async function statusOf(served: Served, target: string, headers: readonly string[]): Promise<number> {
  using socket = rawSocket(served);
  socket.write([`GET ${target} HTTP/1.1`, ...headers, '', ''].join('\r\n'));
  const answer = await Promise.race([
    once(socket, 'data').then(([bytes]) => String(bytes)),
    once(socket, 'close').then(() => ''),
  ]);
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
}

const own = ['Host: x', `Origin: ${ADD_ON}`, ...UPGRADE];
const from = (...origins: string[]): string[] => [
  'Host: x',
  ...origins.map((origin) => `Origin: ${origin}`),
  ...UPGRADE,
];

for (const [what, target, headers, status] of [
  ['the feed itself', '/feed', own, 101],
  ['with a query', '/feed?token=x', own, 101],
  ['two strokes', '//feed', own, 404],
  ['a detour', '/healthz/../feed', own, 404],
  ['a detour within', '/feed/../feed', own, 404],
  ['a stroke at the end', '/feed/', own, 404],
  ['in capitals', '/FEED', own, 404],
  ['encoded', '/%66eed', own, 404],
  ['encoded twice', '/%2566eed', own, 404],
  ['with a zero byte', '/feed%00', own, 404],
  ['a backslash', '\\feed', own, 400],
  ['the whole address as target', 'http://evil.example/feed', own, 404],
  ['a target without a path', '*', own, 404],
  ['a fragment', '/feed#x', own, 404],
  ['another host', '/feed', ['Host: evil.example', ...own.slice(1)], 101],
  ['two hosts, as the relay believes none', '/feed', ['Host: evil.example', ...own], 101],
  ['no host', '/feed', own.slice(1), 101],
  ['a web page', '/feed', from('https://evil.example'), 403],
  ['a web page in capitals', '/feed', from('HTTPS://EVIL.EXAMPLE'), 403],
  ['a page in a box', '/feed', from('null'), 403],
  ['a file', '/feed', from('file://'), 403],
  ['an empty origin', '/feed', from(''), 403],
  ['a scheme alone', '/feed', from('chrome-extension'), 403],
  ['an add-on and a web page', '/feed', from(ADD_ON, 'https://evil.example'), 403],
  ['a web page and an add-on', '/feed', from('https://evil.example', ADD_ON), 403],
  ['an add-on within a web page', '/feed', from(`https://evil.example/${ADD_ON}`), 403],
  ['an add-on with a port', '/feed', from(`${ADD_ON}:80`), 403],
  ['an add-on in capitals', '/feed', from(ADD_ON.toUpperCase()), 403],
  ['another scheme of add-ons', '/feed', from('moz-extension://8b1c2a4e-0000-4000-8000-000000000000'), 403],
  ['no origin, as programs have none', '/feed', ['Host: x', ...UPGRADE], 101],
  ['a header of 20 KB', '/feed', [...own, `X-Long: ${'x'.repeat(20_000)}`], 431],
  ['3,000 headers', '/feed', [...own, ...Array.from({ length: 3_000 }, (_, n) => `X-${n}: x`)], 431],
  ['a header folded over two lines', '/feed', [...own, 'X-A: b', ' c'], 400],
  ['a length and pieces at once', '/', ['Host: x', 'Content-Length: 5', 'Transfer-Encoding: chunked'], 400],
] as const)
  test(`${what}: ${target.slice(0, 30)} is answered with ${status}`, async () => {
    await using served = await serve(door());
    assert.equal(await statusOf(served, target, headers), status);
    assert.equal(await statusOf(served, '/healthz', ['Host: x']), 200, 'and others are served as before');
  });

test('where the own add-on’s id is set, other add-ons are refused, and Firefox goes by its scheme', async () => {
  await using served = await serve(door({ origins: [ADD_ON, 'moz-extension'] }));
  assert.equal(await statusOf(served, '/feed', from(ADD_ON)), 101);
  assert.equal(await statusOf(served, '/feed', from(OTHER_ADD_ON)), 403);
  assert.equal(
    await statusOf(served, '/feed', from('moz-extension://8b1c2a4e-0000-4000-8000-000000000000')),
    101,
  );
});

// Behind a proxy.

test('below a path of a proxy everything is found, whether the proxy cuts it off or not', async () => {
  await using served = await serve(door({ basePath: '/ringcue' }));
  for (const base of ['', '/ringcue']) {
    assert.equal(await statusOf(served, `${base}/feed`, own), 101);
    assert.equal(await statusOf(served, `${base}/healthz`, ['Host: x']), 200);
    assert.equal(await statusOf(served, `${base}/`, ['Host: x']), 200);
  }
  assert.equal(await statusOf(served, '/ringcue/ringcue/feed', own), 404);
  assert.equal(await statusOf(served, '/ringcuefeed', own), 404);
  const page = await fetch(`${served.http}/ringcue`, { redirect: 'manual' });
  assert.deepEqual([page.status, page.headers.get('location')], [308, '/ringcue/']);
});

test('people behind one proxy have a limit each, and a stranger’s word about himself changes nothing', async () => {
  const forwarded = (address: string): string[] => [...own, `X-Forwarded-For: ${address}`];
  // Of 8 places one address may hold 2 before it says hello.
  await using behind = await serve({ maxSessions: 8, ...door({ peerOf: peerReader(['127.0.0.0/8']) }) });
  const held: Socket[] = [];
  const enter = async (served: Served, headers: readonly string[]): Promise<number> => {
    const socket = connect(served.feed.address.port, '127.0.0.1');
    held.push(socket);
    socket.write(['GET /feed HTTP/1.1', ...headers, '', ''].join('\r\n'));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer.toString())?.[1]);
  };
  for (const [address, status] of [
    ['192.0.2.1', 101],
    ['192.0.2.1', 101],
    ['192.0.2.1', 503],
    ['9.9.9.9, 192.0.2.1', 503],
    ['192.0.2.2', 101],
  ] as const)
    assert.equal(await enter(behind, forwarded(address)), status, address);

  await using direct = await serve({ maxSessions: 8, ...door() });
  for (const [address, status] of [
    ['192.0.2.1', 101],
    ['192.0.2.2', 101],
    ['192.0.2.3', 503],
  ] as const)
    assert.equal(await enter(direct, forwarded(address)), status, address);
  for (const socket of held) socket.destroy();
});

// Who keeps it waiting.

/** Sends one byte at a time, and says how long the other side bore it. */
async function trickle(socket: Socket, text: string): Promise<number> {
  const startedAt = performance.now();
  let sent = 0;
  const trickling = setInterval(() => socket.write(text[sent++ % text.length] ?? '', 'latin1'), 20);
  await new Promise<void>((resolve) => {
    socket.on('error', () => undefined); // it is thrown out in the middle of a byte
    socket.on('close', () => resolve());
  });
  clearInterval(trickling);
  return performance.now() - startedAt;
}

/** [RFC 8446 4.1.2] The beginning of a ClientHello of 512 bytes. */
const HANDSHAKE_WITHOUT_END = `\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003${'\u0000'.repeat(400)}`;
const HEADERS_WITHOUT_END = `GET / HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(10_000)}`;
const BODY_WITHOUT_END = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(1_000)}`;

test('headers that come byte by byte, a body without an end and a handshake that is not gone on with are let go', async () => {
  const deadline = { helloDeadlineMs: 400 };
  await using plain = await serve({ ...deadline, ...door() });
  await using tls = await serve({ ...deadline, ...door({ tls: read(first) }) });
  await using bystander = await join(plain.url, { origin: ADD_ON });
  bystander.say(hello('101'));
  await bystander.told(1);
  const opened = secure(tls);
  await once(opened, 'secureConnect');
  const borne = await Promise.all([
    trickle(rawSocket(plain), HEADERS_WITHOUT_END),
    trickle(rawSocket(plain), BODY_WITHOUT_END),
    trickle(opened, HEADERS_WITHOUT_END),
    trickle(rawSocket(tls), HANDSHAKE_WITHOUT_END),
  ]);
  for (const ms of borne) assert.ok(ms < 3_000, `borne for ${borne.map(Math.round).join(', ')} ms`);
  plain.setPbx('up', 1);
  await bystander.told(2);
});
