// AMI packets of both dialects → the switchboard's events, and what torn and forged blocks become. The texts of
// Asterisk 11 are cut from recordings of a real one; those of 12+ have the keys and the order of 16 and 22.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvent, readRow } from '../../relay/ami/events.ts';
import { isRepeated, read } from '../../relay/ami/packet.ts';
import type { Packet } from '../../relay/ami/packet.ts';
import { readReply } from '../../relay/ami/poll.ts';
import { block, event, snapshot } from '../relay/fake-pbx.ts';

/** A text as asterisk-manager's reader leaves its blocks: keys in lower case, repeated ones as lists. */
function packetsOf(text: string): Packet[] {
  return text.split(/\r?\n\r?\n/).flatMap((lines) => {
    const packet: Record<string, unknown> = {};
    for (const line of lines.split(/\r?\n/).filter((one) => one !== '')) {
      const [key = '', ...rest] = line.split(': ');
      const name = key.trim().toLowerCase();
      const before = packet[name];
      const value = rest.join(': ');
      packet[name] =
        before === undefined
          ? value
          : Array.isArray(before)
            ? [...(before as string[]), value]
            : [before, value];
    }
    return Object.keys(packet).length === 0 ? [] : [packet];
  });
}
const packetOf = (text: string): Packet => packetsOf(text)[0] ?? {};
const told = (text: string) => packetsOf(text).map(readEvent);

const dest = (fields: ReturnType<typeof snapshot>) =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [`Dest${key}`, value]));
const trunk = snapshot({
  Channel: 'PJSIP/trunk-00000000',
  ChannelState: 4,
  ChannelStateDesc: 'Ring',
  CallerIDNum: '+79161234567',
  CallerIDName: 'Иван',
  ConnectedLineNum: '<unknown>',
  Exten: '74950000101',
  Uniqueid: '1700000000.0',
});
const phone = snapshot();

const PHONE_FACTS = {
  name: 'PJSIP/101-00000001',
  uniqueid: '1700000000.1',
  linkedid: '1700000000.0',
  state: 5,
  callerNumber: '101',
  callerName: undefined,
  connectedNumber: '+79161234567',
  connectedName: undefined,
  exten: '101',
};
const TRUNK_FACTS = {
  name: 'PJSIP/trunk-00000000',
  uniqueid: '1700000000.0',
  linkedid: '1700000000.0',
  state: 4,
  callerNumber: '+79161234567',
  callerName: 'Иван',
  connectedNumber: undefined,
  connectedName: undefined,
  exten: '74950000101',
};

// Asterisk 12 and newer.

for (const [name, type] of [
  ['Newchannel', 'channel-new'],
  ['Newstate', 'channel-changed'],
  ['NewCallerid', 'channel-changed'],
  ['NewConnectedLine', 'channel-changed'],
] as const)
  test(`12+ ${name} tells a channel`, () =>
    assert.deepEqual(told(event(name, phone)), [{ type, channel: PHONE_FACTS }]));

test('12+ entering and leaving a bridge tells which', () => {
  assert.deepEqual(told(event('BridgeEnter', { BridgeUniqueid: 'b-1', BridgeType: 'basic', ...phone })), [
    { type: 'channel-changed', channel: { ...PHONE_FACTS, bridgeId: 'b-1' } },
  ]);
  assert.deepEqual(told(event('BridgeLeave', { BridgeUniqueid: 'b-1', ...phone })), [
    { type: 'channel-changed', channel: { ...PHONE_FACTS, bridgeId: '' } },
  ]);
});

test('12+ a hangup tells its cause', () =>
  assert.deepEqual(told(event('Hangup', { ...phone, Cause: 26, 'Cause-txt': 'Answered elsewhere' })), [
    { type: 'hangup', channel: PHONE_FACTS, cause: 26 },
  ]));

test('12+ a dial tells who dials whom, and how it ended', () => {
  assert.deepEqual(told(event('DialBegin', { ...trunk, ...dest(phone), DialString: '101' })), [
    { type: 'dial-begin', source: TRUNK_FACTS, destination: PHONE_FACTS },
  ]);
  assert.deepEqual(told(event('DialEnd', { ...trunk, ...dest(phone), DialStatus: 'BUSY' })), [
    { type: 'dial-end', source: TRUNK_FACTS, destination: PHONE_FACTS, status: 'BUSY' },
  ]);
});

