// Whose phone a channel is, by its name: the pattern, the table and the site prefix, each row with its reason.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPhones } from '../../relay/calls/phones.ts';
import type { PhonesOptions } from '../../relay/calls/phones.ts';

const phonesWith = ({ pattern = /^\d{2,6}$/, endpoints = new Map(), prefix = '' }: Partial<PhonesOptions>) =>
  createPhones({ pattern, endpoints, prefix });

type Row = [why: string, channelName: string, extension: string | null];

const BY_DEFAULT: Row[] = [
  ['a PJSIP phone of FreePBX', 'PJSIP/101-0000002b', '101'],
  ['a chan_sip phone', 'SIP/101-0000002b', '101'],
  ['an IAX2 phone', 'IAX2/102-1234', '102'],
  ['a Cisco phone of chan_sccp', 'SCCP/101-00000001', '101'],
  ['the technology in other letters', 'Sip/101-0000002b', '101'],
  ['a trunk by its name', 'PJSIP/trunk-00000001', null],
  ['an endpoint with a dash', 'PJSIP/sales-desk-0000002b', null],
  ['an endpoint that ends like a count', 'PJSIP/101-2b-0000002b', null],
  ['a trunk by its number', 'PJSIP/74950000200-00000001', null],
  ['an analogue line or a channel of an E1', 'DAHDI/12-1', null],
  ['a call of an ISDN span', 'DAHDI/i1/101-5', null],
  ['half of a Local channel', 'Local/101@internal-00000006;1', null],
  ['[11] what a masquerade leaves', 'SIP/101-0000002b<ZOMBIE>', null],
  ['[11] a masquerade', 'SIP/101-0000002b<MASQ>', null],
  ['[11] a parked one', 'Parking/SIP/101-0000002b', null],
  ['[11] a transferred one', 'Transfered/SIP/101-0000002b', null],
  ['a redirected one', 'AsyncGoto/SIP/101-0000002b', null],
  ['no channel’s name', '101', null],
  ['nothing', '', null],
];
for (const [why, channelName, extension] of BY_DEFAULT)
  test(`by default, ${why} (${channelName}) is ${extension ?? 'no phone'}`, () =>
    assert.equal(phonesWith({}).extensionOf(channelName), extension));

test('a table of endpoints stands above the pattern', () => {
  const { extensionOf } = phonesWith({
    endpoints: new Map([
      ['sales-desk', '150'],
      ['9101', '101'],
      ['101-mobile', '101'],
      ['7001', 'trunk'],
      ['SIP/front', '160'],
      ['PJSIP/front', '170'],
      ['DAHDI/3', '103'],
      ['102', '202'],
    ]),
  });
  const table: Row[] = [
    ['an endpoint with a name', 'PJSIP/sales-desk-0000002b', '150'],
    ['a device of FreePBX in device and user mode', 'PJSIP/9101-00000001', '101'],
    ['one of two phones', 'PJSIP/101-mobile-00000001', '101'],
    ['the other, by the pattern', 'PJSIP/101-00000002', '101'],
    ['a trunk whose name looks like an extension', 'PJSIP/7001-00000001', null],
    ['an endpoint of one technology', 'SIP/front-00000001', '160'],
    ['and of another', 'PJSIP/front-00000001', '170'],
    ['and of one that is not in the table', 'IAX2/front-1', null],
    ['an analogue phone', 'DAHDI/3-1', '103'],
    ['an endpoint that is another’s number', 'PJSIP/102-00000001', '202'],
    ['a trunk', 'PJSIP/trunk-00000001', null],
  ];
  for (const [why, channelName, extension] of table)
    assert.equal(extensionOf(channelName), extension, `${why}: ${channelName}`);
});

test('a group of the pattern is the extension, and the whole name where it has none', () => {
  const table: [pattern: RegExp, endpoint: string, extension: string | null][] = [
    [/^(?:phone-(\d+))$/, 'phone-101', '101'],
    [/^(?:phone-(\d+))$/, '101', null],
    [/^(?:(\d{3})[a-z]?)$/, '101', '101'],
    [/^(?:(\d{3})[a-z]?)$/, '101a', '101'],
    [/^(?:(\d{3})[a-z]?)$/, '101ab', null],
    [/^(?:\d{3}|phone-(\d+))$/, '101', '101'],
    [/^(?:(sip|web)-(?<extension>\d+))$/, 'web-101', '101'],
    [/^(?:phone-(\d*))$/, 'phone-', null],
    [/^(?:.*)$/, 'has a space', null], // nobody could watch it
    [/^(?:.*)$/, 'x'.repeat(49), null],
  ];
  for (const [pattern, endpoint, extension] of table)
    assert.equal(
      phonesWith({ pattern }).extensionOf(`PJSIP/${endpoint}-00000001`),
      extension,
      `${pattern.source} ${endpoint}`,
    );
});

test('with a site prefix its extensions have it outside, and its own numbers get it', () => {
  const { extensionOf, extensionOfNumber } = phonesWith({
    prefix: '8',
    endpoints: new Map([['sales-desk', '150']]),
  });
  assert.equal(extensionOf('PJSIP/101-00000001'), '8101');
  assert.equal(extensionOf('PJSIP/sales-desk-00000001'), '8150');
  assert.equal(extensionOf('PJSIP/trunk-00000001'), null);
  assert.equal(extensionOfNumber('102'), '8102');
});

test('what may be watched is what a phone may have', () => {
  const table: [Partial<PhonesOptions>, may: string[], mayNot: string[]][] = [
    [{}, ['101', '10'], ['1', 'trunk', '1010101', '']],
    [{ prefix: '8' }, ['8101'], ['101010101', '8', '9101', '101x']],
    [{ pattern: /^(?:phone-(\d+))$/ }, ['101'], ['phone-101', 'phone']],
    [{ pattern: /^(?:(\d{3})[a-z]?)$/, prefix: 'm-' }, ['m-101'], ['m-101a', '101']],
    [{ pattern: /^(?:\d{3}|phone-(\d{4}))$/ }, ['101', '1001'], ['phone-1001', '10']],
    [{ pattern: /^(?:[(](?:\(\d\)){2}|(x|y)-(?<extension>[)\d]{3}))$/ }, ['101'], ['x-101', '10']],
    [
      {
        endpoints: new Map([
          ['sales-desk', '1500000'],
          ['x', 'trunk'],
        ]),
      },
      ['1500000', '101'],
      ['sales-desk', 'trunk'],
    ],
  ];
  for (const [options, may, mayNot] of table) {
    const { isExtension } = phonesWith(options);
    for (const text of may) assert.ok(isExtension(text), `${options.pattern?.source} ${text}`);
    for (const text of mayNot) assert.ok(!isExtension(text), `${options.pattern?.source} ${text}`);
  }
});
