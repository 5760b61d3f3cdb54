// A poll is all channels at one moment: it corrects whatever events got wrong, and closes what is no more. Pure; called
// by `calls/apply.ts`.
import { settleCall } from './call.ts';
import { adoptFacts, channelFor, dialledBy, forgetChannel, isReplaced, moveToBridge } from './channel.ts';
import { noteDialledCode } from './dialled-code.ts';
import { endLeg } from './ending.ts';
import { CHANNEL_STATE } from './facts.ts';
import type { ChannelFacts, Input, Output } from './facts.ts';
import { isLocal } from './far-end.ts';
import type { Channel, Switchboard } from './switchboard.ts';

export function applyPoll(
  board: Switchboard,
  poll: Extract<Input, { type: 'poll' }>,
  at: number,
  outputs: Output[],
): void {
  if (board.doubtedAtInput !== null && poll.askedAt >= board.doubtedAtInput) board.doubtedAtInput = null;
  // What is torn in this reply has raised a new doubt; of the first one nobody has looked.
  const isTrusted = board.doubtedAtInput === null && !poll.isFirst;
  const present = new Set<Channel>();
  for (const row of poll.channels) {
    const channel = channelOfRow(board, row, poll, at, outputs);
    if (!channel) continue;
    present.add(channel);
    adoptRole(board, channel, row, outputs);
    if (isAhead(channel, row)) outputs.push({ type: 'poll-soon' });
    else if (channel.changedAtInput <= poll.askedAt) adoptFacts(board, channel, row);
    // [12+] No event tells the queue, so none can be newer than the row, but that its caller has gone on.
    else if (row.queue && row.exten === channel.exten) adoptFacts(board, channel, { queue: row.queue });
    if (isTrusted) noteDialledCode(board, channel, row, outputs);
  }
  adoptSources(present);
  for (const channel of present) channel.missedPolls = 0;
  // Only after all facts: who answered elsewhere stands in another row.
  for (const channel of board.channels.values()) {
    if (present.has(channel) || channel.changedAtInput > poll.askedAt) continue;
    channel.missedPolls += 1;
    moveToBridge(board, channel, '');
    // One miss may be a rename in the making; after a lost link nothing is in the making.
    if (channel.missedPolls < 2 && !poll.isFirst) {
      outputs.push({ type: 'poll-soon' });
      continue;
    }
    forgetChannel(board, channel);
    endLeg(board, channel, { at, cause: null, isLost: poll.isFirst }, outputs);
  }
  // Last of all: a call that is over must not take a new one for its own.
  for (const channel of present)
    // One name with two ids: the later row counts.
    if (board.channels.get(channel.name) === channel) settleCall(board, channel, at, outputs);
}

/** Rows overtake events on their way to us: a ring is not to be lost by that. Twice is no overtaking any more. */
function isAhead(channel: Channel, row: ChannelFacts): boolean {
  const isRingUntold =
    channel.role === 'called' && channel.rangAtInput === null && channel.upAtInput === null;
  if (!channel.isAnnounced || channel.isSeenAhead || !isRingUntold) return false;
  if (row.state !== CHANNEL_STATE.up) return false;
  channel.isSeenAhead = true;
  return true;
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
  const isOlder = channel !== undefined && channel.changedAtInput <= poll.askedAt;
  const isSure = poll.isFirst || (isOlder && row.linkedid !== undefined);
  const isReplacing = channel !== undefined && isSure && isReplaced(channel, row);
  if (isReplacing) {
    forgetChannel(board, channel);
    endLeg(board, channel, { at, cause: null, isLost: poll.isFirst }, outputs);
    board.gone.delete(row.name);
  }
  const made = channelFor(board, row, at);
  if (made && made !== channel) made.changedAtInput = poll.askedAt;
  if (made && isReplacing) made.isReplacement = true;
  return made;
}

/** [11, polls only] Nothing but the caller's number tells who makes a phone ring, where one caller alone has it. */
function adoptSources(present: ReadonlySet<Channel>): void {
  const orphans = [...present].filter(
    ({ role, source, linkedid }) => role === 'called' && source === null && linkedid === null,
  );
  if (orphans.length === 0) return;
  const diallers = new Map<string, Channel | null>();
  for (const channel of present) {
    if (!channel.hasDialed || isLocal(channel) || channel.callerNumber === null) continue;
    diallers.set(channel.callerNumber, diallers.has(channel.callerNumber) ? null : channel);
  }
  for (const orphan of orphans) dialledBy(orphan, diallers.get(orphan.connectedNumber ?? '') ?? null);
}

/** A row may be made before the channel of the colleague who is dialled: a moment later he is known as one. */
const isColleagueToCome = (board: Switchboard, channel: Channel, { exten = '' }: ChannelFacts): boolean =>
  channel.extension !== null &&
  !channel.isSeenDialing &&
  board.options.extensionOf(`SIP/${exten}-0`) !== null &&
  !board.phones.has(board.options.extensionOfNumber(exten));

/** Which side of a dial a channel is on, for what events did not tell [CoreShowChannels: Application]. */
function adoptRole(board: Switchboard, channel: Channel, row: ChannelFacts, outputs: Output[]): void {
  const application = row.application ?? '';
  if (channel.role === 'unknown') {
    if (application === 'AppDial' || application === 'AppQueue') channel.role = 'called';
    else if (application === 'AppDial2') channel.role = 'originated';
    // A row torn by the caller's own number tells no application; a phone that rings is rung by somebody. [11] One with
    // none was originated; on 12+ the row was only made an instant too early.
    else if (row.state === CHANNEL_STATE.ringing && !isLocal(channel)) {
      if (row.application === undefined) channel.role = 'called';
      else if (channel.linkedid === null) channel.role = 'originated';
    } else if (row.state === CHANNEL_STATE.up && application !== '') channel.role = 'caller';
  }
  if (channel.role === 'called' || (application !== 'Dial' && application !== 'Queue')) return;
  if (!channel.hasDialed && isColleagueToCome(board, channel, row)) {
    channel.isSeenDialing = true;
    return void outputs.push({ type: 'poll-soon' });
  }
  channel.hasDialed = true;
  // Whom it dials stands in the same row, which may be newer than the last event told.
  if (channel.firstExten === null) adoptFacts(board, channel, { exten: row.exten });
}