test('12+ a dial without a source is a click-to-call', () => {
  assert.deepEqual(told(event('DialBegin', { ...dest(phone), DialString: '101' })), [
    { type: 'dial-begin', source: null, destination: PHONE_FACTS },
  ]);
  assert.deepEqual(told(event('DialEnd', { ...dest(phone), DialStatus: 'ANSWER' })), [
    { type: 'dial-end', source: null, destination: PHONE_FACTS, status: 'ANSWER' },
  ]);
});

test('12+ a row of CoreShowChannels tells a channel, its application, its bridge and its age', () =>
  assert.deepEqual(
    readRow(
      packetOf(
        block({
          Event: 'CoreShowChannel',
          ActionID: 'a',
          ...phone,
          Application: 'AppDial',
          ApplicationData: '(Outgoing Line)',
          Duration: '01:02:03',
          BridgeId: 'b-1',
        }),
      ),
    ),
    {
      ...PHONE_FACTS,
      context: 'internal',
      application: 'AppDial',
      queue: null,
      bridgeId: 'b-1',
      ageMs: 3_723_000,
    },
  ));

// Asterisk 11, as recorded.

test('11 Newchannel and Newstate tell a channel; there is no Linkedid', () =>
  assert.deepEqual(
    told(`Event: Newchannel
Privilege: call,all
Channel: SIP/trunk-00000016
ChannelState: 0
ChannelStateDesc: Down
CallerIDNum: +79161234567
CallerIDName: 
AccountCode: 
Exten: 74950000301
Context: from-trunk
Uniqueid: 1795417639.22

Event: Newstate
Privilege: call,all
Channel: SIP/101-00000001
ChannelState: 5
ChannelStateDesc: Ringing
CallerIDNum: 101
CallerIDName: 
ConnectedLineNum: +79161234567
ConnectedLineName: 
Uniqueid: 1795417604.1`),
    [
      {
        type: 'channel-new',
        channel: {
          ...TRUNK_FACTS,
          name: 'SIP/trunk-00000016',
          uniqueid: '1795417639.22',
          linkedid: undefined,
          state: 0,
          callerName: undefined,
          exten: '74950000301',
        },
      },
      {
        type: 'channel-changed',
        channel: {
          ...PHONE_FACTS,
          name: 'SIP/101-00000001',
          uniqueid: '1795417604.1',
          linkedid: undefined,
          exten: undefined,
        },
      },
    ],
  ));

const DIAL_11 = `Event: Dial
Privilege: call,all
SubEvent: Begin
Channel: SIP/trunk-00000045
Destination: SIP/103-00000046
CallerIDNum: +79161234567
CallerIDName: <unknown>
ConnectedLineNum: <unknown>
ConnectedLineName: <unknown>
UniqueID: 1795417736.82
DestUniqueID: 1795417736.83
Dialstring: 103`;

test('11 a dial begins with source and destination, and ends without', () =>
  assert.deepEqual(
    told(`${DIAL_11}

Event: Dial
Privilege: call,all
SubEvent: End
Channel: SIP/trunk-00000045
UniqueID: 1795417736.82
DialStatus: ANSWER`),
    [
      {
        type: 'dial-begin',
        source: {
          name: 'SIP/trunk-00000045',
          uniqueid: '1795417736.82',
          callerNumber: '+79161234567',
          callerName: undefined,
        },
        destination: { name: 'SIP/103-00000046', uniqueid: '1795417736.83' },
      },
      {
        type: 'dial-end',
        source: { name: 'SIP/trunk-00000045', uniqueid: '1795417736.82' },
        destination: null,
        status: 'ANSWER',
      },
    ],
  ));

const BRIDGE_11 = `Event: Bridge
Privilege: call,all
Bridgestate: Link
Bridgetype: core
Channel1: SIP/trunk-00000016
Channel2: SIP/102-00000018
Uniqueid1: 1795417639.22
Uniqueid2: 1795417640.24
CallerID1: +79161234567
CallerID2: 102`;

test('11 a bridge tells both ends, and an unlink that it is over', () => {
  const names = ['SIP/trunk-00000016', 'SIP/102-00000018'];
  assert.deepEqual(told(`${BRIDGE_11}\n\n${BRIDGE_11.replace('Link', 'Unlink')}`), [
    { type: 'bridged', names, bridgeId: [...names].sort().join(' ') },
    { type: 'bridged', names, bridgeId: '' },
  ]);
});

