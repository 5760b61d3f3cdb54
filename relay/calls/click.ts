// Click-to-call by way of a Local channel [Originate: Channel: Local/101@…, as FreePBX's panels do]: the phone behind it
// is rung for its own call, and its outer half dials for it. Pure; used by `calls/call.ts` and `calls/apply.ts`.
import { DIALLED } from './channel.ts';
import { CHANNEL_STATE } from './facts.ts';
import { isLocal, otherHalf } from './far-end.ts';
import type { Channel, Switchboard } from './switchboard.ts';

const MAX_HOPS = 12;

/** Takes over from the outer half what a phone that dials itself would show. */
export function followDialler(board: Switchboard, phone: Channel): void {
  if (phone.role !== 'originated' && (phone.role !== 'called' || phone.call)) return;
  const dialler = diallerOf(board, phone);
  if (!dialler) return;
  // Whom it dials later is really called; joined before it is Up, it asks for a transfer by keys.
  if (phone.role === 'called' && dialler.state !== CHANNEL_STATE.up && dialler.bridgeId === '') {
    phone.role = 'originated';
    phone.firstExten = null; // the dialplan was asked for the phone itself
  }
  if (phone.role !== 'originated' || !dialler.hasDialed) return;
  const { exten } = dialler;
  const isOwn = exten === null || !DIALLED.test(exten) || dialler.name.startsWith(`Local/${exten}@`);
  phone.firstExten ??= isOwn ? ([...dialler.dials][0]?.callerNumber ?? null) : exten;
  phone.hasDialed = true;
  phone.dialStatus = dialler.dialStatus;
}

/** The outer half of the Local channel by which Asterisk rings a phone on nobody's behalf; null: somebody calls it. */
function diallerOf(board: Switchboard, phone: Channel): Channel | null {
  const isOriginated = (outer: Channel): boolean =>
    isLocal(outer) && outer.role === 'originated' && outer.source === null;
  if (phone.source === null) {
    const first = board.uniqueids.get(phone.linkedid ?? ''); // polls tell no source
    return first && isOriginated(first) ? first : null;
  }
  let here = phone.source;
  for (let hop = 0; isLocal(here) && hop < MAX_HOPS; hop += 1) {
    const outer = otherHalf(board, here);
    if (!outer?.source) return outer && isOriginated(outer) ? outer : null;
    here = outer.source;
  }
  return null;
}
