// What staff type into the options page becomes the address of the feed and an extension, or a reason why not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  displayRelayUrl,
  parseExtension,
  parseRelayUrl,
  probeUrl,
  toTarget,
} from '../../extension/settings.ts';

const addresses: [string, string][] = [
  ['pbx.local:8088', 'ws://pbx.local:8088/feed'],
  ['  pbx.local  ', 'ws://pbx.local/feed'],
  ['localhost:8088', 'ws://localhost:8088/feed'],
  ['10.0.0.5', 'ws://10.0.0.5/feed'],
  ['[::1]:8088', 'ws://[::1]:8088/feed'],
  ['http://pbx.local:8088', 'ws://pbx.local:8088/feed'],
  ['https://pbx.example/', 'wss://pbx.example/feed'],
  ['HTTPS://PBX.Example//', 'wss://pbx.example/feed'],
  ['ws://pbx.local:8088/feed', 'ws://pbx.local:8088/feed'],
  ['ws://pbx.local:8088/feed/', 'ws://pbx.local:8088/feed'],
  ['wss://pbx.example', 'wss://pbx.example/feed'],
  ['https://pbx.example/ringcue/', 'wss://pbx.example/ringcue/feed'],
  ['https://pbx.example/?a=1#b', 'wss://pbx.example/feed'],
  ['http://user:secret@pbx.local', 'ws://pbx.local/feed'],
  ['пример.рф:8088', 'ws://xn--e1afmkfd.xn--p1ai:8088/feed'],
];
for (const [typed, expected] of addresses) {
  test(`"${typed}" is understood as ${expected}`, () => {
    assert.deepEqual(parseRelayUrl(typed), { value: expected });
    assert.deepEqual(parseRelayUrl(expected), { value: expected });
  });
}

const wrongAddresses: [string, string][] = [
  ['', 'relayUrlMissing'],
  ['   ', 'relayUrlMissing'],
  ['ftp://pbx.local', 'relayUrlScheme'],
  ['javascript://alert', 'relayUrlScheme'],
  ['http://', 'relayUrlInvalid'],
  ['pbx local', 'relayUrlInvalid'],
  ['pbx.local:99999', 'relayUrlInvalid'],
  ['://pbx', 'relayUrlInvalid'],
];
for (const [typed, problem] of wrongAddresses) {
  test(`"${typed}" is answered with ${problem}`, () => assert.deepEqual(parseRelayUrl(typed), { problem }));
}

test('an address is shown as staff would write it, and is read back as the same', () => {
  const table: [string, string][] = [
    ['ws://pbx.local:8088/feed', 'pbx.local:8088'],
    ['wss://pbx.example/feed', 'https://pbx.example'],
    ['wss://pbx.example/ringcue/feed', 'https://pbx.example/ringcue'],
    ['', ''],
  ];
  for (const [relayUrl, shown] of table) {
    assert.equal(displayRelayUrl(relayUrl), shown);
    if (relayUrl !== '') assert.deepEqual(parseRelayUrl(shown), { value: relayUrl });
  }
});

test('an extension is letters and digits, without spaces around it', () => {
  assert.deepEqual(parseExtension(' 101 '), { value: '101' });
  assert.deepEqual(parseExtension('Anna.S-2'), { value: 'Anna.S-2' });
  assert.deepEqual(parseExtension(''), { problem: 'extensionMissing' });
  for (const typed of ['1 01', '-101', '101;102', 'x'.repeat(33), '101\n102']) {
    assert.deepEqual(parseExtension(typed), { problem: 'extensionInvalid' }, typed);
  }
});

test('a target needs both settings, whole', () => {
  const relayUrl = 'ws://pbx.local/feed';
  assert.deepEqual(toTarget({ relayUrl, extension: '101' }), { relayUrl, extension: '101', token: null });
  assert.equal(toTarget({ relayUrl: null, extension: '101' }), null);
  assert.equal(toTarget({ relayUrl, extension: null }), null);
  assert.equal(toTarget({ relayUrl: 'ftp://x', extension: '101' }), null);
});

test('the probe asks beside the feed, by http where the feed is ws and by https where it is wss', () => {
  assert.equal(probeUrl('ws://pbx.local:8088/feed'), 'http://pbx.local:8088/healthz');
  assert.equal(probeUrl('wss://pbx.example/ringcue/feed'), 'https://pbx.example/ringcue/healthz');
});