const HANGUP_11 = `Event: Hangup
Privilege: call,all
Channel: SIP/101-00000017
Uniqueid: 1795417640.23
CallerIDNum: 101
CallerIDName: Ext 101
ConnectedLineNum: +79161234567
ConnectedLineName: <unknown>
AccountCode: 
Cause: 26
Cause-txt: Answered elsewhere`;

test('11 a hangup tells its cause', () => {
  const [hangup] = told(HANGUP_11);
  assert.ok(hangup !== null && typeof hangup === 'object' && hangup.type === 'hangup');
  assert.deepEqual([hangup.channel.name, hangup.cause], ['SIP/101-00000017', 26]);
});

test('11 a row of CoreShowChannels has other names for the same', () =>
  assert.deepEqual(
    readRow(
      packetOf(`Event: CoreShowChannel
ActionID: poll3
Channel: SIP/101-00000017
UniqueID: 1795417639.22
Context: from-trunk
Extension: 74950000301
Priority: 1
ChannelState: 6
ChannelStateDesc: Up
Application: AppDial
ApplicationData: (Outgoing Line)
CallerIDnum: 101
CallerIDname: 
ConnectedLineNum: +79161234567
ConnectedLineName: 
Duration: 00:00:07
AccountCode: 
BridgedChannel: SIP/trunk-00000016
BridgedUniqueID: 1795417639.22`),
    ),
    {
      name: 'SIP/101-00000017',
      uniqueid: '1795417639.22',
      linkedid: undefined,
      state: 6,
      callerNumber: '101',
      callerName: undefined,
      connectedNumber: '+79161234567',
      connectedName: undefined,
      exten: '74950000301',
      context: 'from-trunk',
      application: 'AppDial',
      queue: null,
      bridgeId: 'SIP/101-00000017 SIP/trunk-00000016',
      ageMs: 7_000,
    },
  ));

// What concerns no call.

test('events of other kinds are passed over', () =>
  assert.deepEqual(
    told(
      [
        event('FullyBooted', { Status: 'Fully Booted' }),
        event('SoftHangupRequest', { Channel: 'SIP/101-1', Uniqueid: '1.1', Cause: 16 }),
        // A header of the dialplan's own may have the name of one of the channel's.
        'Event: UserEvent\nChannel: PJSIP/101-1\nChannelState: 6\nExten: 1\nUniqueid: 1.1\nExten: 2\n\n',
        event('constructor', { Channel: 'x' }),
        event('__proto__', { Channel: 'x' }),
      ].join(''),
    ),
    [null, null, null, null, null],
  ));

// Torn and forged.

/** What a caller puts into the From header, percent-encoded, and Asterisk passes on as it is. */
const FORGED_CHANNEL = event('Newchannel', {
  ...phone,
  Channel: 'SIP/103-00000099',
  ConnectedLineNum: '+70000000000',
});
const TEARING = `100\r\n\r\n${FORGED_CHANNEL}X: y`;

test('whichever event a caller’s text tears apart, the tear is seen before what he forged', () => {
  const torn = [
    ...['Newchannel', 'Newstate', 'NewCallerid', 'NewConnectedLine', 'BridgeEnter', 'BridgeLeave'].flatMap(
      (name) =>
        ['CallerIDNum', 'CallerIDName', 'ConnectedLineNum', 'ConnectedLineName', 'Exten'].map((key) =>
          event(name, { ...phone, [key]: TEARING }),
        ),
    ),
    event('Hangup', { ...phone, ConnectedLineNum: TEARING, Cause: 16 }),
    HANGUP_11.replace('+79161234567', TEARING),
    DIAL_11.replace('+79161234567', TEARING),
    BRIDGE_11.replace('+79161234567', TEARING),
    event('DialBegin', { ...trunk, CallerIDNum: TEARING, ...dest(phone) }),
    event('DialBegin', { ...trunk, ...dest({ ...phone, ConnectedLineNum: TEARING }) }),
    event('DialEnd', { ...trunk, ...dest({ ...phone, ConnectedLineNum: TEARING }), DialStatus: 'ANSWER' }),
    // Events that are not read otherwise tell of channels too.
    event('HangupRequest', { ...phone, ConnectedLineNum: TEARING }),
    event('MusicOnHoldStart', { ...phone, CallerIDName: TEARING, Class: 'default' }),
    event('AttendedTransfer', {
      Result: 'Success',
      ...Object.fromEntries(
        Object.entries({ ...phone, CallerIDNum: TEARING }).map(([key, value]) => [`Transferee${key}`, value]),
      ),
    }),
    event('Join', { Channel: 'SIP/trunk-1', CallerIDNum: TEARING, Uniqueid: '1.1' }), // 11
  ];
  for (const text of torn) {
    const [first, forged] = told(text);
    assert.equal(first, 'malformed', text);
    assert.ok(forged !== null && typeof forged === 'object', 'the forged block itself looks whole');
  }
});

