// The relay's whole live state: the channels of the PBX as last told, and the calls of each extension made of them.
// Only `calls/apply.ts` changes it. Pure data, every collection bounded.
import type { EndReason } from '../../shared/protocol.ts';
import type { NumberText } from '../numbers.ts';
import type { Found } from './facts.ts';

export const MAX_CHANNELS = 20_000;
export const MAX_CALLS_KEPT = 16;
export const MAX_GONE_NAMES = 2_000;
export const MAX_MISSED_KEPT = 200;

/** How a phone's channel came to be: it decides the direction once and for all. */
export type Role =
  | 'unknown'
  /** Somebody rings this phone. */
  | 'called'
  /** The phone itself dials. */
  | 'caller'
  /** Asterisk rings the phone first and dials for it then (click-to-call): never a ring from anybody. */
  | 'originated';

export type Remote = {
  /** As the PBX writes it, '' when hidden. */
  raw: string;
  rawName: string;
  number: NumberText;
  name: string | null;
  /** The colleague's extension; null: somebody outside. */
  extension: string | null;
};

export type Channel = {
  name: string;
  uniqueid: string;
  linkedid: string | null;
  /** null: not a phone (a trunk, a Local channel …). */
  extension: string | null;
  state: number;
  role: Role;
  /** Seen in the state Ring, to which only whoever dials comes. */
  hasLifted: boolean;
  /** As a caller: a dial of its has begun, so this is a call to somebody and no feature code. */
  hasDialed: boolean;
  /** A poll has shown it dialling somebody who was not there yet. */
  isSeenDialing: boolean;
  /** An event told of it first, so events tell of its ring, too. */
  isAnnounced: boolean;
  /** A poll has told another id for a name that was known: perhaps it is forged. */
  isReplacement: boolean;
  /** A poll was ahead of them: the phone was Up before its ring was told. */
  isSeenAhead: boolean;
  /** The last result of its own dial [DialEnd: DialStatus]. */
  dialStatus: string | null;
  /** The first number that the channel asked the dialplan for: what a person dialled, or the DID called. */
  firstExten: string | null;
  exten: string | null;
  queue: string | null;
  callerNumber: string | null;
  callerName: string | null;
  connectedNumber: string | null;
  connectedName: string | null;
  /** The channel whose dial made this one ring. */
  source: Channel | null;
  /** The live channels that it dialled. */
  dials: Set<Channel>;
  bridgeId: string;
  /** Whom it talked with last: a device or a trunk, however many Local channels lie between. */
  partner: Channel | null;
  isHeld: boolean;
  /** When it went on; a transfer tells the same in passing, so it is not believed for a moment. */
  unheldAt: number | null;
  /** It passed its call on: what ends now was transferred. */
  isTransferrer: boolean;
  /** As a Local channel: it was dialled for a phone that sent its caller on, and which is known. */
  isForwarding: boolean;
  /** The extension that passed this channel on to somebody else; null again when that is told. */
  transferredBy: string | null;
  /** The extension that took the call which rang here. */
  pickedUpBy: string | null;
  /** What the dialplan said of its caller. */
  toldClient: Found | null;
  /** The code that it was told to have dialled. */
  toldCode: string | null;
  startedAt: number;
  /** `board.inputs` when it was first seen, when it first rang, and when it was first Up. */
  madeAtInput: number;
  rangAtInput: number | null;
  upAtInput: number | null;
  /** `board.inputs` at the last event of this channel: a poll asked before it is older. */
  changedAtInput: number;
  missedPolls: number;
  call: Call | null;
};

export type Call = {
  id: string;
  extension: string;
  direction: 'inbound' | 'outbound';
  state: 'ringing' | 'dialing' | 'talking' | 'held' | 'ended';
  remote: Remote;
  /** The directory's answer for `remote`. */
  found: Found | null;
  dialed: string | null;
  startedAt: number;
  answeredAt: number | null;
  endedAt: number | null;
  endReason: EndReason | null;
  answeredBy: string | null;
  queue: string | null;
  transferredBy: string | null;
  /** The last leg has gone but whom it talked with has not: hung up, or passed on? `at` is when. */
  ending: { at: number; leg: Channel } | null;
  /** The channels of this extension that are in the call: several when it has several phones. */
  legs: Set<Channel>;
};

export type SwitchboardOptions = {
  /** The extension whose phone a channel is, by the channel's name; null: no phone. */
  extensionOf(channelName: string): string | null;
  /** How the PBX's own short number is called outside it: with a site prefix, mostly as it is. */
  extensionOfNumber(number: string): string;
  describeNumber: (raw: string) => NumberText;
  /** The digits of a browser's code in what was dialled; null: it is none. Left out in open mode. */
  codeIn?: ((dialled: string) => string | null) | undefined;
  /** What the company calls the colleague with this extension; null: nothing else than the PBX does. */
  colleagueName?(extension: string): string | null;
};

export type Switchboard = {
  options: SwitchboardOptions;
  /** How many inputs were applied: the order in which things became known. */
  inputs: number;
  channels: Map<string, Channel>;
  /** The channels of each extension. */
  phones: Map<string, Set<Channel>>;
  uniqueids: Map<string, Channel>;
  bridges: Map<string, Set<Channel>>;
  /** [12+] The channels of each Linkedid. */
  families: Map<string, Set<Channel>>;
  /** Calls whose end is not understood yet. */
  endings: Set<Call>;
  /** Channels whose hold may be over. */
  unheld: Set<Channel>;
  /** Calls lately missed and the leg that rang, newest last: somebody else may take the caller yet. */
  missed: { call: Call; leg: Channel }[];
  /** Who waits for the directory's answer, by number. */
  lookUps: Map<string, Set<Call>>;
  /** Live and lately ended calls of each extension, oldest first. */
  lines: Map<string, Call[]>;
  /** Names of channels that ended, with `inputs` at that moment: a late row must not bring them back. */
  gone: Map<string, number>;
  /** `inputs` when a torn block was seen; null: events are believed. */
  doubtedAtInput: number | null;
};

export const createSwitchboard = (options: SwitchboardOptions): Switchboard => ({
  options,
  inputs: 0,
  channels: new Map(),
  phones: new Map(),
  uniqueids: new Map(),
  bridges: new Map(),
  families: new Map(),
  endings: new Set(),
  unheld: new Set(),
  missed: [],
  lookUps: new Map(),
  lines: new Map(),
  gone: new Map(),
  doubtedAtInput: null,
});
