// A channel as last told: made, given new facts, forgotten. Pure; used by `calls/apply.ts`.
import { CHANNEL_STATE } from './facts.ts';
import type { ChannelFacts } from './facts.ts';
import { MAX_CHANNELS, MAX_GONE_NAMES } from './switchboard.ts';
import type { Channel, Switchboard } from './switchboard.ts';

/** The channel of that name, made if it is new; null where the board is full. */
export function channelFor(board: Switchboard, facts: ChannelFacts, at: number): Channel | null {
  const existing = board.channels.get(facts.name);
  if (existing) return existing;
  if (board.channels.size >= MAX_CHANNELS) return null;
  const name = ownCopy(facts.name);
  const channel: Channel = {
    name,
    uniqueid: ownCopy(facts.uniqueid || facts.name),
    linkedid: null,
    extension: board.options.extensionOf(name),
    state: CHANNEL_STATE.down,
    role: 'unknown',
    hasLifted: false,
    hasDialed: false,
    isSeenDialing: false,
    isAnnounced: false,
    isReplacement: false,
    isSeenAhead: false,
    dialStatus: null,
    firstExten: null,
    exten: null,
    queue: null,
    callerNumber: null,
    callerName: null,
    connectedNumber: null,
    connectedName: null,
    source: null,
    dials: new Set(),
    bridgeId: '',
    partner: null,
    isHeld: false,
    unheldAt: null,
    isTransferrer: false,
    isForwarding: false,
    transferredBy: null,
    pickedUpBy: null,
    toldClient: null,
    toldCode: null,
    startedAt: at - (facts.ageMs ?? 0),
    madeAtInput: board.inputs,
    rangAtInput: null,
    upAtInput: null,
    changedAtInput: board.inputs,
    missedPolls: 0,
    call: null,
  };
  board.channels.set(name, channel);
  board.uniqueids.set(channel.uniqueid, channel);
  if (channel.extension !== null) addTo(board.phones, channel.extension, channel);
  adoptFacts(board, channel, facts);
  return channel;
}

/**
 * Whether a channel's name is another's now [DAHDI/1-1, IAX2/101-4711; all after a restart]. Of a torn row the id is
 * not known; only masquerades of 11 change it otherwise, which tells no Linkedid.
 */
export const isReplaced = (channel: Channel, { uniqueid }: ChannelFacts): boolean =>
  uniqueid !== '' && channel.uniqueid !== uniqueid && channel.uniqueid !== channel.name;

/** What is told replaces what was known; what is not told stays. */
export function adoptFacts(board: Switchboard, channel: Channel, facts: Partial<ChannelFacts>): void {
  if (facts.state !== undefined) channel.state = facts.state;
  if (channel.state === CHANNEL_STATE.ringing) channel.rangAtInput ??= board.inputs;
  if (channel.state === CHANNEL_STATE.ring) channel.hasLifted = true;
  if (channel.state === CHANNEL_STATE.up) channel.upAtInput ??= board.inputs;
  // Only who dials gets the state Ring; whom Asterisk calls goes from Down to Ringing.
  if (channel.state === CHANNEL_STATE.ring && channel.role === 'unknown') channel.role = 'caller';
  if (facts.linkedid !== undefined) moveToFamily(board, channel, facts.linkedid);
  if (facts.bridgeId !== undefined) moveToBridge(board, channel, facts.bridgeId);
  if (facts.exten !== undefined && facts.exten !== channel.exten) {
    channel.exten = ownCopy(facts.exten);
    channel.queue = null; // it has gone on in the dialplan
    if (channel.firstExten === null && DIALLED.test(channel.exten)) channel.firstExten = channel.exten;
  }
  if (facts.queue !== undefined && facts.queue !== channel.queue)
    channel.queue = facts.queue === null ? null : ownCopy(facts.queue);
  for (const key of ['callerNumber', 'callerName', 'connectedNumber', 'connectedName'] as const) {
    const told = facts[key];
    // At first Asterisk does not know yet; later it means a hidden number.
    if (told === '' && channel.state === CHANNEL_STATE.down) continue;
    if (told !== undefined && told !== channel[key]) channel[key] = ownCopy(told);
  }
}

/** A number that somebody dialled, unlike the dialplan's own `s`, `h`, `i`, `t` and names of its subroutines. */
export const DIALLED = /^[+*#\d]/;

export function moveToBridge(board: Switchboard, channel: Channel, bridgeId: string): void {
  if (bridgeId === channel.bridgeId) return;
  removeFrom(board.bridges, channel.bridgeId, channel);
  channel.bridgeId = ownCopy(bridgeId);
  if (bridgeId !== '') addTo(board.bridges, channel.bridgeId, channel);
}

export function moveToFamily(board: Switchboard, channel: Channel, linkedid: string): void {
  if (linkedid === channel.linkedid) return;
  removeFrom(board.families, channel.linkedid ?? '', channel);
  channel.linkedid = ownCopy(linkedid);
  addTo(board.families, channel.linkedid, channel);
}

export function dialledBy(channel: Channel, source: Channel | null): void {
  channel.source?.dials.delete(channel);
  channel.source = source;
  source?.dials.add(channel);
}

/** The channel is no more, and no late row shall bring it back. */
export function forgetChannel(board: Switchboard, channel: Channel): void {
  board.channels.delete(channel.name);
  if (board.uniqueids.get(channel.uniqueid) === channel) board.uniqueids.delete(channel.uniqueid);
  if (channel.extension !== null) removeFrom(board.phones, channel.extension, channel);
  removeFrom(board.bridges, channel.bridgeId, channel);
  removeFrom(board.families, channel.linkedid ?? '', channel);
  channel.source?.dials.delete(channel);
  board.gone.set(channel.name, board.inputs);
  // Half at a time: a map whose oldest entry goes each time is searched through its gaps.
  if (board.gone.size > MAX_GONE_NAMES) board.gone = new Map([...board.gone].slice(MAX_GONE_NAMES / 2));
}

function addTo(index: Map<string, Set<Channel>>, key: string, channel: Channel): void {
  const channels = index.get(key) ?? new Set();
  index.set(key, channels.add(channel));
}

function removeFrom(index: Map<string, Set<Channel>>, key: string, channel: Channel): void {
  const channels = index.get(key);
  if (channels?.delete(channel) && channels.size === 0) index.delete(key);
}

/** A text cut from a packet pins the whole chunk it came in (121 KB for 14 characters): what is kept is copied. */
const ownCopy = (text: string): string => Buffer.from(text).toString();
