// One packet → one event of the switchboard's language. Asterisk 11 and Asterisk 12+ speak different dialects; after
// this file there is one. The dialect is told by the keys that are there, never by the banner. Pure.
// Fields: https://docs.asterisk.org → AMI Events; main/manager_channels.c, apps/app_dial.c.
import type { ChannelFacts, PbxEvent } from '../calls/facts.ts';
import { cleanText } from '../numbers.ts';
import { isRepeated, read } from './packet.ts';
import type { Packet } from './packet.ts';
import { readToldClient } from './told-client.ts';

/**
 * The event that a packet tells; `null` where it concerns no call; `'malformed'` where a block that should be whole is
 * not: keys are missing or repeated, or it is no event at all. Asterisk sends none such by itself, but a
 * caller's number with raw line breaks tears blocks apart, and forged ones may stand between the pieces.
 */
export function readEvent(packet: Packet): PbxEvent | 'malformed' | null {
  const name = read(packet, 'event');
  if (ENDS_OF_ROWS.some((key) => Object.hasOwn(packet, key))) return 'malformed';
  // A reply never comes here: each of ours was taken by its action.
  if (name === '') return 'malformed';
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (!reader) return isTorn(packet) ? 'malformed' : null;
  if (isRepeated(packet, 'event')) return 'malformed';
  const event = reader(packet) ?? 'malformed';
  return event === 'nothing' ? null : event;
}

/** Whether an event begins to tell of a channel and does not end it: its caller's text cut it, forged ones may follow. */
const isTorn = (packet: Packet): boolean =>
  Object.keys(packet).some((key) =>
    BEGINNINGS.some(
      (beginning) =>
        key.endsWith(beginning) && read(packet, `${key.slice(0, -beginning.length)}uniqueid`) === '',
    ),
  );
const BEGINNINGS = ['channelstate', 'calleridnum'] as const;
/** [12+: CoreShowChannel] No event has these: a caller's text has cut a row, whatever it calls the rest. */
const ENDS_OF_ROWS = ['applicationdata', 'bridgeid'] as const;

/** null: not whole; 'nothing': whole, and of no interest. */
type Reader = (packet: Packet) => PbxEvent | 'nothing' | null;

