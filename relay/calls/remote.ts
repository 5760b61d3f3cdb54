// The other side of a call as its extension sees it, and the question whose number it is. Pure; used by `calls/call.ts`.
//
//   leg                          the other side is
//   called                       its connected line [ConnectedLineNum], else whoever dials it
//   caller that has dialled      what it dialled; once joined, the colleague or the caller at the far end
//   caller that has not          the far end: a parked call fetched
//   consulting (either)          whom it was talking with: that call waits
import { cleanText } from '../numbers.ts';
import { farEnd, isConsulting, originOf, phonesBehind } from './far-end.ts';
import type { Output } from './facts.ts';
import type { Call, Channel, Remote, Switchboard } from './switchboard.ts';

const MAX_NAME_LENGTH = 80;

export const NOBODY: Remote = {
  raw: '',
  rawName: '',
  number: { number: null, display: '' },
  name: null,
  extension: null,
};

type Told = { raw: string; rawName: string; phone: Channel | null };

/** The other side of a channel, if it is not what `before` says. */
export function changedRemote(board: Switchboard, channel: Channel, before: Remote | null): Remote | null {
  if (before && isConsulting(board, channel)) return null;
  const told = channel.role === 'called' ? toldToCalled(board, channel) : toldToCaller(board, channel);
  if (!told) return before ? null : NOBODY;
  const { raw, rawName } = told;
  if (before && isStale(board, channel, raw)) return null;
  const isSame = before !== null && before.raw === raw && before.rawName === rawName;
  // Who was a colleague stays one, also when his own channel has gone first.
  const extension =
    told.phone?.extension ?? (isSame ? before.extension : null) ?? extensionBehind(board, channel, raw);
  if (isSame && before.extension === extension) return null;
  const number =
    extension === null ? board.options.describeNumber(raw) : { number: extension, display: extension };
  const staffName = extension === null ? null : (board.options.colleagueName?.(extension) ?? null);
  const name = cleanText(staffName ?? rawName, MAX_NAME_LENGTH);
  const isTelling = name !== '' && name !== raw && number.number !== null;
  return { raw, rawName, number, name: isTelling ? name : null, extension };
}

/** In a consultation the connected line changes before and after the bridge: a client's trunk is no colleague, nor hidden. */
function isStale(board: Switchboard, channel: Channel, raw: string): boolean {
  const far = farEnd(board, channel);
  if (!far || far.extension !== null) return false;
  return raw === '' ? far.callerNumber !== null : extensionBehind(board, channel, raw) !== null;
}

function toldToCalled(board: Switchboard, channel: Channel): Told {
  const { source } = channel;
  // A caller without a number is told as nothing, also where another was told before him.
  const far = farEnd(board, channel);
  const isHidden = far !== null && far.extension === null && far.callerNumber === null;
  const raw = isHidden ? '' : (channel.connectedNumber ?? source?.callerNumber ?? '');
  const rawName = channel.connectedName ?? source?.callerName ?? '';
  const origin = originOf(board, channel);
  // [Originate: CallerID] A click-to-call leg bears the client's number as if it were its own.
  const isColleague =
    origin && origin.extension !== null && origin.role !== 'originated' && origin.firstExten !== raw;
  return { raw, rawName, phone: isColleague && origin.callerNumber === raw ? origin : null };
}

/** null: nothing new. */
function toldToCaller(board: Switchboard, channel: Channel): Told | null {
  const far = farEnd(board, channel);
  const dialled = channel.hasDialed
    ? (channel.firstExten ?? channel.connectedNumber)
    : channel.connectedNumber;
  const connectedName = channel.connectedName ?? '';
  if (far && far.extension !== null)
    return { raw: far.callerNumber ?? far.extension, rawName: far.callerName ?? connectedName, phone: far };
  if (far && originOf(board, far) !== channel && !(far.role === 'called' && far.source === null))
    return { raw: far.callerNumber ?? '', rawName: far.callerName ?? '', phone: null };
  if (dialled === null || (channel.partner && !far)) return null;
  return { raw: dialled, rawName: connectedName, phone: null };
}

/** The colleague who has this number and a channel in the same call right now: anybody may claim to be "101". */
function extensionBehind(board: Switchboard, channel: Channel, number: string): string | null {
  const extension = board.options.extensionOfNumber(number);
  for (const other of board.phones.get(extension) ?? [])
    if (other !== channel)
      if (other.linkedid === null || channel.linkedid === null || other.linkedid === channel.linkedid)
        return extension;
  return null;
}

/** Asks whose number it is, unless it is known already, or nobody's: hidden, or a colleague. */
export function lookUp(board: Switchboard, call: Call, channel: Channel, outputs: Output[]): void {
  const { number } = call.remote.number;
  call.found = null;
  if (call.remote.extension !== null) return;
  call.found = toldBy(board, call, channel);
  if (call.found !== null || number === null) return;
  const waiting = board.lookUps.get(number);
  if (waiting) {
    waiting.add(call); // it has been asked already
    return;
  }
  board.lookUps.set(number, new Set([call]));
  outputs.push({ type: 'look-up', number });
}

/** The client that the dialplan named on the channel of this caller. */
function toldBy(board: Switchboard, call: Call, channel: Channel): Call['found'] {
  for (const other of [originOf(board, channel), farEnd(board, channel)])
    if (other?.toldClient && (other.callerNumber ?? '') === call.remote.raw) return other.toldClient;
  return null;
}

/** Tells the phones that its caller rings or talks with, where they do not know yet. */
export function tellClient(board: Switchboard, channel: Channel, outputs: Output[]): void {
  const others = channel.partner ? [...channel.dials, channel.partner] : [...channel.dials];
  for (const { call } of others.flatMap((other) => phonesBehind(board, other))) {
    if (!call || call.found === channel.toldClient || call.remote.extension !== null) continue;
    if (call.remote.raw !== (channel.callerNumber ?? '')) continue;
    call.found = channel.toldClient;
    outputs.push({ type: 'line', extension: call.extension, cause: call.id });
  }
}
