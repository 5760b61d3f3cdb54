// What both dialects of the model PBX have in common: its channels, and the packets that an Asterisk of either age
// makes of the same happening. Types only; `dialect-11.ts` and `dialect-12.ts` are the two.
import type { Packet } from '../../relay/ami/packet.ts';
import type { TrueCall } from './truth.ts';

/** `holding`: a place to wait, where nobody hears anybody. */
export type Bridge = { id: string; type: 'basic' | 'holding'; members: ModelChannel[] };

/** One channel of the model, as Asterisk holds it, and what its phone is really doing. */
export type ModelChannel = {
  name: string;
  uniqueid: string;
  linkedid: string;
  /** null: a trunk, a Local channel or a shadow of one. */
  extension: string | null;
  state: number;
  callerNumber: string;
  connectedNumber: string;
  exten: string;
  application: string;
  applicationData: string;
  bridge: Bridge | null;
  /** ms since 1970. */
  madeAt: number;
  /** A screen may go on naming the queue that somebody came by. */
  cameByQueue: boolean;
  /** Who passed this one on, and whether Asterisk told of it. */
  transferredBy: { extension: string; isTold: boolean } | null;
  /** What the phone's user would say is going on; null: nothing to tell of. */
  truth: TrueCall | null;
};

export type Transfer = {
  isAttended: boolean;
  /** The leg of the one who transfers, that is with the transferred; `second`: his leg with the target. */
  transferer: ModelChannel;
  second: ModelChannel | null;
  transferee: ModelChannel;
  target: ModelChannel | null;
  exten: string;
};

export type Dialect = {
  version: '11' | '12';
  made(channel: ModelChannel): Packet[];
  stateChanged(channel: ModelChannel): Packet[];
  callerChanged(channel: ModelChannel): Packet[];
  connectedChanged(channel: ModelChannel): Packet[];
  /** `source` null: an Originate. */
  dialBegun(source: ModelChannel | null, destination: ModelChannel, isQueue: boolean): Packet[];
  /** One destination is done with. */
  dialEnded(source: ModelChannel | null, destination: ModelChannel, status: string): Packet[];
  /** The application is: after the talk, where there was one. */
  dialOver(source: ModelChannel, status: string): Packet[];
  entered(bridge: Bridge, channel: ModelChannel): Packet[];
  /** Called while the channel is still in the bridge. */
  left(bridge: Bridge, channel: ModelChannel): Packet[];
  hungUp(channel: ModelChannel, cause: number): Packet[];
  renamed(channel: ModelChannel, newName: string): Packet[];
  masqueraded(clone: ModelChannel, original: ModelChannel): Packet[];
  held(channel: ModelChannel, partner: ModelChannel, isOn: boolean): Packet[];
  transferred(transfer: Transfer): Packet[];
  pickedUp(channel: ModelChannel, target: ModelChannel): Packet[];
  parked(channel: ModelChannel, from: ModelChannel, space: string): Packet[];
  unparked(channel: ModelChannel, from: ModelChannel | null, space: string): Packet[];
  queued(channel: ModelChannel, queue: string, isIn: boolean): Packet[];
  /** One row of CoreShowChannels. */
  row(channel: ModelChannel, now: number): Packet;
  /** The packet that closes the rows. */
  rowsComplete(count: number): Packet;
};

export const STATE_WORDS: Readonly<Record<number, string>> = { 0: 'Down', 4: 'Ring', 5: 'Ringing', 6: 'Up' };

/** `hh:mm:ss`, as the rows tell an age. */
export function durationOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