const READERS: Readonly<Record<string, Reader>> = {
  Newchannel: (packet) => onChannel(packet, 'channel-new'),
  Newstate: (packet) => onChannel(packet, 'channel-changed'),
  NewCallerid: (packet) => onChannel(packet, 'channel-changed'),
  // [12+] The transfer signal. A hidden caller is told as unknown, and is no longer the one before.
  NewConnectedLine: (packet) => {
    const channel = readChannel(packet, OWN);
    if (!channel) return null;
    return {
      type: 'channel-changed',
      channel: { ...channel, connectedNumber: channel.connectedNumber ?? '' },
    };
  },
  // Other bridges are conferences and places to wait: nobody talks with anybody there.
  BridgeEnter: (packet) =>
    onChannel(
      packet,
      'channel-changed',
      read(packet, 'bridgetype') === 'basic' ? read(packet, 'bridgeuniqueid') : '',
    ),
  BridgeLeave: (packet) => onChannel(packet, 'channel-changed', ''),
  Hangup: (packet) => {
    const channel = readChannel(packet, OWN);
    const cause = read(packet, 'cause');
    // [11] Here the id stands before the caller's texts, and the cause after them.
    if (!channel || !/^\d+$/.test(cause) || isRepeated(packet, 'cause')) return null;
    return { type: 'hangup', channel, cause: Number(cause) };
  },
  DialBegin: (packet) => {
    const destination = readChannel(packet, DESTINATION);
    if (!destination) return null;
    // No source: an Originate, that is a click-to-call.
    const source = read(packet, 'channel') === '' ? null : readChannel(packet, OWN);
    return { type: 'dial-begin', source, destination };
  },
  DialEnd: (packet) => {
    const destination = readChannel(packet, DESTINATION);
    if (!destination || isRepeated(packet, 'dialstatus')) return null;
    const source = read(packet, 'channel') === '' ? null : readChannel(packet, OWN);
    return { type: 'dial-end', source, destination, status: read(packet, 'dialstatus') };
  },
  Hold: (packet) => onHold(packet, true),
  Unhold: (packet) => onHold(packet, false),
  Pickup: (packet) => {
    const [name, target] = [read(packet, 'channel'), read(packet, 'targetchannel')];
    if (name === '' || target === '' || isTorn(packet) || isRepeated(packet, 'targetchannel')) return null;
    return { type: 'picked-up', name, target };
  },
  AttendedTransfer: (packet) =>
    onTransfer(
      packet,
      ['origtransfererchannel', 'secondtransfererchannel'],
      ['transfereechannel', 'transfertargetchannel'],
    ),
  BlindTransfer: (packet) => onTransfer(packet, ['transfererchannel'], ['transfereechannel']),
  ParkedCall: (packet) => {
    // [12+: ParkeeChannel] [11: Channel] Who parked it is whom it talked with last.
    const name = read(packet, 'parkeechannel') || read(packet, 'channel');
    if (name === '' || isTorn(packet)) return null;
    return { type: 'parked', name };
  },
  // Three renames make a masquerade: A → A<MASQ>, B → A, A<MASQ> → B<ZOMBIE>. The second tells it all.
  Rename: (packet) => {
    const [of, name] = [read(packet, 'channel'), read(packet, 'newname')];
    if (of === '' || name === '') return null;
    return of.includes('<') || name.includes('<') ? 'nothing' : { type: 'took-place', name, of };
  },
  // Its block may hold anything, the dialplan's own headers come last: it is never torn.
  UserEvent: (packet) => readToldClient(packet) ?? 'nothing',
  // Asterisk 11 only, from here on.
  Transfer: (packet) => {
    const [channel, target] = [read(packet, 'channel'), read(packet, 'targetchannel')];
    if (channel === '' || target === '') return null;
    // Attended: both are the transferer's own. Whom he joins, the masquerade tells.
    return read(packet, 'transfertype') === 'Attended'
      ? { type: 'transferred', transferers: [channel, target], transferees: [] }
      : { type: 'transferred', transferers: [channel], transferees: [target] };
  },
  Join: (packet) => onQueue(packet, cleanText(read(packet, 'queue'), MAX_QUEUE_LENGTH)),
  Leave: (packet) => onQueue(packet, null),
  Dial: (packet) => {
    const channel = read(packet, 'channel');
    const uniqueid = read(packet, 'uniqueid');
    if (channel === '' || uniqueid === '' || DIAL_KEYS.some((key) => isRepeated(packet, key))) return null;
    const source: ChannelFacts = { name: channel, uniqueid };
    if (read(packet, 'subevent') !== 'Begin')
      return { type: 'dial-end', source, destination: null, status: read(packet, 'dialstatus') };
    const destination = read(packet, 'destination');
    const destinationUniqueid = read(packet, 'destuniqueid');
    if (destination === '' || destinationUniqueid === '') return null;
    return {
      type: 'dial-begin',
      source: {
        ...source,
        callerNumber: told(packet, 'calleridnum'),
        callerName: told(packet, 'calleridname'),
      },
      destination: { name: destination, uniqueid: destinationUniqueid },
    };
  },
  Bridge: (packet) => {
    const [first, second] = [read(packet, 'channel1'), read(packet, 'channel2')];
    // CallerID2 is its last key, and may be empty.
    if (first === '' || second === '' || !Object.hasOwn(packet, 'callerid2')) return null;
    const isLink = read(packet, 'bridgestate') === 'Link';
    return { type: 'bridged', names: [first, second], bridgeId: isLink ? pairOf(first, second) : '' };
  },
};

/** All that is read; what else Asterisk sends is of no use. */
export const EVENTS_READ: readonly string[] = Object.keys(READERS);

function onHold(packet: Packet, isHeld: boolean): PbxEvent | null {
  const channel = readChannel(packet, OWN);
  return channel && { type: 'hold', name: channel.name, isHeld };
}

/** The keys of those who leave and of those who stay; some are missing where Asterisk knows no such channel. */
function onTransfer(packet: Packet, leaving: string[], staying: string[]): ReturnType<Reader> {
  if (isTorn(packet) || ['result', ...leaving, ...staying].some((key) => isRepeated(packet, key)))
    return null;
  if (read(packet, 'result') !== 'Success') return 'nothing';
  const told = (keys: string[]) => keys.map((key) => read(packet, key)).filter((name) => name !== '');
  return { type: 'transferred', transferers: told(leaving), transferees: told(staying) };
}

function onQueue(packet: Packet, queue: string | null): PbxEvent | null {
  const name = read(packet, 'channel');
  if (name === '' || queue === '' || isTorn(packet) || isRepeated(packet, 'queue')) return null;
  return { type: 'queued', name, queue };
}

function onChannel(
  packet: Packet,
  type: 'channel-new' | 'channel-changed',
  bridgeId?: string,
): PbxEvent | null {
  const channel = readChannel(packet, OWN);
  if (!channel) return null;
  return { type, channel: bridgeId === undefined ? channel : { ...channel, bridgeId } };
}