test('lines put into a block without tearing it make it malformed, where they are keys we read', () => {
  for (const key of ['Event', 'Channel', 'Uniqueid', 'Linkedid', 'ChannelState', 'ConnectedLineNum', 'Exten'])
    assert.deepEqual(
      told(event('Newstate', { ...phone, CallerIDNum: `1\r\n${key}: x` })),
      ['malformed'],
      key,
    );
  assert.deepEqual(told(event('Hangup', { ...phone, CallerIDNum: '1\r\nCause: 26', Cause: 16 })), [
    'malformed',
  ]);
  for (const key of ['Destination', 'UniqueID', 'DestUniqueID'])
    assert.deepEqual(told(DIAL_11.replace('<unknown>', `x\n${key}: x`)), ['malformed'], key);
});

test('the orphaned end of a torn block is malformed, also where it poses as a reply', () =>
  assert.deepEqual(told('CallerIDName: x\nUniqueid: 1.1\n\nResponse: Success\nMessage: x\n\nX: y'), [
    'malformed',
    'malformed',
    'malformed',
  ]));

test('what Asterisk 11 really sent for a From header with line breaks makes no event', () =>
  assert.deepEqual(
    told(`Event: Newchannel
Privilege: call,all
Channel: SIP/trunk-00000067
ChannelState: 0
ChannelStateDesc: Down
CallerIDNum: 100
Event: Fake
X: y
CallerIDName: X%0d%0aEvent: Hangup
AccountCode: 
Exten: 74950000101
Context: from-trunk
Uniqueid: 1795417831.126`),
    ['malformed'],
  ));

test('a state that is no number is malformed', () =>
  assert.deepEqual(told(event('Newstate', { ...phone, ChannelState: '5x' })), ['malformed']));

test('a forged line in a row takes nothing but itself', () => {
  const row = block({
    Event: 'CoreShowChannel',
    ActionID: 'a',
    ...phone,
    ConnectedLineNum: '+79161234567\r\nChannel: SIP/103-1\r\nChannelState: 6\r\nUniqueid: 6.6\r\nExten: 103',
    Application: 'AppDial',
    Duration: '00:00:01',
    BridgeId: '',
  });
  assert.deepEqual(readRow(packetOf(row)), {
    ...PHONE_FACTS,
    uniqueid: '', // one of the two is forged, so neither counts
    exten: undefined,
    context: 'internal',
    application: 'AppDial',
    queue: null,
    bridgeId: '',
    ageMs: 1_000,
  });
});

test('the end of a row is no event of whatever name, as a forged text before it is a row that lies', () => {
  const rest = {
    Uniqueid: '1.1',
    Application: 'Dial',
    ApplicationData: '',
    Duration: '00:00:01',
    BridgeId: '',
  };
  for (const name of ['Fake', 'UserEvent', 'CoreShowChannel', 'Newstate', 'Rename'])
    assert.equal(readEvent(packetOf(event(name, { ...phone, ...rest }))), 'malformed', name);
});

test('a torn row still tells its channel and state', () => {
  const row = readRow(packetOf(block({ Event: 'CoreShowChannel', ...phone, ConnectedLineNum: TEARING })));
  assert.deepEqual([row?.name, row?.state, row?.uniqueid], ['PJSIP/101-00000001', 5, '']);
});

test('a list with a row that tells no channel is not used', () => {
  const closing = { event: 'CoreShowChannelsComplete', eventlist: 'Complete', listitems: '1' };
  assert.equal(readReply([{ event: 'CoreShowChannel', channelstate: '5' }, closing]), null);
  assert.equal(readReply([{ event: 'CoreShowChannel', channel: 'x' }, closing]), null);
  assert.deepEqual(readReply([{ ...closing, listitems: '0' }]), []);
  assert.equal(readReply([]), null);
});

test('endless values are cut', () => {
  assert.equal(read({ channel: 'x'.repeat(100_000) }, 'channel').length, 1024);
  assert.equal(read({ channel: ['x'.repeat(100_000), 'b'] }, 'channel').length, 1024);
  assert.equal(isRepeated({ channel: ['a', 'b'] }, 'channel'), true);
  assert.equal(read({ channel: { nested: 'x' } }, 'channel'), '');
});
