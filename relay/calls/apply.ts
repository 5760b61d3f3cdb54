// The switchboard's transition: one input changes the board in place and yields what follows from it. Deterministic:
// no clock, no I/O, never throws on what a PBX or a stranger says. Called by `exchange.ts` alone.
//
//   input                                   does
//   channel-new, channel-changed            the channel's facts, then its call
//   dial-begin                              destination: called (no source: originated); source: caller that has dialled
//   dial-end                                source: how its dialling went
//   bridged                                 both ends talk [11]
//   hangup                                  the channel leaves; its call ends with its last leg
//   doubt                                   events are not believed until a poll asked from now on has answered
//   poll                                    the truth, except for what events told after it was asked
//   found                                   the directory's answer, to every call that waits for it
//   tick                                    calls that ended a minute ago leave their line
import { ENDED_CALL_STAYS_MS } from '../../shared/protocol.ts';
import { settleCall, endLeg } from './call.ts';
import { adoptFacts, channelFor, forgetChannel } from './channel.ts';
import { CHANNEL_STATE } from './facts.ts';
import type { ChannelFacts, Found, Input, Output, PbxEvent } from './facts.ts';
import type { Channel, Switchboard } from './switchboard.ts';

/** `at`: milliseconds since 1970. */
export function apply(board: Switchboard, input: Input, at: number): Output[] {
  const outputs: Output[] = [];
  board.inputs += 1;
  switch (input.type) {
    case 'poll':
      applyPoll(board, input, at, outputs);
      break;
    case 'doubt':
      board.doubtedAtInput = board.inputs;
      outputs.push({ type: 'poll-soon' });
      break;
    case 'found':
      applyFound(board, input.number, input.found, outputs);
      break;
    case 'tick':
      applyTick(board, at, outputs);
      break;
    case 'channel-new':
    case 'channel-changed':
    case 'dial-begin':
    case 'dial-end':
    case 'bridged':
    case 'hangup':
      if (board.doubtedAtInput === null) applyEvent(board, input, at, outputs);
  }
  return outputs;
}

function applyEvent(board: Switchboard, event: PbxEvent, at: number, outputs: Output[]): void {
  switch (event.type) {
    case 'channel-new':
    case 'channel-changed': {
      // Only a Newchannel or a poll makes a channel: any other event of an unknown one may be forged, or is too old.
      const channel =
        event.type === 'channel-new' ? channelFor(board, event.channel, at) : known(board, event.channel);
      if (channel) changed(board, channel, event.channel, at, outputs);
      else outputs.push({ type: 'poll-soon' });
      return;
    }
    case 'dial-begin':
      return beginDial(board, event.source, event.destination, at, outputs);
    case 'dial-end': {
      const source = event.source && known(board, event.source);
      if (!source) return;
      source.dialStatus = event.status;
      return changed(board, source, event.source ?? {}, at, outputs);
    }
    case 'bridged':
      for (const name of event.names) {
        const channel = board.channels.get(name);
        if (channel) changed(board, channel, { bridgeId: event.bridgeId }, at, outputs);
      }
      return;
    case 'hangup': {
      const channel = board.channels.get(event.channel.name);
      if (!channel) return;
      forgetChannel(board, channel);
      endLeg(board, channel, { at, cause: event.cause, isLost: false }, outputs);
    }
  }
}

const known = (board: Switchboard, facts: ChannelFacts): Channel | undefined =>
  board.channels.get(facts.name);

function changed(
  board: Switchboard,
  channel: Channel,
  facts: Partial<ChannelFacts>,
  at: number,
  outputs: Output[],
): void {
  adoptFacts(channel, facts);
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
    if (destination.role === 'unknown') destination.role = sourceFacts ? 'called' : 'originated';
    destination.source = source ?? null;
    changed(board, destination, destinationFacts, at, outputs);
  }
  if (!source || !sourceFacts) return;
  if (source.role === 'unknown') source.role = 'caller';
  source.hasDialed = true;
  source.dialStatus = null;
  changed(board, source, sourceFacts, at, outputs);
}

