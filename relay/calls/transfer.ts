// Calls that go from hand to hand: transfers, pickups, parking, and the masquerades by which Asterisk does them. Pure;
// used by `calls/apply.ts`. [Transfer 11; AttendedTransfer, BlindTransfer 12+; Pickup; ParkedCall; Rename]
import { settleCall } from './call.ts';
import { dialledBy, forgetChannel, moveToBridge, moveToFamily } from './channel.ts';
import { endLeg } from './ending.ts';
import { CHANNEL_STATE } from './facts.ts';
import type { Output } from './facts.ts';
import { farEnd, phonesBehind } from './far-end.ts';
import type { Channel, Switchboard } from './switchboard.ts';

type Step = { board: Switchboard; at: number; outputs: Output[] };

/**
 * `channel` goes on where `displaced` was: in its bridge and its dials. A pickup displaces a ringing phone, an attended
 * transfer of Asterisk 11 the transferer, most others only a shell (`Transfered/…`, `Parking/…`, `AsyncGoto/…`).
 */
export function takePlace(step: Step, channel: Channel, displaced: Channel): void {
  const { board, at, outputs } = step;
  const wasUp = displaced.state === CHANNEL_STATE.up;
  const formerPartner = channel.partner;
  forgetChannel(board, displaced);
  board.uniqueids.delete(channel.uniqueid);
  channel.uniqueid = displaced.uniqueid;
  board.uniqueids.set(channel.uniqueid, channel);
  if (displaced.linkedid !== null) moveToFamily(board, channel, displaced.linkedid);
  moveToBridge(board, channel, displaced.bridgeId);
  if (displaced.source) dialledBy(channel, displaced.source);
  for (const dialled of [...displaced.dials]) dialledBy(dialled, channel);
  channel.hasDialed ||= displaced.hasDialed && channel.role !== 'called';

  if (displaced.extension !== null && displaced.extension !== channel.extension) {
    if (wasUp) {
      displaced.isTransferrer = true;
      if (formerPartner?.extension === displaced.extension) formerPartner.isTransferrer = true;
      channel.transferredBy = displaced.extension;
      connect(board, farEnd(board, channel), channel);
    } else takeRing(board, channel, displaced);
  } else if (displaced.name.startsWith('Transfered/') && formerPartner) {
    formerPartner.isTransferrer = true; // [11: features.conf]
    channel.transferredBy = formerPartner.extension;
  }
  endLeg(board, displaced, { at, cause: null, isLost: false }, outputs);
  settleCall(board, channel, at, outputs);
  const far = farEnd(board, channel);
  if (far) settleCall(board, far, at, outputs);
}

/** [11 has no NewConnectedLine] Whom a called phone talks with now. */
export function connect(board: Switchboard, phone: Channel | null, other: Channel): void {
  if (phone?.role !== 'called') return;
  const number = other.callerNumber ?? '';
  // [Originate: CallerID] A click-to-call leg bears the client's number as if it were its own.
  const isOwn = other.extension === null || board.options.extensionOfNumber(number) === other.extension;
  phone.connectedNumber = isOwn ? number : other.extension;
  phone.connectedName = other.callerName;
  if (phone.call && phone.call.extension !== other.transferredBy)
    phone.transferredBy = other.transferredBy ?? phone.transferredBy;
}

/** Somebody took a call that rang at another phone: it is an inbound call of his now. */
export function pickUp({ board, at, outputs }: Step, channel: Channel, target: Channel): void {
  takeRing(board, channel, target);
  if (target.source) dialledBy(channel, target.source);
  settleCall(board, channel, at, outputs);
}

function takeRing(board: Switchboard, channel: Channel, target: Channel): void {
  if (target.linkedid !== null) moveToFamily(board, channel, target.linkedid);
  target.pickedUpBy = channel.extension;
  channel.role = 'called';
  channel.connectedNumber = target.connectedNumber ?? target.source?.callerNumber ?? null;
  channel.connectedName = target.connectedName ?? target.source?.callerName ?? null;
}

/** The transferers leave, the others are joined. */
export function passOn(
  { board, at, outputs }: Step,
  transferers: readonly string[],
  transferees: readonly string[],
): void {
  const leaving = transferers.flatMap((name) => channelsCalled(board, name));
  for (const leg of leaving) leg.isTransferrer = true;
  const by = leaving[0]?.extension ?? null;
  const joined = transferees.flatMap((name) => board.channels.get(name) ?? []);
  // [12+] Left while the other still rings: the transferee goes on with the transferer's dial, by a silent masquerade.
  const rung = leaving.flatMap((leg) => [...leg.dials]);
  for (const channel of rung) dialledBy(channel, joined[0] ?? channel.source);
  const met = joined.flatMap(({ bridgeId }) => [...(board.bridges.get(bridgeId) ?? [])]);
  for (const channel of new Set([...joined, ...met, ...rung])) {
    channel.queue = null;
    channel.transferredBy = by;
    for (const phone of phonesBehind(board, channel)) {
      if (leaving.includes(phone)) continue;
      phone.transferredBy = by;
      settleCall(board, phone, at, outputs);
      const { call } = phone;
      if (!call || call.extension === by || call.remote.extension === by || call.transferredBy === by)
        continue;
      call.transferredBy = by;
      phone.transferredBy = null;
      outputs.push({ type: 'line', extension: call.extension, cause: call.id });
    }
  }
}

/** The phones of that name, also one that has hung up a moment ago. */
function channelsCalled(board: Switchboard, name: string): Channel[] {
  const channel = board.channels.get(name);
  if (channel) return phonesBehind(board, channel);
  return [...board.endings].flatMap(({ ending }) => (ending?.leg.name === name ? [ending.leg] : []));
}

/** A caller was put where anybody can fetch him; for the one who did, the call is passed on. */
export function park(channel: Channel): void {
  if (channel.partner) channel.partner.isTransferrer = true;
  channel.transferredBy = null;
}
