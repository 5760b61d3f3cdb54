// The relay as a process that speaks TLS itself: what it logs and counts of its certificate, that a renewed one needs no
// restart, and how it starts without a good one.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { after, before, test as testWithin } from 'node:test';
import { WebSocket } from 'ws';
import { startFakePbx } from './fake-pbx.ts';
import { startRelay } from './relay-process.ts';
import type { RelayProcess } from './relay-process.ts';
import { hello } from './served-feed.ts';
import { createAuthority } from '../setup/certificates.ts';
import type { Authority, Pair } from '../setup/certificates.ts';

const test = (name: string, run: () => Promise<void>): void =>
  void testWithin(name, { timeout: 30_000 }, run);

let authority: Authority;
let ca: Buffer;
let pairs: { short: Pair; long: Pair; expired: Pair };
before(async () => {
  authority = await createAuthority();
  ca = await readFile(authority.caFile);
  pairs = {
    short: await authority.sign('short', { days: 5 }),
    long: await authority.sign('long', { days: 90 }),
    expired: await authority.sign('expired', { days: -1 }),
  };
});
after(() => authority[Symbol.asyncDispose]());

const files = () => ({
  RINGCUE_TLS_CERTIFICATE: join(authority.folder, 'live.pem'),
  RINGCUE_TLS_KEY: join(authority.folder, 'live.key'),
});
async function put({ cert, key }: Pair): Promise<void> {
  await copyFile(key, files().RINGCUE_TLS_KEY);
  await copyFile(cert, files().RINGCUE_TLS_CERTIFICATE);
}

async function textOf({ port }: RelayProcess, path: string): Promise<string> {
  const asked = get({ host: '127.0.0.1', port, path, ca });
  const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer>];
  let text = '';
  for await (const chunk of response) text += chunk.toString();
  return text;
}
const daysOf = async (relay: RelayProcess): Promise<number> =>
  Number(
    /^ringcue_certificate_days_left\{certificate="feed"\} (\S+)$/m.exec(await textOf(relay, '/metrics'))?.[1],
  );

test('an add-on stays connected while its relay’s certificate is spoilt, renewed and counted', async () => {
  await using fake = await startFakePbx();
  await put(pairs.short);
  await using relay = await startRelay(fake.account, files());
  const warning = await relay.logs(({ msg }) => msg.startsWith('certificate: expires soon'), 'the warning');
  assert.equal(warning['days'], 4);
  assert.equal(Math.ceil(await daysOf(relay)), 5);
  assert.equal(await textOf(relay, '/healthz'), 'ok\n');

  const addOn = new WebSocket(`wss://127.0.0.1:${relay.port}/feed`, { ca });
  await once(addOn, 'open');
  let isClosed = false;
  addOn.on('close', () => (isClosed = true));
  await writeFile(files().RINGCUE_TLS_CERTIFICATE, 'not a certificate');
  const fault = await relay.logs(({ msg }) => msg.includes('the new one is not taken'), 'the spoilt one');
  assert.match(String(fault['detail']), /live\.pem is no certificate in PEM/);
  assert.equal(Math.ceil(await daysOf(relay)), 5, 'the one before stays in use');

  await put(pairs.long);
  await relay.logs(({ msg }) => msg.startsWith('certificate: renewed'), 'the renewed one');
  assert.equal(Math.ceil(await daysOf(relay)), 90);
  const answer = once(addOn, 'message');
  addOn.send(JSON.stringify(hello('101')));
  assert.match(String((await answer)[0]), /"type":"welcome"/);
  assert.equal(isClosed, false);
  addOn.terminate();
});

test('with an expired certificate it starts, says so, and takes the renewed one', async () => {
  await using fake = await startFakePbx();
  await put(pairs.expired);
  await using relay = await startRelay(fake.account, files());
  await relay.logs(({ msg }) => msg.startsWith('certificate: expired'), 'that it has expired');
  await put(pairs.long);
  await relay.logs(({ msg }) => msg.startsWith('certificate: renewed'), 'the renewed one');
  assert.equal(await textOf(relay, '/healthz'), 'ok\n');
});

test('without a pair that can be used it does not start, and names the file', async () => {
  await using fake = await startFakePbx();
  await assert.rejects(
    startRelay(fake.account, { ...files(), RINGCUE_TLS_KEY: join(authority.folder, 'nowhere.key') }),
    /ended with 1/,
  );
});

test('without TLS no days are counted, as zero would be an alarm', async () => {
  await using fake = await startFakePbx();
  await using relay = await startRelay(fake.account);
  const metrics = await (await fetch(`http://${relay.address}/metrics`)).text();
  assert.doesNotMatch(metrics, /^ringcue_certificate_days_left/m);
});
