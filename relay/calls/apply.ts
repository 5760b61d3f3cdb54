// The switchboard's transition: one input changes the board in place and yields what follows from it. Deterministic:
// no clock, no I/O, never throws on what a PBX or a stranger says. Called by `exchange.ts` alone.
//
//   input                                   does
//   channel-new, channel-changed            the channel's facts, then its call
//   dial-begin                              destination: called (no source: originated); source: caller that has dialled
//   dial-end                                source: how its dialling went
//   bridged                                 both ends talk [11]
//   hold                                    the phone's own call is held, or goes on
//   took-place, picked-up, transferred,     the call goes to another hand: `calls/transfer.ts`
//   parked
//   queued                                  the caller waits in a queue [11]
//   client-told                             the dialplan knows the client: `calls/remote.ts`
//   hangup                                  the channel leaves; its call ends with its last leg: `calls/ending.ts`
//   doubt                                   events are not believed until a poll asked from now on has answered
//   poll                                    the truth, except for what events told after it was asked: `calls/poll.ts`
//   found                                   the directory's answer, to every call that waits for it
//   tick                                    calls that ended a minute ago leave their line
import { ENDED_CALL_STAYS_MS } from '../../shared/protocol.ts';
import { settleCall } from './call.ts';
import { adoptFacts, channelFor, dialledBy, forgetChannel, isReplaced } from './channel.ts';
import { isToCode } from './dialled-code.ts';
import { endLeg, resolveEndings } from './ending.ts';
import { farEnd, isLocal, phonesBehind } from './far-end.ts';
import { applyPoll } from './poll.ts';
import { connect, park, passOn, pickUp, takePlace } from './transfer.ts';
import type { ChannelFacts, Found, Input, Output, PbxEvent } from './facts.ts';
import type { Call, Channel, Switchboard } from './switchboard.ts';

/** `at`: milliseconds since 1970. */
export function apply(board: Switchboard, input: Input, at: number): Output[] {
  const outputs: Output[] = [];
  board.inputs += 1;
  if (input.type === 'poll') applyPoll(board, input, at, outputs);
  else if (input.type === 'found') applyFound(board, input.number, input.found, outputs);
  else if (input.type === 'tick') applyTick(board, at, outputs);
  else if (input.type === 'doubt') {
    board.doubtedAtInput = board.inputs;
    outputs.push({ type: 'poll-soon' });
  } else if (board.doubtedAtInput === null) applyEvent(board, input, at, outputs);
  if (board.endings.size > 0) resolveEndings(board, at, outputs);
  return outputs;
}

function applyEvent(board: Switchboard, event: PbxEvent, at: number, outputs: Output[]): void {
  switch (event.type) {
    case 'channel-new':
    case 'channel-changed': {
      if (event.type === 'channel-new') replace(board, event.channel, at, outputs);
      // Only a Newchannel or a poll makes a channel: any other event of an unknown one may be forged, or is too old.
      const channel =
        event.type === 'channel-new' ? channelFor(board, event.channel, at) : known(board, event.channel);
      if (channel) {
        if (event.type === 'channel-new') channel.isAnnounced = true;
        // Only a poll proves that a code was dialled.
        if (channel.toldCode === null && isToCode(board, channel.firstExten))
          outputs.push({ type: 'poll-soon' });
        changed(board, channel, event.channel, at, outputs);
        // A phone that waits behind a Local channel hears of it by nothing else.
        const far = event.channel.bridgeId ? farEnd(board, channel) : null;
        if (far?.role === 'originated') settleCall(board, far, at, outputs);
      } else outputs.push({ type: 'poll-soon' });
      return;
    }
    case 'dial-begin':
      return beginDial(board, event.source, event.destination, at, outputs);
    case 'dial-end': {
      const source = event.source && known(board, event.source);
      if (!source) return;
      source.dialStatus = event.status;
      return settleBehind(board, source, at, outputs);
    }
    case 'bridged':
      return bridge(board, event, at, outputs);
    case 'hold': {
      const channel = board.channels.get(event.name);
      if (!channel) return;
      return hold(board, channel, event.isHeld, at, outputs);
    }
    case 'took-place':
    case 'picked-up': {
      const channel = board.channels.get(event.name);
      const other = board.channels.get(event.type === 'picked-up' ? event.target : event.of);
      if (!channel || !other) return void outputs.push({ type: 'poll-soon' });
      channel.changedAtInput = board.inputs;
      return (event.type === 'picked-up' ? pickUp : takePlace)({ board, at, outputs }, channel, other);
    }
    case 'transferred':
      return passOn({ board, at, outputs }, event.transferers, event.transferees);
    case 'parked': {
      const channel = board.channels.get(event.name);
      if (channel) park(channel);
      return;
    }
    case 'queued': {
      const channel = board.channels.get(event.name);
      if (channel) changed(board, channel, { queue: event.queue }, at, outputs);
      return;
    }
    case 'client-told': {
      const channel = board.uniqueids.get(event.uniqueid);
      if (!channel) return;
      channel.toldClient = event.found;
      return settleCall(board, channel, at, outputs);
    }
    case 'hangup': {
      const channel = board.channels.get(event.channel.name);
      if (!channel) return;
      forgetChannel(board, channel);
      endLeg(board, channel, { at, cause: event.cause, isLost: false }, outputs);
      if (channel.partner && isKnown(board, channel.partner)) settleCall(board, channel.partner, at, outputs);
    }
  }
}

