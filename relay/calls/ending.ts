// How calls end: a leg goes, and with the last one the call; what it was decides the word. Pure; used by
// `calls/apply.ts` and `calls/transfer.ts`, with the tables of `calls/outcome.ts`.
import type { EndReason } from '../../shared/protocol.ts';
import { openCall } from './call.ts';
import { CHANNEL_STATE } from './facts.ts';
import type { Output } from './facts.ts';
import { areRungTogether, hasMovedOn, isLocal, originOf } from './far-end.ts';
import { outcomeOfDialing, outcomeOfRinging } from './outcome.ts';
import { lookUp } from './remote.ts';
import { MAX_MISSED_KEPT } from './switchboard.ts';
import type { Call, Channel, Switchboard } from './switchboard.ts';

/** A caller who was left alone is hung up or goes on within milliseconds; a dialplan may also keep him for a survey. */
const ENDING_UNDERSTOOD_MS = 1_000;

export type LegEnd = {
  at: number;
  /** Asterisk's hangup cause; null where no event told it. */
  cause: number | null;
  isLost: boolean;
};

/** A channel has gone; with the last leg goes the call. */
export function endLeg(board: Switchboard, channel: Channel, end: LegEnd, outputs: Output[]): void {
  if (channel.extension === null) return;
  const isForwarded = forwards(channel);
  const call = channel.call ?? unrungCall(board, channel, end, outputs);
  if (!call) return;
  call.legs.delete(channel);
  if (call.legs.size > 0 || call.endedAt !== null) return;
  const reason = end.isLost ? 'lost' : reasonOf(board, call, channel, { ...end, isForwarded });
  if (reason !== null) return finish(board, call, reason, end.at, outputs);
  call.ending = { at: end.at, leg: channel };
  board.endings.add(call);
  outputs.push({ type: 'tick-in', ms: ENDING_UNDERSTOOD_MS });
}

/** null: not understood yet, as the other side is still there. */
function reasonOf(
  board: Switchboard,
  call: Call,
  channel: Channel,
  { cause, isForwarded }: LegEnd & { isForwarded: boolean },
): EndReason | null {
  const isDone = call.answeredAt !== null;
  if (channel.isTransferrer && (isDone || call.direction === 'outbound')) return 'transferred';
  if (isDone) {
    const { partner } = channel;
    if (!partner || !isAlive(board, partner)) return 'completed';
    return hasMovedOn(board, partner) ? 'transferred' : null;
  }
  if (call.direction === 'outbound') return outcomeOfDialing(channel.dialStatus, cause);
  const answeredBy = channel.pickedUpBy ?? answererBeside(board, channel);
  const reason = outcomeOfRinging({
    hasRung: channel.rangAtInput !== null,
    cause,
    answeredBy,
    isPickedUp: channel.pickedUpBy !== null,
    isForwarded,
  });
  if (reason === 'answered-elsewhere') call.answeredBy = answeredBy;
  if (reason === 'missed' || (reason === 'answered-elsewhere' && answeredBy === null)) {
    board.missed.push({ call, leg: channel });
    if (board.missed.length > MAX_MISSED_KEPT) board.missed.shift();
  }
  return reason ?? 'missed';
}

/** It never rang, but a caller who was turned away at once is told all the same. */
function unrungCall(board: Switchboard, channel: Channel, end: LegEnd, outputs: Output[]): Call | null {
  if (channel.role !== 'called' || channel.extension === null) return null;
  const others = board.phones.get(channel.extension) ?? [];
  if ([...others].some((other) => areRungTogether(board, other, channel))) return null;
  const how = { hasRung: false, cause: end.cause, answeredBy: null, isPickedUp: false, isForwarded: false };
  if (outcomeOfRinging(how) === null) return null;
  const call = openCall(board, channel, end.at);
  lookUp(board, call, channel, outputs);
  return call;
}

export function finish(
  board: Switchboard,
  call: Call,
  reason: EndReason,
  at: number,
  outputs: Output[],
): void {
  board.endings.delete(call);
  call.ending = null;
  call.state = 'ended';
  call.endedAt = at;
  call.endReason = reason;
  outputs.push({ type: 'line', extension: call.extension, cause: call.id });
}

/** Ends the calls whose other side has shown by now whether it hung up or was passed on. */
export function resolveEndings(board: Switchboard, at: number, outputs: Output[]): void {
  for (const call of board.endings) {
    if (!call.ending) continue;
    const { leg, at: endedAt } = call.ending;
    const partner = leg.partner;
    if (leg.isTransferrer) finish(board, call, 'transferred', endedAt, outputs);
    else if (!partner || !isAlive(board, partner)) finish(board, call, 'completed', endedAt, outputs);
    else if (hasMovedOn(board, partner)) finish(board, call, 'transferred', endedAt, outputs);
    else if (Math.abs(at - endedAt) >= ENDING_UNDERSTOOD_MS)
      finish(board, call, 'completed', endedAt, outputs);
  }
}

const isAlive = (board: Switchboard, channel: Channel): boolean =>
  board.channels.get(channel.name) === channel;

/** The extension that answered what `channel` was rung for. */
function answererBeside(board: Switchboard, channel: Channel): string | null {
  const family = channel.linkedid === null ? board.channels.values() : board.families.get(channel.linkedid);
  // Who took the call with a pickup code has still a Linkedid of his own.
  for (const other of [...(family ?? []), ...(originOf(board, channel)?.dials ?? [])]) {
    if (other.extension === null || other.extension === channel.extension) continue;
    // Who was talking before this phone was called is in another call; its ring may be told after the answer.
    if (other.state !== CHANNEL_STATE.up || (other.upAtInput ?? 0) < channel.madeAtInput) continue;
    if (areRungTogether(board, other, channel)) return other.extension;
  }
  return null;
}

/** A phone sent its caller on [302]: Asterisk dials a Local channel for him, and hangs the phone up next. */
function forwards({ source, madeAtInput, rangAtInput }: Channel): boolean {
  if (!source) return false;
  const local = [...source.dials].find(
    (other) => isLocal(other) && !other.isForwarding && other.madeAtInput > (rangAtInput ?? madeAtInput),
  );
  if (local) local.isForwarding = true;
  return local !== undefined;
}
