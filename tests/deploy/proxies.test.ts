// nginx, Caddy and HAProxy with the files of relay/deploy, each before a real relay with pairing: browsers are paired through
// it by real phones and hear their calls, with TLS, below a path too; a session outlives the proxy's idle time-outs; and the
// relay knows visitors apart by their own addresses.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { get } from 'node:https';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOSE } from '../../shared/protocol.ts';
import type { Call } from '../../shared/protocol.ts';
import { openOffice } from '../lab/office.ts';
import type { Office } from '../lab/office.ts';
import { askToBePaired } from '../relay/pairing-browser.ts';
import { startRelay } from '../relay/relay-process.ts';
import type { RelayProcess } from '../relay/relay-process.ts';
import { watch } from '../relay/watcher.ts';
import type { Watcher } from '../relay/watcher.ts';
import { startProxy } from './proxy.ts';
import type { Proxy, ProxyName } from './proxy.ts';

const ANNA = '+79161234567';
const NAMES: readonly ProxyName[] = ['nginx', 'caddy', 'haproxy'];
/** More than every idle time-out that stands in the files. */
const LONGER_THAN_TIME_OUTS_MS = 65_000;
/** [shared/protocol.ts] Less than the relay's pings need to come. */
const TOO_SHORT_SECONDS = 5;
const say = (text: string): void => console.log(`  ${text}`);
const isState = (state: string) => (call: Call) => call.state === state;