/** The end of the one that had the name was not told. */
function replace(board: Switchboard, facts: ChannelFacts, at: number, outputs: Output[]): void {
  const former = known(board, facts);
  if (!former || !isReplaced(former, facts)) return;
  forgetChannel(board, former);
  endLeg(board, former, { at, cause: null, isLost: false }, outputs);
}

/** [Hold, Unhold] A transfer tells Unhold too, an instant before the call goes. */
const UNHOLD_BELIEVED_MS = 150;

function hold(board: Switchboard, channel: Channel, isHeld: boolean, at: number, outputs: Output[]): void {
  if (isHeld) {
    channel.isHeld = true;
    board.unheld.delete(channel);
  } else {
    channel.unheldAt = at;
    board.unheld.add(channel);
    outputs.push({ type: 'tick-in', ms: UNHOLD_BELIEVED_MS });
  }
  changed(board, channel, {}, at, outputs);
}

/** [11: Bridge] Tells who talks with whom, also where a transfer changed it without a word. */
function bridge(
  board: Switchboard,
  event: Extract<PbxEvent, { type: 'bridged' }>,
  at: number,
  outputs: Output[],
): void {
  const ends = event.names.flatMap((name) => board.channels.get(name) ?? []);
  for (const channel of ends) {
    adoptFacts(board, channel, { bridgeId: event.bridgeId });
    channel.changedAtInput = board.inputs;
  }
  for (const end of ends) {
    const far = farEnd(board, end);
    const other = far && farEnd(board, far);
    if (other) {
      connect(board, other, far);
      settleCall(board, other, at, outputs);
    }
    settleCall(board, end, at, outputs);
  }
}

const isKnown = (board: Switchboard, channel: Channel): boolean =>
  board.channels.get(channel.name) === channel;

const known = (board: Switchboard, facts: ChannelFacts): Channel | undefined =>
  board.channels.get(facts.name);

function changed(
  board: Switchboard,
  channel: Channel,
  facts: Partial<ChannelFacts>,
  at: number,
  outputs: Output[],
): void {
  adoptFacts(board, channel, facts);
  channel.changedAtInput = board.inputs;
  settleCall(board, channel, at, outputs);
}

function beginDial(
  board: Switchboard,
  sourceFacts: ChannelFacts | null,
  destinationFacts: ChannelFacts,
  at: number,
  outputs: Output[],
): void {
  const source = sourceFacts && known(board, sourceFacts);
  const destination = known(board, destinationFacts);
  if (destination) {
    destination.role = sourceFacts ? 'called' : 'originated';
    dialledBy(destination, source ?? null);
    changed(board, destination, destinationFacts, at, outputs);
  }
  if (!source || !sourceFacts) return;
  if (source.role === 'unknown') source.role = 'caller';
  source.hasDialed = true;
  changed(board, source, sourceFacts, at, outputs);
  settleBehind(board, source, at, outputs);
}

/** The phone for which a Local channel dials. */
function settleBehind(board: Switchboard, source: Channel, at: number, outputs: Output[]): void {
  if (source.role !== 'originated' || !isLocal(source)) return;
  for (const phone of phonesBehind(board, source)) settleCall(board, phone, at, outputs);
}

function applyFound(board: Switchboard, number: string, found: Found, outputs: Output[]): void {
  const waiting = board.lookUps.get(number);
  board.lookUps.delete(number);
  for (const call of waiting ?? []) {
    if (call.remote.number.number !== number) continue; // the other side has changed since
    call.found = found;
    // Who is told that a call has ended needs no second telling.
    const type = call.endedAt === null ? 'line' : 'named-late';
    outputs.push({ type, extension: call.extension, cause: call.id });
  }
}

/** Where times are compared, a clock that was set back must keep nothing for hours. */
function applyTick(board: Switchboard, at: number, outputs: Output[]): void {
  const isOld = (call: Call): boolean =>
    call.endedAt !== null && Math.abs(at - call.endedAt) >= ENDED_CALL_STAYS_MS;
  for (const channel of board.unheld) {
    if (Math.abs(at - (channel.unheldAt ?? 0)) < UNHOLD_BELIEVED_MS) continue;
    board.unheld.delete(channel);
    channel.isHeld = false;
    if (isKnown(board, channel)) settleCall(board, channel, at, outputs);
  }
  if (board.missed.some(({ call }) => isOld(call)))
    board.missed = board.missed.filter(({ call }) => !isOld(call));
  for (const [extension, calls] of board.lines) {
    if (!calls.some(isOld)) continue;
    const kept = calls.filter((call) => !isOld(call));
    if (kept.length === 0) board.lines.delete(extension);
    else board.lines.set(extension, kept);
    outputs.push({ type: 'line', extension, cause: null });
  }
}
