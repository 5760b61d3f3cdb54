// The calls of an extension, made of its channels: a call's state is always derived from what its legs are now, so an
// event told twice, late or by a poll instead leads to the same call. Pure; used by `calls/apply.ts`.
import { followDialler } from './click.ts';
import { isToCode } from './dialled-code.ts';
import { CHANNEL_STATE } from './facts.ts';
import type { Output } from './facts.ts';
import { areRungTogether, farEnd, isConsulting, isJoinedWithStub, isLocal, originOf } from './far-end.ts';
import { changedRemote, lookUp, NOBODY, tellClient } from './remote.ts';
import { MAX_CALLS_KEPT } from './switchboard.ts';
import type { Call, Channel, Switchboard } from './switchboard.ts';

type LegState = 'silent' | 'ringing' | 'dialing' | 'talking' | 'held';

/**
 * | role       | Down, Ring | Ringing | Up, alone | Up, joined |
 * |------------|------------|---------|-----------|------------|
 * | called     | silent     | ringing | talking   | talking    |
 * | caller (*) | dialing    | –       | dialing   | talking    |
 * | caller     | silent     | –       | silent    | talking    |
 * (*) and originated, once it has dialled: a feature code is a call to nobody, unless it fetches a parked call; a browser's
 * code is one always.
 * Talking is held where the phone itself holds.
 */
function legState(board: Switchboard, channel: Channel): LegState {
  const isUp = channel.state === CHANNEL_STATE.up;
  const talking = channel.isHeld ? 'held' : 'talking';
  switch (channel.role) {
    case 'unknown':
      return 'silent';
    case 'called':
      return isUp ? talking : channel.state === CHANNEL_STATE.ringing ? 'ringing' : 'silent';
    case 'caller':
    case 'originated': {
      if (isToCode(board, channel.firstExten)) return 'silent'; // also where the PBX dials it on
      if (!channel.hasDialed) return farEnd(board, channel) ? talking : 'silent';
      if (channel.bridgeId === '') return 'dialing';
      return channel.role === 'originated' && isJoinedWithStub(board, channel) ? 'dialing' : talking;
    }
  }
}

const isAnswered = (state: LegState | Call['state']): boolean => state === 'talking' || state === 'held';

/** Brings the call of a phone's channel in line with the channel. */
export function settleCall(board: Switchboard, channel: Channel, at: number, outputs: Output[]): void {
  settlePartner(board, channel);
  if (channel.toldClient) tellClient(board, channel, outputs);
  if (channel.extension === null) return;
  followDialler(board, channel);
  const state = legState(board, channel);
  if (state === 'silent') {
    // [11: a queue's direct member rings with no Dial event] Only a poll tells a queue from a click-to-call.
    if (channel.role === 'unknown' && channel.state === CHANNEL_STATE.ringing)
      outputs.push({ type: 'poll-soon' });
    if (!channel.call) return;
  }
  const sibling = channel.call ? undefined : siblingCall(board, channel);
  const existing = channel.call ?? (sibling && isRungBeside(channel, sibling) ? sibling : undefined);
  const call = existing ?? openCall(board, channel, at);
  const stateBefore = call.state;
  const queueBefore = call.queue;
  channel.call = call;
  call.legs.add(channel);
  call.state = stateWith(board, call, state);
  if (isAnswered(call.state) && call.answeredAt === null) {
    call.answeredAt = at;
    for (const other of [originOf(board, channel), farEnd(board, channel)])
      if (other) other.transferredBy = null;
    tellMissed(board, channel, outputs);
  }
  const remote = changedRemote(board, channel, existing ? call.remote : null);
  if (remote) call.remote = remote;
  if (remote && existing) noteTransfer(board, call, channel);
  noteQueue(board, call, channel, state, outputs);
  if (remote || !existing) lookUp(board, call, channel, outputs);
  if (remote || !existing || call.state !== stateBefore || call.queue !== queueBefore)
    outputs.push({ type: 'line', extension: call.extension, cause: call.id });
}

/** The queue that the caller came by; nobody else's, though his channel is the root of all that follows. */
function noteQueue(
  board: Switchboard,
  call: Call,
  channel: Channel,
  state: LegState,
  outputs: Output[],
): void {
  if (call.queue !== null || call.remote.extension !== null) return;
  const origin = originOf(board, channel);
  call.queue = origin?.queue ?? null;
  // Only a poll knows the queue [12+: Application, ApplicationData]: its caller is Up and joined with nobody.
  if (
    state === 'ringing' &&
    call.queue === null &&
    channel.changedAtInput === board.inputs && // a poll has told already; asked for one more, it would come back for ever
    origin?.state === CHANNEL_STATE.up &&
    origin.bridgeId === ''
  )
    outputs.push({ type: 'poll-soon' });
}

