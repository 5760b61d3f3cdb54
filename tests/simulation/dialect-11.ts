// What Asterisk 11 says over AMI, keys in the order of the recordings in `tests/traces/asterisk-11`, in lower case as
// asterisk-manager's reader leaves them. Pure; used by `pbx.ts`.
import type { Packet } from '../../relay/ami/packet.ts';
import { durationOf, STATE_WORDS } from './dialect.ts';
import type { Dialect, ModelChannel } from './dialect.ts';

const event = (name: string, keys: Record<string, string>): Packet => ({
  event: name,
  privilege: 'call,all',
  ...keys,
});
/** Some events of 11 write an unknown text so, others leave it empty. */
const orUnknown = (text: string): string => text || '<unknown>';

const stateOf = (channel: ModelChannel) => ({
  channel: channel.name,
  channelstate: String(channel.state),
  channelstatedesc: STATE_WORDS[channel.state] ?? '',
});
const nameOf = (channel: ModelChannel): string =>
  channel.extension === null ? '' : `Ext ${channel.extension}`;

const bridge = (state: 'Link' | 'Unlink', one: ModelChannel, other: ModelChannel): Packet =>
  event('Bridge', {
    bridgestate: state,
    bridgetype: 'core',
    channel1: one.name,
    channel2: other.name,
    uniqueid1: one.uniqueid,
    uniqueid2: other.uniqueid,
    callerid1: one.callerNumber,
    callerid2: other.callerNumber,
  });
/** 11 knows pairs only, and tells each once. */
const pair = (state: 'Link' | 'Unlink', members: readonly ModelChannel[]): Packet[] => {
  const [one, other] = members;
  return one && other && members.length === 2 ? [bridge(state, one, other)] : [];
};

