// What the fuzzer begins with: the recorded sessions of Asterisk 11, and every kind of event and row of 12+, as the reader
// leaves them and as text. Called by `bytes.ts`, `packets.ts` and `fuzz.ts`.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { block, snapshot } from '../relay/fake-pbx.ts';
import type { Fields } from '../relay/fake-pbx.ts';

const TRACES = fileURLToPath(new URL('../traces/asterisk-11/', import.meta.url));

/** Each recording's bytes by its name. */
export const recordings: ReadonlyMap<string, Buffer> = new Map(
  globSync('*.ami', { cwd: TRACES })
    .sort()
    .map((name) => [name, readFileSync(TRACES + name)]),
);

/** Of whom a block of 12+ tells, by the prefixes of its keys [main/manager_channels.c, main/manager_bridges.c …]. */
const PREFIXES_OF: Readonly<Record<string, readonly string[]>> = {
  Newchannel: [''],
  Newstate: [''],
  NewCallerid: [''],
  NewConnectedLine: [''],
  NewExten: [''],
  Rename: [],
  Hangup: [''],
  HangupRequest: [''],
  SoftHangupRequest: [''],
  Hold: [''],
  Unhold: [''],
  MusicOnHoldStart: [''],
  BridgeEnter: [''],
  BridgeLeave: [''],
  DialBegin: ['', 'Dest'],
  DialState: ['', 'Dest'],
  DialEnd: ['', 'Dest'],
  LocalBridge: ['LocalOne', 'LocalTwo'],
  Pickup: ['', 'Target'],
  BlindTransfer: ['Transferer', 'Transferee'],
  AttendedTransfer: [
    'OrigTransferer',
    'SecondTransferer',
    'Transferee',
    'TransferTarget',
    'LocalOne',
    'LocalTwo',
  ],
  ParkedCall: ['Parkee', 'Parker'],
  UnParkedCall: ['Parkee', 'Parker', 'Retriever'],
  ParkedCallTimeOut: ['Parkee', 'Parker'],
  QueueCallerJoin: [''],
  QueueCallerLeave: [''],
  QueueCallerAbandon: [''],
  AgentCalled: ['', 'Dest'],
  AgentConnect: ['', 'Dest'],
  AgentRingNoAnswer: ['', 'Dest'],
  AgentComplete: ['', 'Dest'],
  UserEvent: [''],
};

/** What those blocks tell besides. */
const BESIDES: Fields = {
  Cause: 16,
  'Cause-txt': 'Normal Clearing',
  DialString: '101',
  DialStatus: 'ANSWER',
  BridgeUniqueid: '5a1d',
  BridgeNumChannels: 2,
  Newname: 'SIP/101-00000001<MASQ>',
  Oldname: 'SIP/101-00000001',
  DestType: 'Channel',
  Result: 'Success',
  IsExternal: 'Yes',
  Extension: '102',
  Queue: 'sales',
  Interface: 'Local/101@from-queue/n',
  MemberName: '101',
  RingTime: '15000',
  Position: 1,
  ParkingSpace: 701,
  ParkingTimeout: 45,
  UserEvent: 'RingcueClient',
  ClientId: '7',
  ClientName: 'Иван',
  ClientUrl: 'https://crm.example/7',
  Forward: 'PJSIP/103',
};

/** One channel's part of a block, under a prefix. */
export const channelFields = (prefix: string, over: Fields): Fields =>
  Object.fromEntries(Object.entries(snapshot(over)).map(([key, value]) => [prefix + key, value]));

/** A block of 12+ of each kind, with the channels that `nextChannel` gives. */
export function eventFields(name: string, nextChannel: () => Fields): Fields {
  const channels = (PREFIXES_OF[name] ?? []).map((prefix) => channelFields(prefix, nextChannel()));
  return Object.assign({ Event: name, ...BESIDES }, ...channels) as Fields;
}
export const EVENT_NAMES = Object.keys(PREFIXES_OF);

/** A row of CoreShowChannels [12+]. */
export const rowFields = (over: Fields): Fields => ({
  Event: 'CoreShowChannel',
  ...snapshot(over),
  Application: 'AppDial',
  ApplicationData: '(Outgoing Line)',
  Duration: '00:01:07',
  BridgeId: '',
});

/** A session of 12+ as bytes: a call told by every kind of block there is. */
export const sessionOf12 = (): Buffer =>
  Buffer.from(
    EVENT_NAMES.map((name) => {
      const fields = eventFields(name, () => ({ ConnectedLineName: 'Иван «Ромашка» 👋' }));
      return block(fields);
    }).join('') + block(rowFields({})),
  );
