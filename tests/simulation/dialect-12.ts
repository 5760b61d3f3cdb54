// What Asterisk 12 and newer say over AMI, keys in the order of 16 and 22, in lower case as asterisk-manager's reader
// leaves them. Pure; used by `pbx.ts`. Fields: https://docs.asterisk.org → AMI Events.
import type { Packet } from '../../relay/ami/packet.ts';
import { durationOf, STATE_WORDS } from './dialect.ts';
import type { Bridge, Dialect, ModelChannel } from './dialect.ts';

const event = (name: string, ...parts: readonly Record<string, string>[]): Packet =>
  Object.assign({ event: name, privilege: 'call,all' }, ...parts) as Packet;
const orUnknown = (text: string): string => text || '<unknown>';
const nameOf = (channel: ModelChannel): string =>
  channel.extension === null ? '' : `Ext ${channel.extension}`;

/** Every event that concerns a channel carries its snapshot; a second channel's keys are told apart by a prefix. */
const snapshot = (channel: ModelChannel, prefix = ''): Record<string, string> =>
  prefixed(prefix, {
    channel: channel.name,
    channelstate: String(channel.state),
    channelstatedesc: STATE_WORDS[channel.state] ?? '',
    calleridnum: orUnknown(channel.callerNumber),
    calleridname: orUnknown(nameOf(channel)),
    connectedlinenum: orUnknown(channel.connectedNumber),
    connectedlinename: '<unknown>',
    language: 'en',
    accountcode: '',
    context: 'internal',
    exten: channel.exten,
    priority: '1',
    uniqueid: channel.uniqueid,
    linkedid: channel.linkedid,
  });

const bridgeSnapshot = (bridge: Bridge | null, prefix = ''): Record<string, string> =>
  prefixed(prefix, {
    bridgeuniqueid: bridge?.id ?? '',
    bridgetype: bridge?.type ?? '',
    bridgetechnology: bridge?.type === 'holding' ? 'holding_bridge' : 'simple_bridge',
    bridgecreator: '<unknown>',
    bridgename: '<unknown>',
    bridgenumchannels: String(bridge?.members.length ?? 0),
  });

const prefixed = (prefix: string, keys: Record<string, string>): Record<string, string> =>
  prefix === ''
    ? keys
    : Object.fromEntries(Object.entries(keys).map(([key, value]) => [prefix + key, value]));

export const dialect12: Dialect = {
  version: '12',
  made: (channel) => [event('Newchannel', snapshot(channel))],
  stateChanged: (channel) => [event('Newstate', snapshot(channel))],
  callerChanged: (channel) => [
    event('NewCallerid', snapshot(channel), { 'cid-callingpres': '0 (Presentation Allowed, Not Screened)' }),
  ],
  connectedChanged: (channel) => [event('NewConnectedLine', snapshot(channel))],
  dialBegun: (source, destination) => [
    event('DialBegin', source ? snapshot(source) : {}, snapshot(destination, 'dest'), {
      dialstring: destination.extension ?? 'trunk',
    }),
  ],
  dialEnded: (source, destination, status) => [
    event('DialEnd', source ? snapshot(source) : {}, snapshot(destination, 'dest'), { dialstatus: status }),
  ],
  dialOver: () => [],
  entered: (bridge, channel) => [event('BridgeEnter', bridgeSnapshot(bridge), snapshot(channel))],
  left: (bridge, channel) => [event('BridgeLeave', bridgeSnapshot(bridge), snapshot(channel))],
  hungUp: (channel, cause) => [
    event('Hangup', snapshot(channel), { cause: String(cause), 'cause-txt': 'Unknown' }),
  ],
  renamed: (channel, newName) => [
    event('Rename', { channel: channel.name, newname: newName, uniqueid: channel.uniqueid }),
  ],
  masqueraded: () => [],
  held: (channel, _partner, isOn) => [
    isOn ? event('Hold', snapshot(channel), { musicclass: 'default' }) : event('Unhold', snapshot(channel)),
  ],
  transferred: ({ isAttended, transferer, second, transferee, target, exten }) => [
    isAttended
      ? event(
          'AttendedTransfer',
          { result: 'Success' },
          snapshot(transferer, 'origtransferer'),
          bridgeSnapshot(transferer.bridge, 'orig'),
          snapshot(second ?? transferer, 'secondtransferer'),
          bridgeSnapshot(second?.bridge ?? null, 'second'),
          { desttype: 'Bridge', destbridgeuniqueid: second?.bridge?.id ?? transferee.bridge?.id ?? '' },
          snapshot(transferee, 'transferee'),
          target ? snapshot(target, 'transfertarget') : {},
        )
      : event(
          'BlindTransfer',
          { result: 'Success' },
          snapshot(transferer, 'transferer'),
          snapshot(transferee, 'transferee'),
          bridgeSnapshot(transferer.bridge),
          { isexternal: 'Yes', context: 'internal', extension: exten },
        ),
  ],
  pickedUp: (channel, target) => [event('Pickup', snapshot(channel), snapshot(target, 'target'))],
  parked: (channel, from, space) => [
    event('ParkedCall', snapshot(channel, 'parkee'), snapshot(from, 'parker'), {
      parkerdialstring: `PJSIP/${from.extension ?? ''}`,
      parkinglot: 'default',
      parkingspace: space,
      parkingtimeout: '8',
      parkingduration: '0',
    }),
  ],
  unparked: (channel, from, space) => [
    event(
      from ? 'UnParkedCall' : 'ParkedCallTimeOut',
      snapshot(channel, 'parkee'),
      from ? snapshot(from, 'retriever') : {},
      { parkinglot: 'default', parkingspace: space, parkingtimeout: '0', parkingduration: '8' },
    ),
  ],
  // [QueueCallerJoin is of class agent, which the relay does not ask for]
  queued: () => [],
  row: (channel, now) => ({
    event: 'CoreShowChannel',
    actionid: 'poll',
    ...snapshot(channel),
    application: channel.application,
    applicationdata: channel.applicationData,
    duration: durationOf(now - channel.madeAt),
    bridgeid: channel.bridge?.id ?? '',
  }),
  rowsComplete: (count) => ({
    event: 'CoreShowChannelsComplete',
    actionid: 'poll',
    eventlist: 'Complete',
    listitems: String(count),
  }),
};
