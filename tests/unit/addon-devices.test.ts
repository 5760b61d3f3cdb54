// The browsers that are paired with an extension: who is told of which, and how a browser calls itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOf } from '../../extension/background/browser-name.ts';
import { MAX_KNOWN, meetDevices, type KnownDevices } from '../../extension/background/devices.ts';
import { deviceWords } from '../../extension/phrases.ts';
import en from '../../extension/public/_locales/en/messages.json' with { type: 'json' };
import ru from '../../extension/public/_locales/ru/messages.json' with { type: 'json' };
import { MAX_DEVICES, MAX_DEVICE_NAME_LENGTH, type Device } from '../../shared/protocol.ts';
import { sayIn } from './say-in.ts';

const of101 = { relayUrl: 'ws://pbx.local/feed', extension: '101' };
const device = (id: string, isOwn = false): Device => ({ id, name: id, pairedAt: 1, seenAt: 2, isOwn });
const known = (...ids: string[]): KnownDevices[] => [{ ...of101, ids }];

const rows: [string, KnownDevices[], Device[], { newcomers: string[]; ids: string[] }][] = [
  [
    'what was there before us is no news',
    [],
    [device('own', true), device('old')],
    { newcomers: [], ids: ['own', 'old'] },
  ],
  [
    'one that was not there before is told, once',
    known('own'),
    [device('own', true), device('new')],
    { newcomers: ['new'], ids: ['own', 'new'] },
  ],
  [
    'one that is known is not told again',
    known('own', 'new'),
    [device('own', true), device('new')],
    { newcomers: [], ids: ['own', 'new'] },
  ],
  ['our own new pairing is ours', known('old'), [device('own', true)], { newcomers: [], ids: ['own'] }],
  [
    'one that is gone is forgotten, so that it is told if it comes back',
    known('own', 'gone'),
    [device('own', true)],
    { newcomers: [], ids: ['own'] },
  ],
  [
    'what is known of another extension, or of another relay, does not count',
    [
      { ...of101, extension: '102', ids: ['x'] },
      { ...of101, relayUrl: 'ws://two/feed', ids: ['x'] },
    ],
    [device('new')],
    { newcomers: [], ids: ['new'] },
  ],
];
for (const [name, before, devices, expected] of rows) {
  test(name, () => {
    const met = meetDevices(before, of101, devices);
    assert.deepEqual(
      met.newcomers.map(({ id }) => id),
      expected.newcomers,
    );
    assert.deepEqual(met.known.at(-1), { ...of101, ids: expected.ids });
  });
}

test('what is kept is bounded', () => {
  let kept: KnownDevices[] = [];
  const many = Array.from({ length: MAX_DEVICES + 9 }, (_, index) => device(String(index)));
  for (let n = 0; n < MAX_KNOWN + 9; n += 1)
    kept = meetDevices(kept, { ...of101, extension: String(n) }, many).known;
  assert.equal(kept.length, MAX_KNOWN);
  assert.equal(kept[0]?.ids.length, MAX_DEVICES);
});

const agents: [string, string, string[] | null, string][] = [
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    'Windows',
    ['Not)A;Brand', 'Chromium', 'Google Chrome'],
    'Chrome on Windows',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0',
    'Windows',
    ['Microsoft Edge', 'Chromium'],
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36',
    'Linux',
    ['Chromium', 'Not A Brand'],
    'Chromium on Linux',
  ],
  ['Mozilla/5.0 (X11; CrOS x86_64) Chrome/156.0.0.0', 'Chrome OS', ['Google Chrome'], 'Chrome on ChromeOS'],
  [
    'Mozilla/5.0 (Windows NT 10.0) Chrome/156.0.0.0 YaBrowser/26.1 Safari/537.36',
    'Windows',
    ['YaBrowser', 'Chromium'],
    'Yandex Browser on Windows',
  ],
  ['Mozilla/5.0 (Windows NT 10.0; rv:153.0) Gecko/20100101 Firefox/153.0', '', null, 'Firefox on Windows'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Firefox/153.0', '', null, 'Firefox on macOS'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', '', null, 'Firefox on Linux'],
  ['something else', '', null, 'Browser'],
];
for (const [userAgent, platform, brands, name] of agents) {
  test(`a browser calls itself ${name}, and tells nothing more`, () => {
    const told = nameOf({
      userAgent,
      ...(brands && { userAgentData: { platform, brands: brands.map((brand) => ({ brand })) } }),
    });
    assert.equal(told, name);
    assert.ok(told.length <= MAX_DEVICE_NAME_LENGTH);
  });
}

test('a browser’s name is read in one’s own language, and is harmless whatever it is', () => {
  assert.equal(deviceWords('Chrome on Windows', sayIn(en)), 'Chrome on Windows');
  assert.equal(deviceWords('Chrome on Windows', sayIn(ru)), 'Chrome, Windows');
  assert.equal(deviceWords('Anna’s\u202e <b>laptop</b>\n', sayIn(ru)), 'Anna’s <b>laptop</b>');
});
