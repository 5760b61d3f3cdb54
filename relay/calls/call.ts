// The calls of an extension, made of its channels: a call's state is always derived from what its legs are now, so an
// event told twice, late or by a poll instead leads to the same call. Pure; used by `calls/apply.ts`.
import { cleanText } from '../numbers.ts';
import { CHANNEL_STATE } from './facts.ts';
import type { Output } from './facts.ts';
import { outcomeOfDialing, outcomeOfRinging } from './outcome.ts';
import { MAX_CALLS_KEPT } from './switchboard.ts';
import type { Call, Channel, Remote, Switchboard } from './switchboard.ts';

const MAX_NAME_LENGTH = 80;

const NOBODY: Remote = {
  raw: '',
  rawName: '',
  number: { number: null, display: '' },
  name: null,
  isInternal: false,
};

type LegState = 'silent' | 'ringing' | 'dialing' | 'talking';

/**
 * | role       | Down, Ring | Ringing | Up, no bridge | Up, in a bridge |
 * |------------|------------|---------|---------------|-----------------|
 * | called     | silent     | ringing | talking       | talking         |
 * | caller (*) | dialing    | –       | dialing       | talking         |
 * (*) and originated; silent until it has dialled: a feature code is a call to nobody.
 */
function legState(channel: Channel): LegState {
  const isUp = channel.state === CHANNEL_STATE.up;
  switch (channel.role) {
    case 'unknown':
      return 'silent';
    case 'called':
      return isUp ? 'talking' : channel.state === CHANNEL_STATE.ringing ? 'ringing' : 'silent';
    case 'caller':
    case 'originated':
      if (!channel.hasDialed) return 'silent';
      return isUp && channel.bridgeId !== '' ? 'talking' : 'dialing';
  }
}

const RANK: Readonly<Record<Call['state'], number>> = {
  ended: 0,
  ringing: 1,
  dialing: 1,
  held: 2,
  talking: 2,
};

/** Brings the call of a phone's channel in line with the channel. */
export function settleCall(board: Switchboard, channel: Channel, at: number, outputs: Output[]): void {
  if (channel.extension === null) return;
  const state = legState(channel);
  if (state === 'silent') {
    // [11: a queue's direct member rings with no Dial event] Only a poll tells a queue from a click-to-call.
    if (channel.role === 'unknown' && channel.state === CHANNEL_STATE.ringing)
      outputs.push({ type: 'poll-soon' });
    if (!channel.call) return;
  }
  const existing = channel.call ?? siblingCall(board, channel);
  const call = existing ?? openCall(board, channel, at);
  const stateBefore = call.state;
  channel.call = call;
  call.legs.add(channel);
  if (state !== 'silent' && RANK[state] > RANK[call.state]) call.state = state;
  if (call.state === 'talking') call.answeredAt ??= at;
  const remote = changedRemote(board, channel, call.remote);
  if (remote) call.remote = remote;
  if (remote || !existing) lookUp(board, call, outputs);
  if (remote || !existing || call.state !== stateBefore)
    outputs.push({ type: 'line', extension: call.extension, cause: call.id });
}

/** A channel has gone; with the last leg goes the call. `cause`: null where no event told it. */
export function endLeg(
  board: Switchboard,
  channel: Channel,
  end: { at: number; cause: number | null; isLost: boolean },
  outputs: Output[],
): void {
  if (channel.extension === null) return;
  const { at, cause, isLost } = end;
  let call = channel.call;
  if (!call) {
    // It never rang, but a caller who was turned away at once is told all the same.
    if (channel.role !== 'called' || isLost || siblingCall(board, channel)) return;
    if (outcomeOfRinging({ hasRung: channel.hasRung, cause, answeredBy: null }) === null) return;
    call = openCall(board, channel, at);
    call.legs.add(channel);
    lookUp(board, call, outputs);
  }
  call.legs.delete(channel);
  if (call.legs.size > 0 || call.endedAt !== null) return;
  const answeredBy = answererBeside(board, channel);
  const outcome = isLost
    ? 'lost'
    : call.answeredAt !== null
      ? 'completed'
      : call.direction === 'outbound'
        ? outcomeOfDialing(channel.dialStatus, cause)
        : (outcomeOfRinging({ hasRung: channel.hasRung, cause, answeredBy }) ?? 'missed');
  call.state = 'ended';
  call.endedAt = at;
  call.endReason = outcome;
  if (outcome === 'answered-elsewhere') call.answeredBy = answeredBy;
  outputs.push({ type: 'line', extension: call.extension, cause: call.id });
}

/** The live call that another phone of the same extension is already in, rung by the same caller. */
function siblingCall(board: Switchboard, channel: Channel): Call | undefined {
  if (channel.role !== 'called' || channel.extension === null) return undefined;
  return board.lines
    .get(channel.extension)
    ?.find((call) => call.endedAt === null && [...call.legs].some((leg) => isRungTogether(leg, channel)));
}