function applyPoll(
  board: Switchboard,
  poll: Extract<Input, { type: 'poll' }>,
  at: number,
  outputs: Output[],
): void {
  if (board.doubtedAtInput !== null && poll.askedAt >= board.doubtedAtInput) board.doubtedAtInput = null;
  const present = new Set<Channel>();
  for (const row of poll.channels) {
    const channel = channelOfRow(board, row, poll, at, outputs);
    if (!channel) continue;
    present.add(channel);
    adoptRole(channel, row);
    if (channel.changedAtInput <= poll.askedAt) adoptFacts(channel, row);
  }
  // Calls only after all facts: who answered elsewhere stands in another row.
  for (const channel of present) {
    channel.missedPolls = 0;
    settleCall(board, channel, at, outputs);
  }
  for (const channel of board.channels.values()) {
    if (present.has(channel) || channel.changedAtInput > poll.askedAt) continue;
    channel.missedPolls += 1;
    // One miss may be a rename in the making; after a lost link nothing is in the making.
    if (channel.missedPolls < 2 && !poll.isFirst) {
      outputs.push({ type: 'poll-soon' });
      continue;
    }
    forgetChannel(board, channel);
    endLeg(board, channel, { at, cause: null, isLost: poll.isFirst }, outputs);
  }
}

function channelOfRow(
  board: Switchboard,
  row: ChannelFacts,
  poll: Extract<Input, { type: 'poll' }>,
  at: number,
  outputs: Output[],
): Channel | null {
  if ((board.gone.get(row.name) ?? -1) > poll.askedAt) return null;
  const channel = board.channels.get(row.name);
  // A restarted Asterisk counts its channels from 0 again: the same name is another channel then.
  if (channel && poll.isFirst && row.uniqueid !== '' && channel.uniqueid !== row.uniqueid) {
    forgetChannel(board, channel);
    endLeg(board, channel, { at, cause: null, isLost: true }, outputs);
    board.gone.delete(row.name);
  }
  const made = channelFor(board, row, at);
  if (made && !channel) made.changedAtInput = poll.askedAt;
  return made;
}

/** Which side of a dial a channel is on, for what events did not tell [CoreShowChannels: Application]. */
function adoptRole(channel: Channel, row: ChannelFacts): void {
  const application = row.application ?? '';
  if (channel.role === 'unknown') {
    if (application === 'AppDial' || application === 'AppQueue') channel.role = 'called';
    else if (application === 'AppDial2') channel.role = 'originated';
    else if (row.state === CHANNEL_STATE.ring) channel.role = 'caller';
    // A row torn by the caller's own number tells no application; a phone that rings is rung by somebody.
    else if (row.state === CHANNEL_STATE.ringing)
      channel.role = row.application === undefined ? 'called' : 'originated';
    else if (row.state === CHANNEL_STATE.up && application !== '') channel.role = 'caller';
  }
  if (channel.role !== 'called' && (application === 'Dial' || application === 'Queue'))
    channel.hasDialed = true;
}

function applyFound(board: Switchboard, number: string, found: Found, outputs: Output[]): void {
  const waiting = board.lookUps.get(number);
  board.lookUps.delete(number);
  for (const call of waiting ?? []) {
    if (call.remote.number.number !== number) continue; // the other side has changed since
    call.found = found;
    outputs.push({ type: 'line', extension: call.extension, cause: call.id });
  }
}

function applyTick(board: Switchboard, at: number, outputs: Output[]): void {
  for (const [extension, calls] of board.lines) {
    const kept = calls.filter((call) => call.endedAt === null || at - call.endedAt < ENDED_CALL_STAYS_MS);
    if (kept.length === calls.length) continue;
    if (kept.length === 0) board.lines.delete(extension);
    else board.lines.set(extension, kept);
    outputs.push({ type: 'line', extension, cause: null });
  }
}
