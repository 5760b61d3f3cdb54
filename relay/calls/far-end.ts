// Who is at the other end of a channel: through bridges and dials, however many Local channels lie between. Pure.
import { CHANNEL_STATE } from './facts.ts';
import type { Channel, Switchboard } from './switchboard.ts';

/** Chains of Local channels are short; forged ones may be endless. */
const MAX_HOPS = 12;

export const isLocal = (channel: Channel): boolean => channel.name.startsWith('Local/');

const isUp = ({ state }: Channel): boolean => state === CHANNEL_STATE.up;

/** `Local/103@internal-00000006;1` ↔ `…;2` */
export function otherHalf(board: Switchboard, { name }: Channel): Channel | undefined {
  if (!name.endsWith(';1') && !name.endsWith(';2')) return undefined;
  return board.channels.get(`${name.slice(0, -1)}${name.endsWith('1') ? '2' : '1'}`);
}

/** The one that a channel is joined with now; null where there is none, or more than one. */
export function farEnd(board: Switchboard, channel: Channel): Channel | null {
  let here = channel;
  for (let hop = 0; hop < MAX_HOPS; hop += 1) {
    const joined = board.bridges.get(here.bridgeId);
    if (joined?.size !== 2) return null;
    const [one, two] = joined;
    const other = one === here ? two : one;
    if (!other || !isLocal(other)) return other ?? null;
    const half = otherHalf(board, other);
    if (!half) return null;
    here = half;
  }
  return null;
}

/** Whether a Local channel that nobody has joined at its other side is all that a channel is joined with. */
export const isJoinedWithStub = (board: Switchboard, channel: Channel): boolean =>
  board.bridges.get(channel.bridgeId)?.size === 2 && farEnd(board, channel) === null;

/** The device or trunk whose call made a channel ring; null where neither dials nor Linkedid tell. */
export function originOf(board: Switchboard, channel: Channel): Channel | null {
  let here = channel.source;
  for (let hop = 0; here && hop < MAX_HOPS; hop += 1) {
    if (!isLocal(here)) return here;
    if (here.role === 'originated') return phonesBehind(board, here).find(isUp) ?? null; // it dials for that phone
    here = otherHalf(board, here)?.source ?? null;
  }
  const first = channel.linkedid === null ? undefined : board.uniqueids.get(channel.linkedid);
  return first && first !== channel && !isLocal(first) ? first : null;
}

/** Whether two phones are rung for one caller, or were when one of them answered. */
export function areRungTogether(board: Switchboard, a: Channel, b: Channel): boolean {
  if (a.role !== 'called' || b.role !== 'called') return false;
  if (a.connectedNumber !== null && b.connectedNumber !== null && a.connectedNumber !== b.connectedNumber)
    return false;
  const [originOfA, originOfB] = [originOf(board, a), originOf(board, b)];
  if (originOfA && originOfA === originOfB) return true;
  if (a.linkedid !== null && b.linkedid !== null) return a.linkedid === b.linkedid;
  // [11 tells no Linkedid, and polls alone tell no source] One number at two phones is one caller, most likely.
  return !originOfA && !originOfB && a.connectedNumber !== null && a.connectedNumber === b.connectedNumber;
}

/** Whether a channel that was left alone goes on: joined with another, or dialling one who has not answered yet. */
export const hasMovedOn = (board: Switchboard, channel: Channel): boolean =>
  farEnd(board, channel) !== null || [...channel.dials].some(({ state }) => state !== CHANNEL_STATE.up);

/**
 * Whether a channel only asks somebody while its partner waits for it: they are still one call. The partner then stands
 * alone (music on hold), or was just joined with whom the channel has left for him.
 */
export function isConsulting(board: Switchboard, channel: Channel): boolean {
  const { partner } = channel;
  if (!partner || board.channels.get(partner.name) !== partner || partner.missedPolls > 0) return false;
  if (partner.state !== CHANNEL_STATE.up || partner.isTransferrer) return false;
  const far = farEnd(board, channel);
  return far !== partner && !(far && farEnd(board, partner));
}

/** The phones that a channel stands for: itself, or those behind a Local channel. */
export function phonesBehind(board: Switchboard, channel: Channel): Channel[] {
  if (!isLocal(channel)) return channel.extension === null ? [] : [channel];
  const half = otherHalf(board, channel);
  const far = half && farEnd(board, half);
  return [...(half?.dials ?? []), ...(far ? [far] : [])].filter(({ extension }) => extension !== null);
}
