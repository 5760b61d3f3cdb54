// What staff type into the options page becomes the address of the feed and an extension, or a reason why not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInvitation } from '../../extension/invitation.ts';
import {
  displayRelayUrl,
  MAX_LINES,
  NO_SETTINGS,
  parseExtension,
  parseRelayUrl,
  probeUrl,
  readStored,
  toTarget,
  withFirst,
  withLine,
  type Settings,
} from '../../extension/settings.ts';
import { findToken, holdToken, MAX_TOKENS, type HeldToken } from '../../extension/tokens.ts';

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
  const lines = [{ extension: '101', token: null, isBorrowed: false }];
  assert.deepEqual(toTarget({ relayUrl, extensions: ['101'] }), { relayUrl, lines });
  assert.deepEqual(toTarget({ relayUrl, extensions: ['101', 'not one'] }), { relayUrl, lines });
  assert.equal(toTarget({ relayUrl: null, extensions: ['101'] }), null);
  assert.equal(toTarget({ relayUrl, extensions: [] }), null);
  assert.equal(toTarget({ relayUrl, extensions: ['not one'] }), null);
  assert.equal(toTarget({ relayUrl: 'ftp://x', extensions: ['101'] }), null);
  const many = Array.from({ length: MAX_LINES + 1 }, (_, index) => String(101 + index));
  assert.equal(toTarget({ relayUrl, extensions: many })?.lines.length, MAX_LINES);
});

test('each line goes with its own token; one without comes with the first there is, for IT may let its owner watch', () => {
  const relayUrl = 'ws://pbx.local/feed';
  const held = (extension: string, of = relayUrl) => ({
    relayUrl: of,
    extension,
    token: `of ${extension}`,
    deviceId: 'd',
  });
  const tokens = [held('101', 'wss://elsewhere/feed'), held('103'), held('102')];
  assert.deepEqual(toTarget({ relayUrl, extensions: ['101', '102', '103'] }, tokens)?.lines, [
    { extension: '101', token: 'of 102', isBorrowed: true },
    { extension: '102', token: 'of 102', isBorrowed: false },
    { extension: '103', token: 'of 103', isBorrowed: false },
  ]);
});

test('a token takes the place of the one before it for the same phone, and the memory is bounded', () => {
  const relayUrl = 'ws://pbx.local/feed';
  let tokens: HeldToken[] = [];
  for (let n = 0; n < MAX_TOKENS + 5; n += 1)
    tokens = holdToken(tokens, { relayUrl, extension: String(n), token: 'old', deviceId: 'd' });
  assert.equal(tokens.length, MAX_TOKENS);
  assert.equal(findToken(tokens, relayUrl, '4'), undefined);
  tokens = holdToken(tokens, { relayUrl, extension: '5', token: 'new', deviceId: 'e' });
  assert.equal(tokens.length, MAX_TOKENS);
  assert.equal(findToken(tokens, relayUrl, '5')?.token, 'new');
  assert.equal(findToken(tokens, 'ws://elsewhere/feed', '5'), undefined);
});

test('what an earlier version has stored, with one extension, is read; what is damaged does no harm', () => {
  const relayUrl = 'ws://pbx.local/feed';
  const table: [Record<string, unknown>, Settings][] = [
    [{}, NO_SETTINGS],
    [
      { relayUrl, extension: '101' },
      { relayUrl, extensions: ['101'] },
    ],
    [
      { relayUrl, extension: null },
      { relayUrl, extensions: [] },
    ],
    [
      { relayUrl, extension: '101', extensions: ['102', '103'] },
      { relayUrl, extensions: ['102', '103'] },
    ],
    [
      { relayUrl: 7, extensions: ['102', 3, null] },
      { relayUrl: null, extensions: ['102'] },
    ],
  ];
  for (const [stored, settings] of table) assert.deepEqual(readStored(stored), settings);
});

test('the form changes the first extension and leaves the others; a paired line is added, once', () => {
  const settings = { relayUrl: 'ws://one/feed', extensions: ['101', '102'] };
  assert.deepEqual(withFirst(settings, 'ws://two/feed', '103').extensions, ['103', '102']);
  assert.deepEqual(withFirst(settings, 'ws://one/feed', '102').extensions, ['102']);
  assert.equal(withLine(settings, 'ws://one/feed', '102'), settings);
  assert.deepEqual(withLine(settings, 'ws://one/feed', '103').extensions, ['101', '102', '103']);
  assert.deepEqual(withLine(settings, 'ws://two/feed', '103'), {
    relayUrl: 'ws://two/feed',
    extensions: ['103'],
  });
});

const invitations: [string, ReturnType<typeof parseInvitation>][] = [
  [
    'https://pbx.example/pair#7K3M-AAAA',
    { value: { relayUrl: 'wss://pbx.example/feed', secret: '7K3M-AAAA' } },
  ],
  [
    ' http://10.0.0.5:8088/ringcue/pair/#7K3M-\n AAAA ',
    { value: { relayUrl: 'ws://10.0.0.5:8088/ringcue/feed', secret: '7K3M-AAAA' } },
  ],
  ['7k3m-aaaa', { value: { relayUrl: null, secret: '7k3m-aaaa' } }],
  ['7K3M AAAA', { value: { relayUrl: null, secret: '7K3MAAAA' } }],
  ['#7K3M-AAAA', { value: { relayUrl: null, secret: '7K3M-AAAA' } }],
  ['', { problem: 'invitationMissing' }],
  ['  ', { problem: 'invitationMissing' }],
  ['7K3M', { problem: 'invitationInvalid' }],
  ['https://pbx.example/pair', { problem: 'invitationInvalid' }],
  ['https://pbx.example/pair#', { problem: 'invitationInvalid' }],
  ['https://pbx.example/other#7K3M-AAAA', { problem: 'invitationInvalid' }],
  ['ftp://pbx.example/pair#7K3M-AAAA', { problem: 'invitationInvalid' }],
  ['<b>7K3M-AAAA</b>', { problem: 'invitationInvalid' }],
];
for (const [typed, read] of invitations) {
  test(`the invitation ${JSON.stringify(typed)} is read as ${JSON.stringify(read)}`, () =>
    assert.deepEqual(parseInvitation(typed), read));
}

test('the probe asks beside the feed, by http where the feed is ws and by https where it is wss', () => {
  assert.equal(probeUrl('ws://pbx.local:8088/feed'), 'http://pbx.local:8088/healthz');
  assert.equal(probeUrl('wss://pbx.example/ringcue/feed'), 'https://pbx.example/ringcue/healthz');
});