function isRungTogether(a: Channel, b: Channel): boolean {
  if (a === b || a.role !== 'called' || b.role !== 'called') return false;
  if (a.linkedid !== null && b.linkedid !== null) return a.linkedid === b.linkedid;
  // [11 tells no Linkedid, and polls alone tell no source]
  if (a.source !== null && b.source !== null) return a.source === b.source;
  return a.connectedNumber !== null && a.connectedNumber === b.connectedNumber;
}

/** The extension that answered what `channel` was rung for. */
function answererBeside(board: Switchboard, channel: Channel): string | null {
  for (const other of board.channels.values())
    if (other.extension !== null && other.state === CHANNEL_STATE.up && isRungTogether(other, channel))
      return other.extension;
  return null;
}

function openCall(board: Switchboard, channel: Channel, at: number): Call {
  const extension = channel.extension ?? '';
  const calls = board.lines.get(extension) ?? [];
  board.lines.set(extension, calls);
  const call: Call = {
    id: unusedId(calls, channel.uniqueid),
    extension,
    direction: channel.role === 'called' ? 'inbound' : 'outbound',
    state: channel.role === 'called' ? 'ringing' : 'dialing',
    remote: changedRemote(board, channel, null) ?? NOBODY,
    found: null,
    dialed: channel.role === 'called' ? didOf(board, channel) : null,
    startedAt: Math.min(at, Math.max(channel.startedAt, 0)),
    answeredAt: null,
    endedAt: null,
    endReason: null,
    answeredBy: null,
    legs: new Set(),
  };
  calls.push(call);
  if (calls.length > MAX_CALLS_KEPT)
    calls.splice(
      Math.max(
        0,
        calls.findIndex((kept) => kept.endedAt !== null),
      ),
      1,
    );
  return call;
}

/**
 * The Uniqueid of the first leg [`epoch seconds.count`, unique on one PBX]: a restarted relay finds the same id for a
 * call that is still going on, so no screen shows it twice.
 */
function unusedId(calls: readonly Call[], uniqueid: string): string {
  let id = uniqueid.slice(0, 80);
  for (let n = 2; calls.some((call) => call.id === id); n += 1) id = `${uniqueid.slice(0, 80)}-${n}`;
  return id;
}

/** The number that the outside caller dialled: the first Exten of the trunk's channel that began the call. */
function didOf(board: Switchboard, channel: Channel): string | null {
  let root = channel.source;
  if (channel.linkedid !== null && root?.uniqueid !== channel.linkedid)
    root = [...board.channels.values()].find((other) => other.uniqueid === channel.linkedid) ?? null;
  if (root === null || root.extension !== null || root.name.startsWith('Local/') || root.firstExten === null)
    return null;
  return board.options.describeNumber(root.firstExten).number;
}

/** The other side of a channel, if it is not what `before` says. */
function changedRemote(board: Switchboard, channel: Channel, before: Remote | null): Remote | null {
  const { source } = channel;
  const isCalled = channel.role === 'called';
  const raw =
    (isCalled
      ? (channel.connectedNumber ?? source?.callerNumber)
      : (channel.firstExten ?? channel.connectedNumber)) ?? '';
  const rawName = (isCalled ? (channel.connectedName ?? source?.callerName) : channel.connectedName) ?? '';
  const isSame = before !== null && before.raw === raw && before.rawName === rawName;
  const isInternal = (isSame && before.isInternal) || hasPhone(board, channel, raw);
  if (isSame && before.isInternal === isInternal) return null;
  const extension = board.options.extensionOfNumber(raw);
  const number = isInternal ? { number: extension, display: extension } : board.options.describeNumber(raw);
  const name = cleanText(rawName, MAX_NAME_LENGTH);
  const isTelling = name !== '' && name !== raw && number.number !== null;
  return { raw, rawName, number, name: isTelling ? name : null, isInternal };
}

/** Whether the other side is one of our own phones: it has a channel in the same call right now. */
function hasPhone(board: Switchboard, channel: Channel, number: string): boolean {
  for (const other of board.phones.get(board.options.extensionOfNumber(number)) ?? [])
    if (other !== channel)
      if (other.linkedid === null || channel.linkedid === null || other.linkedid === channel.linkedid)
        return true;
  return false;
}

/** Asks whose number it is, unless it is nobody's: hidden, or a colleague. */
function lookUp(board: Switchboard, call: Call, outputs: Output[]): void {
  const { number } = call.remote.number;
  call.found = null;
  if (number === null || call.remote.isInternal) return;
  const waiting = board.lookUps.get(number);
  if (waiting) {
    waiting.add(call); // it has been asked already
    return;
  }
  board.lookUps.set(number, new Set([call]));
  outputs.push({ type: 'look-up', number });
}
