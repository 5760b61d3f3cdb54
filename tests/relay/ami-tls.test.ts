// The manager over TLS: whom the relay trusts, whom it does not and what it says then, and that a fault is found as fast as
// without it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test as testWithin } from 'node:test';
import type { TlsOptions } from 'node:tls';
import { AmiError, connectAmi } from '../../relay/ami/connection.ts';
import { read } from '../../relay/ami/packet.ts';
import type { AmiTls } from '../../relay/ami/socket.ts';
import { startFakePbx } from './fake-pbx.ts';
import type { FakePbx } from './fake-pbx.ts';
import { startRelay } from './relay-process.ts';
import { openTlsFront } from './tls-front.ts';
import { waitFor } from './wait.ts';
import { watch } from './watcher.ts';
import { createAuthority } from '../setup/certificates.ts';
import type { Authority, Pair } from '../setup/certificates.ts';

const test = (name: string, run: () => Promise<void>): void =>
  void testWithin(name, { timeout: 30_000 }, run);

let authority: Authority;
let good: Pair;
before(async () => {
  authority = await createAuthority();
  good = await authority.sign('good');
});
after(() => authority[Symbol.asyncDispose]());

const served = ({ cert, key }: Pair, over: TlsOptions = {}): TlsOptions => ({
  cert: readFileSync(cert),
  key: readFileSync(key),
  ...over,
});

/** Logs in over TLS and says what an error is, or that it worked. */
async function attempt(pbx: FakePbx, port: number, over: Partial<AmiTls> = {}, host = '127.0.0.1') {
  const tls: AmiTls = { caFile: authority.caFile, name: null, minVersion: '1.2', ...over };
  try {
    const ami = await connectAmi(
      { ...pbx.account, host, port, tls },
      {
        onPacket: () => undefined,
        onListenerError: () => undefined,
        onClose: () => undefined,
        randomId: () => 'Rk3x9_aQ-unguessable',
        signal: new AbortController().signal,
        connectDeadlineMs: 1_500,
        answerDeadlineMs: 2_000,
        pingEveryMs: 60_000,
      },
    );
    const pong = read(await ami.ask('Ping'), 'ping');
    await ami.logOff();
    return pong;
  } catch (error) {
    assert.ok(error instanceof AmiError, String(error));
    return `${error.code}: ${error.message}`;
  }
}

/** The outcome of one attempt at a manager that serves this. */
async function attemptAt(options: TlsOptions, over: Partial<AmiTls> = {}, host?: string) {
  await using pbx = await startFakePbx();
  await using front = await openTlsFront(pbx.port, options);
  return await attempt(pbx, front.port, over, host);
}

test('a certificate of an authority of one’s own is trusted, by name and by address', async () => {
  assert.equal(await attemptAt(served(good)), 'Pong');
  assert.equal(await attemptAt(served(good), {}, 'localhost'), 'Pong');
});

test('a certificate that signed itself is trusted when it is named', async () => {
  const own = { cert: authority.caFile, key: join(authority.folder, 'ca.key') };
  assert.equal(await attemptAt(served(own), { name: 'Ringcue test authority' }), 'Pong');
});

test('a certificate of Asterisk’s own script, whose name stands in the subject alone, is trusted', async () => {
  const pair = await authority.sign('subject-alone', { for: '', commonName: '127.0.0.1' });
  assert.equal(await attemptAt(served(pair)), 'Pong');
  assert.match(await attemptAt(served(pair), {}, 'localhost'), /is for 127\.0\.0\.1 and not for localhost/);
});

test('a certificate for another name is refused, with the names in it, and taken where that name is meant', async () => {
  const pair = await authority.sign('elsewhere', { for: 'DNS:pbx.example' });
  assert.match(
    await attemptAt(served(pair)),
    /^ami\.tls-refused: .*is for DNS:pbx\.example and not for 127\.0\.0\.1: set ami\.host or ami\.tlsName/,
  );
  assert.equal(await attemptAt(served(pair), { name: 'pbx.example' }), 'Pong');
});

test('an expired certificate is refused, with the remedy', async () => {
  const pair = await authority.sign('expired', { days: -1 });
  assert.match(await attemptAt(served(pair)), /^ami\.tls-refused: .*has expired: renew tlscertfile/);
});

test('a certificate that nobody known has signed is refused, with the setting that would name the authority', async () => {
  const refused = /^ami\.tls-refused: .*signed by nobody that this machine knows.*ami\.tlsCa/;
  assert.match(await attemptAt(served(good), { caFile: null }), refused);
  await using other = await createAuthority();
  assert.match(await attemptAt(served(good), { caFile: other.caFile }), refused);
});

test('a file of authorities that is not there or is none is told by the setting’s name', async () => {
  assert.match(
    await attemptAt(served(good), { caFile: '/nowhere/ca.pem' }),
    /^ami\.tls-refused: the file of ami\.tlsCa cannot be used: ENOENT/,
  );
  assert.match(await attemptAt(served(good), { caFile: good.key }), /^ami\.tls-refused: /);
});

test('an old box that speaks TLS 1.0 with a short key is refused, and taken where that is asked for by name', async () => {
  const pair = await authority.sign('short', { bits: 1024 });
  const old = served(pair, { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' });
  assert.match(await attemptAt(old), /^ami\.tls-refused: .*older TLS.*ami\.tlsMinVersion to 1\.0/);
  assert.equal(await attemptAt(old, { minVersion: '1.0' }), 'Pong');
  const short = { ...old, maxVersion: 'TLSv1.2' } as const;
  assert.match(await attemptAt(short), /^ami\.tls-refused: .*weaker keys/);
});

test('a port without TLS is told as such', async () => {
  await using pbx = await startFakePbx();
  assert.match(await attempt(pbx, pbx.port), /^ami\.tls-refused: .*no TLS on that port: set ami\.port/);
});

test('a port that takes the connection and says nothing is given up at the deadline', async () => {
  await using pbx = await startFakePbx();
  const mute = createServer();
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const startedAt = performance.now();
  const outcome = await attempt(pbx, (mute.address() as AddressInfo).port);
  mute.close();
  assert.match(outcome, /^ami\.unreachable: no connection to 127\.0\.0\.1:\d+ within 1500 ms/);
  assert.ok(performance.now() - startedAt < 2_500);
});

for (const [what, begin, code] of [
  ['falls silent', (pbx: FakePbx) => void (pbx.isAlive = false), 'ami.no-answer'],
  ['is killed', (pbx: FakePbx) => pbx.stop(), 'ami.closed'],
] as const)
  test(`a PBX behind TLS that ${what} is told to the add-ons within 5 s`, async () => {
    await using pbx = await startFakePbx();
    await using front = await openTlsFront(pbx.port, served(good));
    await using relay = await startRelay(
      { ...pbx.account, port: front.port },
      { RINGCUE_AMI_TLS: 'yes', RINGCUE_AMI_TLS_CA: authority.caFile },
    );
    await relay.isReady();
    await using watcher = await watch(relay.feedUrl, '101');
    const beganAt = performance.now();
    await begin(pbx);
    await waitFor(
      () => watcher.messages.some((one) => one.type === 'pbx' && one.state === 'down'),
      5_000,
      () => `not told: ${JSON.stringify(watcher.messages)}`,
    );
    assert.ok(performance.now() - beganAt < 5_000);
    const down = await relay.logs(({ msg }) => msg === 'pbx down', 'that it is down');
    assert.equal(down['code'], code);
  });