describe('proxies before the relay', () => {
  let office: Office;
  let relay: RelayProcess;
  let data: string;
  const proxies = new Map<ProxyName, Proxy>();
  /** One session through each, open since the start. */
  const sessions = new Map<ProxyName, Watcher>();
  let openedAt = 0;
  let claimed = 0;

  before(async () => {
    office = await openOffice({ asterisk: '22', driver: 'pjsip', phones: ['101', '102', '103'] });
    data = await mkdtemp(join(tmpdir(), 'ringcue-proxies-'));
    const settings = { RINGCUE_AUTH: 'pairing', RINGCUE_DATA: data, RINGCUE_TRUST_PROXY: '127.0.0.1' };
    relay = await startRelay({ ...office.ami, ...office.ami.accounts.ringcue }, settings);
    await relay.isReady();
    for (const name of NAMES) proxies.set(name, await startProxy(name, relay.port));
    for (const name of NAMES)
      sessions.set(
        name,
        await watch(addressOf(name), '101', await pair(name, '101', '/feed'), await trusting(name)),
      );
    openedAt = performance.now();
  });
  after(async () => {
    for (const session of sessions.values()) await session[Symbol.asyncDispose]();
    for (const proxy of proxies.values()) await proxy[Symbol.asyncDispose]();
    await relay?.stop();
    await office?.[Symbol.asyncDispose]();
    await rm(data, { recursive: true, force: true });
  });

  const of = (name: ProxyName): Proxy => {
    const proxy = proxies.get(name);
    assert.ok(proxy);
    return proxy;
  };
  const addressOf = (name: ProxyName, path = '/feed'): string => `wss://localhost:${of(name).port}${path}`;
  const trusting = async (name: ProxyName) => ({ ca: await of(name).certificate() });

  const ask = async (name: ProxyName, path: string): Promise<{ status: number; body: string }> => {
    const place = { host: 'localhost', port: of(name).port, path, ...(await trusting(name)) };
    return new Promise((resolve, reject) => {
      get(place, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      }).on('error', reject);
    });
  };
  /** The phone dials what a browser shows that has asked through the proxy. */
  const pair = async (name: ProxyName, extension: string, path: string): Promise<string> => {
    await using browser = askToBePaired(addressOf(name, path), { extension }, await trusting(name));
    await office.phone(extension).dials(await browser.dial());
    const { token } = await browser.paired();
    await office.endsAllCalls();
    return token;
  };
  const missesACall = async (extension: string): Promise<void> => {
    const client = office.client({ number: ANNA, name: '' });
    await client.calls(office.phone(extension));
    await office.phone(extension).rings();
    await client.hangsUp();
    await office.phone(extension).isFree();
  };

  for (const name of NAMES) {
    test(`${name}: the page and the relay's health come through, figures do not, plain HTTP is led to TLS`, async () => {
      assert.match((await ask(name, '/')).body, /<h1>Ringcue<\/h1>/);
      assert.match((await ask(name, '/ringcue/')).body, /<h1>Ringcue<\/h1>/);
      assert.equal((await ask(name, '/healthz')).status, 200);
      assert.equal((await ask(name, '/ringcue/healthz')).status, 200);
      for (const path of [
        '/metrics',
        '/ringcue/metrics',
        '//metrics',
        '/ringcue//metrics',
        '/./metrics',
        '/%6Detrics',
      ])
        assert.notEqual((await ask(name, path)).status, 200, path);
      const plain = await fetch(`http://localhost:${of(name).plainPort}/`, { redirect: 'manual' });
      assert.ok(plain.status >= 301 && plain.status <= 308, `${plain.status}`);
      assert.match(plain.headers.get('location') ?? '', /^https:\/\/localhost/);
    });

    test(`${name}: a phone pairs a browser below the path, too, and its call rings there`, async () => {
      const token = await pair(name, '102', '/ringcue/feed');
      await using told = await watch(addressOf(name, '/ringcue/feed'), '102', token, await trusting(name));
      await missesACall('102');
      await told.isTold(isState('ended'), 'the end');
      assert.equal(told.story(), `ringing(${ANNA}) ended missed`);
    });

    test(`${name}: whoever asks for too many codes is stopped alone, whatever address he claims`, async () => {
      const certificate = await trusting(name);
      const from = (localAddress: string) =>
        askToBePaired(
          addressOf(name),
          { extension: '103' },
          { ...certificate, localAddress, headers: { 'X-Forwarded-For': `192.0.2.${(claimed += 1)}` } },
        );
      await using first = from('127.0.0.5');
      await using second = from('127.0.0.5');
      await Promise.all([first.dial(), second.dial()]);
      await using third = from('127.0.0.5');
      assert.equal(await third.closed, CLOSE.tooManyCodes);
      await using other = from('127.0.0.6');
      await other.dial();
    });

    if (name === 'caddy') continue; // it has no idle time-out for WebSockets
    test(`${name}: its idle time-out is real: one shorter than the relay's pings cuts a session off`, async () => {
      await using short = await startProxy(name, relay.port, { idleSeconds: TOO_SHORT_SECONDS });
      const ca = await short.certificate();
      const at = performance.now();
      await using told = askToBePaired(`wss://localhost:${short.port}/feed`, { extension: '101' }, { ca });
      assert.equal(await told.closed, 1006);
      const seconds = (performance.now() - at) / 1000;
      assert.ok(seconds >= TOO_SHORT_SECONDS - 1 && seconds < 15, `${seconds} s`);
    });
  }

  test('through each of them a session outlives the time-outs, and the next call comes through', async () => {
    await sleep(Math.max(0, LONGER_THAN_TIME_OUTS_MS - (performance.now() - openedAt)));
    const before = new Map(NAMES.map((name) => [name, sessions.get(name)?.told.length ?? 0]));
    await missesACall('101');
    for (const name of NAMES) {
      const session = sessions.get(name);
      assert.ok(session);
      const isNew = ({ id, state }: Call): boolean =>
        state === 'ended' && !session.told.slice(0, before.get(name)).some(({ call }) => call.id === id);
      await session.isTold(isNew, `the call through ${name}`);
      assert.ok(session.messages.filter(({ type }) => type === 'ping').length >= 4, 'it was kept by pings');
      say(`${name}: one session for ${((performance.now() - openedAt) / 1000).toFixed(0)} s`);
    }
  });
});

for (const name of NAMES)
  test(`${name}: it says where a visitor comes from, and no visitor can claim otherwise`, async () => {
    const server = createServer(({ headers }, response) => response.end(JSON.stringify(headers)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using opened = new AsyncDisposableStack();
    opened.defer(() => {
      server.close();
      server.closeAllConnections();
    });
    await using proxy = await startProxy(name, (server.address() as AddressInfo).port);
    const place = {
      host: 'localhost',
      localAddress: '127.0.0.5',
      port: proxy.port,
      path: '/ringcue/x',
      ca: await proxy.certificate(),
      headers: { 'X-Forwarded-For': '192.0.2.66' },
    };
    const body = await new Promise<string>((resolve, reject) => {
      get(place, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(text));
      }).on('error', reject);
    });
    const headers = JSON.parse(body) as Record<string, string>;
    assert.equal(headers['x-forwarded-for'], '127.0.0.5');
    assert.equal(headers['x-forwarded-proto'], 'https');
  });
