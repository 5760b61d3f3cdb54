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