export const dialect11: Dialect = {
  version: '11',
  made: (channel) => [
    event('Newchannel', {
      ...stateOf(channel),
      calleridnum: channel.callerNumber,
      calleridname: nameOf(channel),
      accountcode: '',
      exten: channel.exten,
      context: 'internal',
      uniqueid: channel.uniqueid,
    }),
  ],
  stateChanged: (channel) => [
    event('Newstate', {
      ...stateOf(channel),
      calleridnum: channel.callerNumber,
      calleridname: nameOf(channel),
      connectedlinenum: channel.connectedNumber,
      connectedlinename: '',
      uniqueid: channel.uniqueid,
    }),
  ],
  callerChanged: (channel) => [
    event('NewCallerid', {
      channel: channel.name,
      calleridnum: channel.callerNumber,
      calleridname: nameOf(channel),
      uniqueid: channel.uniqueid,
      'cid-callingpres': '0 (Presentation Allowed, Not Screened)',
    }),
  ],
  connectedChanged: () => [],
  // [A queue's direct members and an Originate ring with no Dial event]
  dialBegun: (source, destination, isQueue) =>
    source === null || isQueue
      ? []
      : [
          event('Dial', {
            subevent: 'Begin',
            channel: source.name,
            destination: destination.name,
            calleridnum: orUnknown(source.callerNumber),
            calleridname: orUnknown(nameOf(source)),
            connectedlinenum: orUnknown(source.connectedNumber),
            connectedlinename: '<unknown>',
            uniqueid: source.uniqueid,
            destuniqueid: destination.uniqueid,
            dialstring: destination.extension ?? 'trunk',
          }),
        ],
  dialEnded: () => [],
  dialOver: (source, status) => [
    event('Dial', {
      subevent: 'End',
      channel: source.name,
      uniqueid: source.uniqueid,
      dialstatus: status,
    }),
  ],
  entered: (into) => (into.type === 'basic' ? pair('Link', into.members) : []),
  left: (from) => (from.type === 'basic' ? pair('Unlink', from.members) : []),
  hungUp: (channel, cause) => [
    event('Hangup', {
      channel: channel.name,
      uniqueid: channel.uniqueid,
      calleridnum: orUnknown(channel.callerNumber),
      calleridname: orUnknown(nameOf(channel)),
      connectedlinenum: orUnknown(channel.connectedNumber),
      connectedlinename: '<unknown>',
      accountcode: '',
      cause: String(cause),
      'cause-txt': '',
    }),
  ],
  renamed: (channel, newName) => [
    event('Rename', { channel: channel.name, newname: newName, uniqueid: channel.uniqueid }),
  ],
  masqueraded: (clone, original) => [
    event('Masquerade', {
      clone: clone.name,
      clonestate: STATE_WORDS[clone.state] ?? '',
      original: original.name,
      originalstate: STATE_WORDS[original.state] ?? '',
    }),
  ],
  // [11 tells the music that the other side hears, and nothing of who holds]
  held: (_channel, partner, isOn) => [
    event('MusicOnHold', {
      state: isOn ? 'Start' : 'Stop',
      channel: partner.name,
      uniqueid: partner.uniqueid,
      ...(isOn && { class: 'default' }),
    }),
  ],
  transferred: ({ isAttended, transferer, second, transferee, exten }) => [
    event('Transfer', {
      transfermethod: 'SIP',
      transfertype: isAttended ? 'Attended' : 'Blind',
      channel: transferer.name,
      uniqueid: transferer.uniqueid,
      'sip-callid': '581d733a5be371ef392d74414ac2852a@127.0.0.1:5360',
      targetchannel: (second ?? transferee).name,
      targetuniqueid: (second ?? transferee).uniqueid,
      ...(!isAttended && { transferexten: exten, transfercontext: 'internal' }),
      ...(exten === '700' && { transfer2parking: 'Yes' }),
    }),
  ],
  pickedUp: (channel, target) => [event('Pickup', { channel: channel.name, targetchannel: target.name })],
  parked: (channel, from, space) => [
    event('ParkedCall', {
      exten: space,
      channel: channel.name,
      parkinglot: 'default',
      from: from.name,
      timeout: '8',
      calleridnum: channel.callerNumber,
      calleridname: '',
      connectedlinenum: channel.connectedNumber,
      connectedlinename: '',
      uniqueid: channel.uniqueid,
    }),
  ],
  unparked: (channel, from, space) => [
    event(from ? 'UnParkedCall' : 'ParkedCallTimeOut', {
      exten: space,
      channel: channel.name,
      parkinglot: 'default',
      ...(from && { from: from.name }),
      calleridnum: channel.callerNumber,
      calleridname: '',
      connectedlinenum: channel.connectedNumber,
      connectedlinename: '',
      uniqueid: channel.uniqueid,
    }),
  ],
  queued: (channel, queue, isIn) => [
    event(isIn ? 'Join' : 'Leave', {
      channel: channel.name,
      ...(isIn && { calleridnum: channel.callerNumber, calleridname: 'unknown' }),
      ...(isIn && { connectedlinenum: 'unknown', connectedlinename: 'unknown' }),
      queue,
      position: '1',
      count: isIn ? '1' : '0',
      uniqueid: channel.uniqueid,
    }),
  ],
  row: (channel, now) => {
    const partner =
      channel.bridge?.type === 'basic'
        ? channel.bridge.members.find((member) => member !== channel)
        : undefined;
    return {
      event: 'CoreShowChannel',
      actionid: 'poll',
      channel: channel.name,
      uniqueid: channel.uniqueid,
      context: 'internal',
      extension: channel.exten,
      priority: '1',
      channelstate: String(channel.state),
      channelstatedesc: STATE_WORDS[channel.state] ?? '',
      application: channel.application,
      applicationdata: channel.applicationData,
      calleridnum: channel.callerNumber,
      calleridname: nameOf(channel),
      connectedlinenum: channel.connectedNumber,
      connectedlinename: '',
      duration: durationOf(now - channel.madeAt),
      accountcode: '',
      bridgedchannel: partner?.name ?? '',
      bridgeduniqueid: partner?.uniqueid ?? '',
    };
  },
  rowsComplete: (count) => ({
    event: 'CoreShowChannelsComplete',
    eventlist: 'Complete',
    listitems: String(count),
    actionid: 'poll',
  }),
};