/** Who passed on the one at the other side, now that it is another; told once, it is no news for later calls. */
function noteTransfer(board: Switchboard, call: Call, channel: Channel): void {
  const marked = [channel, farEnd(board, channel), originOf(board, channel)].find(
    (one) => one?.transferredBy,
  );
  const by = marked?.transferredBy;
  if (!by || by === call.remote.extension) return;
  call.transferredBy = by;
  if (channel.bridgeId !== '') channel.transferredBy = null; // else it goes on, and who is rung next is told, too
  const far = farEnd(board, channel);
  if (far) far.transferredBy = null;
}

/** Whom the channel talks with, unless it only asks somebody while its partner waits. */
function settlePartner(board: Switchboard, channel: Channel): void {
  const far = farEnd(board, channel);
  if (!far || isConsulting(board, channel)) return;
  channel.partner = far;
  if (isLocal(channel) && far.role === 'originated') return; // nobody is there yet
  if (!isConsulting(board, far)) far.partner = channel;
}

/** Once answered a call is talking or held, whatever else its legs do; two phones of one extension make one call. */
function stateWith(board: Switchboard, call: Call, state: LegState): Call['state'] {
  if (isAnswered(call.state) || isAnswered(state)) {
    const states = [...call.legs].map((leg) => legState(board, leg));
    if (states.includes('talking')) return 'talking';
    return states.includes('held') ? 'held' : call.state;
  }
  return call.state;
}

/** The live call that another phone of the same extension is already in, rung by the same caller. */
export function siblingCall(board: Switchboard, channel: Channel): Call | undefined {
  if (channel.role !== 'called' || channel.extension === null) return undefined;
  const isSibling = (leg: Channel): boolean =>
    // [11] One peer is one phone; the same number twice at it is two callers.
    (channel.linkedid !== null || endpointOf(leg) !== endpointOf(channel)) &&
    areRungTogether(board, leg, channel);
  return board.lines.get(channel.extension)?.find(({ legs }) => [...legs].some(isSibling));
}

/** Dial gives the others up at the answer: who is called after it is called anew; news of others may still be on its way. */
const isRungBeside = (channel: Channel, call: Call): boolean =>
  call.answeredAt === null ||
  [...call.legs].some(({ upAtInput }) => upAtInput !== null && channel.madeAtInput < upAtInput);

/** `SIP/101-0000002b` → `SIP/101` */
const endpointOf = ({ name }: Channel): string => name.slice(0, name.lastIndexOf('-'));

/** Somebody took the caller whom others missed before, as a queue tries one after another. */
function tellMissed(board: Switchboard, channel: Channel, outputs: Output[]): void {
  const together = board.missed.filter(({ leg }) => areRungTogether(board, leg, channel));
  for (const { call } of together) {
    board.missed = board.missed.filter((missed) => missed.call !== call);
    if (call.extension === channel.extension) continue; // he has spoken with him himself
    call.answeredBy = channel.extension;
    outputs.push({ type: 'line', extension: call.extension, cause: call.id });
  }
}

export function openCall(board: Switchboard, channel: Channel, at: number): Call {
  const extension = channel.extension ?? '';
  const calls = board.lines.get(extension) ?? [];
  board.lines.set(extension, calls);
  const isCalled = channel.role === 'called';
  const origin = originOf(board, channel);
  const call: Call = {
    id: unusedId(calls, channel),
    extension,
    direction: isCalled || !channel.hasDialed ? 'inbound' : 'outbound',
    state: isCalled ? 'ringing' : 'dialing',
    remote: changedRemote(board, channel, null) ?? NOBODY,
    found: null,
    dialed: isCalled ? didOf(board, origin) : null,
    startedAt: Math.min(at, Math.max(channel.startedAt, 0)),
    answeredAt: null,
    endedAt: null,
    endReason: null,
    answeredBy: null,
    queue: null,
    transferredBy: null,
    ending: null,
    legs: new Set(),
  };
  const by = isCalled ? origin?.transferredBy : null;
  if (by && by !== extension && by !== call.remote.extension) call.transferredBy = by;
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
 * call that is still going on, so no screen shows it twice. Where a stranger's line breaks have torn it off there is only
 * the channel's name, which comes again after each restart of Asterisk: with the time it is nobody else's.
 */
function unusedId(calls: readonly Call[], { uniqueid, name, startedAt }: Channel): string {
  const first = uniqueid === name ? `${Math.round(startedAt)} ${name}` : uniqueid;
  let id = first.slice(0, 80);
  for (let n = 2; calls.some((call) => call.id === id); n += 1) id = `${first.slice(0, 80)}-${n}`;
  return id;
}

/** The number that the outside caller dialled: the first Exten of the trunk's channel that began the call. */
function didOf(board: Switchboard, origin: Channel | null): string | null {
  if (origin === null || origin.extension !== null || origin.firstExten === null) return null;
  return board.options.describeNumber(origin.firstExten).number;
}
