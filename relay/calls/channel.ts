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
    hasRung: false,
    role: 'unknown',
    hasDialed: false,
    dialStatus: null,
    firstExten: null,
    callerNumber: null,
    callerName: null,
    connectedNumber: null,
    connectedName: null,
    source: null,
    bridgeId: '',
    startedAt: at - (facts.ageMs ?? 0),
    changedAtInput: board.inputs,
    missedPolls: 0,
    call: null,
  };
  board.channels.set(name, channel);
  if (channel.extension !== null) {
    const phones = board.phones.get(channel.extension) ?? new Set();
    board.phones.set(channel.extension, phones.add(channel));
  }
  adoptFacts(channel, facts);
  return channel;
}

/** What is told replaces what was known; what is not told stays. */
export function adoptFacts(channel: Channel, facts: Partial<ChannelFacts>): void {
  if (facts.state !== undefined) channel.state = facts.state;
  if (channel.state === CHANNEL_STATE.ringing) channel.hasRung = true;
  if (facts.linkedid !== undefined && facts.linkedid !== channel.linkedid)
    channel.linkedid = ownCopy(facts.linkedid);
  if (facts.bridgeId !== undefined && facts.bridgeId !== channel.bridgeId)
    channel.bridgeId = ownCopy(facts.bridgeId);
  if (channel.firstExten === null && facts.exten !== undefined && DIALLED.test(facts.exten))
    channel.firstExten = ownCopy(facts.exten);
  for (const key of ['callerNumber', 'callerName', 'connectedNumber', 'connectedName'] as const) {
    const told = facts[key];
    if (told !== undefined && told !== channel[key]) channel[key] = ownCopy(told);
  }
}

/** A number that somebody dialled, unlike the dialplan's own `s`, `h`, `i`, `t` and names of its subroutines. */
const DIALLED = /^[+*#\d]/;

/** The channel is no more, and no late row shall bring it back. */
export function forgetChannel(board: Switchboard, channel: Channel): void {
  board.channels.delete(channel.name);
  const phones = channel.extension === null ? undefined : board.phones.get(channel.extension);
  if (phones?.delete(channel) && phones.size === 0 && channel.extension !== null)
    board.phones.delete(channel.extension);
  board.gone.set(channel.name, board.inputs);
  const oldest = board.gone.keys().next().value;
  if (board.gone.size > MAX_GONE_NAMES && oldest !== undefined) board.gone.delete(oldest);
}

/** A text cut from a packet pins the whole chunk it came in (121 KB for 14 characters): what is kept is copied. */
const ownCopy = (text: string): string => Buffer.from(text).toString();
