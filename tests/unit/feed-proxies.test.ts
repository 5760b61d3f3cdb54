// Whose word about where a connection comes from is taken: a table of what strangers and proxies write.
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { isProxy, peerReader } from '../../relay/feed/proxies.ts';

const PROXIES = ['127.0.0.1', '10.0.0.0/8', '2001:db8:1::/48'];

/** `from` connects, with this X-Forwarded-For. */
const request = (from: string, told?: string): IncomingMessage =>
  ({
    socket: { remoteAddress: from },
    headers: told === undefined ? {} : { 'x-forwarded-for': told },
  }) as unknown as IncomingMessage;

for (const [what, from, told, peer] of [
  ['a stranger who tells nothing is himself', '198.51.100.7', undefined, '198.51.100.7'],
  ['a stranger who tells of another is himself', '198.51.100.7', '192.0.2.1', '198.51.100.7'],
  ['a proxy that tells nothing is the peer', '127.0.0.1', undefined, '127.0.0.1'],
  ['a proxy is believed', '127.0.0.1', '192.0.2.1', '192.0.2.1'],
  ['a proxy seen as IPv6 is the same proxy', '::ffff:127.0.0.1', '192.0.2.1', '192.0.2.1'],
  ['what the stranger wrote before the proxy does not count', '127.0.0.1', '9.9.9.9, 192.0.2.1', '192.0.2.1'],
  ['two proxies in a row are passed', '127.0.0.1', '9.9.9.9, 192.0.2.1, 10.1.2.3', '192.0.2.1'],
  ['a stranger among proxies ends it', '127.0.0.1', '10.0.0.1, 192.0.2.1, 10.1.2.3', '192.0.2.1'],
  ['the port that some proxies add is left out', '127.0.0.1', '192.0.2.1:50123', '192.0.2.1'],
  ['IPv6, in brackets and not', '2001:db8:1::5', '[2001:db8:2::7]:443', '2001:db8:2::7'],
  ['an address that is none ends it at who wrote it', '127.0.0.1', 'unknown', '127.0.0.1'],
  ['an empty entry ends it at who wrote it', '127.0.0.1', '192.0.2.1,', '127.0.0.1'],
  ['text is never taken for an address', '127.0.0.1', 'x'.repeat(5_000), '127.0.0.1'],
  ['proxies alone lead to the outermost', '127.0.0.1', '10.0.0.9, 10.0.0.8', '10.0.0.9'],
] as const)
  test(what, () => {
    assert.equal(peerReader(PROXIES)(request(from, told)), peer);
  });

test('where no proxy is trusted nobody is believed', () => {
  assert.equal(peerReader([])(request('127.0.0.1', '192.0.2.1')), '127.0.0.1');
});

test('10,000 hops are not read one by one', () => {
  const hops = Array.from({ length: 10_000 }, () => '10.0.0.1').join(',');
  const startedAt = performance.now();
  assert.equal(peerReader(PROXIES)(request('127.0.0.1', `192.0.2.1,${hops}`)), '10.0.0.1');
  assert.ok(performance.now() - startedAt < 100);
});

test('what is an address or a network is told from what is none', () => {
  for (const good of ['127.0.0.1', '::1', '10.0.0.0/8', '0.0.0.0/0', '2001:db8::/32'])
    assert.ok(isProxy(good), good);
  for (const bad of ['', 'proxy.example', '10.0.0.0/33', '::1/129', '10.0.0/8', '10.0.0.0/', '10.0.0.0/8/9'])
    assert.ok(!isProxy(bad), bad);
});