/** The keys of a channel's snapshot, made once: this is the busiest place of the relay. */
const keysWith = (prefix: string) => ({
  name: `${prefix}channel`,
  uniqueid: `${prefix}uniqueid`,
  linkedid: `${prefix}linkedid`,
  state: `${prefix}channelstate`,
  callerNumber: `${prefix}calleridnum`,
  callerName: `${prefix}calleridname`,
  connectedNumber: `${prefix}connectedlinenum`,
  connectedName: `${prefix}connectedlinename`,
  exten: `${prefix}exten`,
});
const OWN = keysWith('');
/** [12+: Dest…] The called one of a dial. */
const DESTINATION = keysWith('dest');
type Keys = typeof OWN;
/** Keys that decide something; names may hold anything. */
const DECIDING = [
  'name',
  'uniqueid',
  'linkedid',
  'state',
  'callerNumber',
  'connectedNumber',
  'exten',
] as const;

/** The snapshot of one channel in an event. */
function readChannel(packet: Packet, keys: Keys): ChannelFacts | null {
  const name = read(packet, keys.name);
  const uniqueid = read(packet, keys.uniqueid);
  // The id follows the caller's texts, so a torn block lacks it; a text that adds lines repeats a key.
  if (name === '' || uniqueid === '' || DECIDING.some((key) => isRepeated(packet, keys[key]))) return null;
  const state = read(packet, keys.state);
  if (/[^\d]/.test(state)) return null;
  return {
    name,
    uniqueid,
    linkedid: read(packet, keys.linkedid) || undefined,
    state: state === '' ? undefined : Number(state),
    callerNumber: told(packet, keys.callerNumber),
    callerName: told(packet, keys.callerName),
    connectedNumber: told(packet, keys.connectedNumber),
    connectedName: told(packet, keys.connectedName),
    exten: read(packet, keys.exten) || undefined,
  };
}

const DIAL_KEYS = ['subevent', 'channel', 'destination', 'uniqueid', 'destuniqueid', 'dialstatus'];

/** One row of CoreShowChannels; null where even the channel's name and state are not told. */
export function readRow(packet: Packet): ChannelFacts | null {
  const name = read(packet, 'channel');
  const state = Number(read(packet, 'channelstate') || Number.NaN);
  // Name and state stand before the strangers' texts, so they hold even in a torn row; the rest only if not repeated.
  if (name === '' || Number.isNaN(state)) return null;
  const sure = (key: string): string => (isRepeated(packet, key) ? '' : read(packet, key));
  const application = Object.hasOwn(packet, 'application') ? sure('application') : undefined;
  const bridged = sure('bridgedchannel');
  const bridge = sure('bridgeid') || (bridged === '' ? '' : pairOf(name, bridged)); // [12+: BridgeId] [11: BridgedChannel]
  return {
    name,
    uniqueid: sure('uniqueid'),
    linkedid: sure('linkedid') || undefined,
    state,
    callerNumber: told(packet, 'calleridnum'),
    callerName: told(packet, 'calleridname'),
    connectedNumber: told(packet, 'connectedlinenum'),
    connectedName: told(packet, 'connectedlinename'),
    exten: sure('exten') || sure('extension') || undefined,
    context: sure('context') || undefined,
    application,
    queue: application === undefined ? undefined : queueOf(application, sure('applicationdata')),
    bridgeId: application !== undefined && MEETINGS.has(application) ? '' : bridge,
    ageMs: readDuration(sure('duration')),
  };
}

/** [Application] In these nobody talks with anybody in particular. */
const MEETINGS: ReadonlySet<string> = new Set(['ConfBridge', 'MeetMe', 'BridgeWait', 'Park', 'Stasis']);

const MAX_QUEUE_LENGTH = 80;

/** [app_queue: ApplicationData] `sales,tTkK,,,60` */
function queueOf(application: string, data: string): string | null {
  return application === 'Queue' ? cleanText(data.split(',')[0] ?? '', MAX_QUEUE_LENGTH) || null : null;
}

/** [11] A bridge has no id there: the same two names, told by either, are the same bridge. */
const pairOf = (one: string, other: string): string => [one, other].sort().join(' ');

/** `hh:mm:ss` since the channel was made. */
function readDuration(text: string): number | undefined {
  const parts = /^(\d{1,4}):(\d\d):(\d\d)$/.exec(text);
  if (!parts) return undefined;
  return (Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3])) * 1000;
}

/** A text that Asterisk tells or does not: absent, empty and `<unknown>` [12+] are all "not told". */
function told(packet: Packet, key: string): string | undefined {
  const value = read(packet, key);
  return value === '' || value === '<unknown>' ? undefined : value;
}
