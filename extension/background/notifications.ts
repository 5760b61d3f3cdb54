// What must appear on the screen and vanish from it: (shown, before, after) → {shown, orders}. Pure; called by main.ts.
// `shown` is the bounded memory of what was shown, kept in storage, so a woken background repeats nothing.
//
//   an inbound call is       | unknown      | ringing         | dismissed | gone        | over       | told
//   ringing                  | show         | update if it    | –         | show        | show where it rings
//                            |              | reads otherwise |           |             | anew *
//   talking, held            | over **      | clear → over    | over      | over        | – **       | –
//   ended: missed            | –            | missed → told   | missed → told           | –          | –
//   ended: busy              | told if live | busy → told     | busy → told             | –          | –
//   ended otherwise          | –            | clear → over    | over      | over        | –          | –
//   from the black list      | –            | clear → over    | over      | over        | –          | –
//   not in the line any more | –            | clear → gone    | –         | –           | –          | –
//   told as missed, later    | missed → told (in every column but the last)              |            | –
//
//   dismissed: closed by a person. gone: cleared without knowing how the call ended. over: answered here or elsewhere,
//   declined … told: shown as missed or busy. * within one epoch, after talk: parked and returned, for instance.
//   ** who is on the line without having rung here (picked up, fetched) or came in place of a colleague (transferred) is
//   shown as connected: updated when it reads otherwise, cleared at the end.
//   live: the line says that this very call changed, and an earlier line of the same epoch was held.
import type { Call } from '../../shared/protocol.ts';
import { isSame } from '../same.ts';
import type { Line } from './line.ts';

export const MAX_SHOWN = 64;
/** More missed calls than this at once are told in one notification. */
export const MAX_MISSED_APART = 3;

export type Stage = 'ringing' | 'connected' | 'dismissed' | 'gone' | 'over' | 'told';
export type ShowKind = 'ringing' | 'connected' | 'missed' | 'busy';
/** `url` is what a click opens, kept because a notification outlives its call. */
export type Shown = { callId: string; stage: Stage; url: string | null };

export type Order =
  | { do: 'show'; kind: ShowKind; call: Call }
  | { do: 'show-together'; calls: Call[] }
  | { do: 'update'; call: Call }
  | { do: 'clear'; callId: string };

export type Decision = { shown: Shown[]; orders: Order[] };

/** A line has been replaced by a newer one. `cause` is the message's: the call that changed, or null. */
export function decide(shown: Shown[], before: Line | null, after: Line, cause: string | null): Decision {
  const isSameEpoch = before?.epoch === after.epoch;
  const decision: Decision = { shown, orders: [] };
  for (const call of after.calls) {
    if (call.direction !== 'inbound') continue;
    const earlier = before?.calls.find(({ id }) => id === call.id);
    const stage = decision.shown.find(({ callId }) => callId === call.id)?.stage;
    const isLive = isSameEpoch && cause === call.id;
    const [next, order] = isBlocked(call)
      ? close(stage, 'over')
      : judge(call, stage, isSameEpoch ? earlier : undefined, isLive);
    if (order === 'update') {
      if (earlier === undefined || readsOtherwise(earlier, call))
        decision.orders.push({ do: 'update', call });
    } else if (order === 'clear') decision.orders.push({ do: 'clear', callId: call.id });
    else if (order !== null) decision.orders.push({ do: 'show', kind: order, call });
    decision.shown = remember(decision.shown, call.id, next, call.party.url);
  }
  const isListed = (callId: string) => after.calls.some(({ id }) => id === callId);
  return merge(
    decision,
    clearRings(decision.shown, ({ callId }) => !isListed(callId)),
  );
}

/** The relay tells what ended unanswered while nobody listened. */
export function decideMissed(shown: Shown[], calls: Call[]): Decision {
  const untold = calls.filter(
    (call) => !isBlocked(call) && !shown.some(({ callId, stage }) => callId === call.id && stage === 'told'),
  );
  const told = untold.reduce((memory, call) => remember(memory, call.id, 'told', call.party.url), shown);
  if (untold.length <= MAX_MISSED_APART) {
    return {
      shown: told,
      orders: untold.map((call) => ({
        do: 'show',
        kind: call.endReason === 'busy' ? 'busy' : 'missed',
        call,
      })),
    };
  }
  const rings = clearRings(shown, ({ callId }) => untold.some(({ id }) => id === callId)).orders;
  return { shown: told, orders: [...rings, { do: 'show-together', calls: untold }] };
}

/** A person closed the notification: updates leave it closed. */
export function dismiss(shown: Shown[], callId: string): Shown[] {
  return shown.map((entry) => {
    if (entry.callId !== callId || !isOnScreen(entry.stage)) return entry;
    return { ...entry, stage: entry.stage === 'ringing' ? 'dismissed' : 'over' };
  });
}

/** Shown until the call itself says otherwise. */
const isOnScreen = (stage: Stage | undefined): boolean => stage === 'ringing' || stage === 'connected';

/** Rings whose end cannot be seen (link lost for long, other settings) must not stay on the screen for ever. */
export function clearRings(shown: Shown[], isMeant: (entry: Shown) => boolean = () => true): Decision {
  const rings = shown.filter((entry) => isOnScreen(entry.stage) && isMeant(entry));
  return {
    shown: shown.map((entry) => (rings.includes(entry) ? { ...entry, stage: 'gone' } : entry)),
    orders: rings.map(({ callId }) => ({ do: 'clear', callId })),
  };
}

type Verb = ShowKind | 'update' | 'clear' | null;

/** One cell of the table above: the stage to remember and what to do. */
function judge(
  call: Call,
  stage: Stage | undefined,
  earlier: Call | undefined,
  isLive: boolean,
): [Stage | undefined, Verb] {
  switch (call.state) {
    case 'ringing': {
      if (stage === 'ringing') return [stage, 'update'];
      const ringsAnew = earlier !== undefined && earlier.state !== 'ringing';
      const mayShow = stage === undefined || stage === 'gone' || ringsAnew;
      return mayShow ? ['ringing', 'ringing'] : [stage, null];
    }
    case 'dialing':
      return [stage, null];
    case 'talking':
    case 'held': {
      if (stage === 'connected') return [stage, 'update'];
      const isNew = stage === undefined && earlier === undefined && isLive;
      return isNew || cameInPlaceOf(earlier, call) ? ['connected', 'connected'] : close(stage, 'over');
    }
    case 'ended': {
      if (stage === 'over' || stage === 'told') return [stage, null];
      if (call.endReason === 'busy') return stage !== undefined || isLive ? ['told', 'busy'] : [stage, null];
      if (stage === undefined) return [stage, null];
      return call.endReason === 'missed' ? ['told', 'missed'] : close(stage, 'over');
    }
  }
}

/** Who calls is known a moment after the ring, so a notification may be there already. */
const isBlocked = ({ party }: Call): boolean => party.client?.isBlocked === true;

/** A colleague had spoken first, and has left the call to somebody from outside. */
const cameInPlaceOf = (earlier: Call | undefined, { party }: Call): boolean =>
  earlier !== undefined &&
  (earlier.state === 'talking' || earlier.state === 'held') &&
  earlier.party.internal &&
  !party.internal;

function close(stage: Stage | undefined, otherwise: Stage): [Stage, Verb] {
  if (stage === 'told') return [stage, null];
  return [otherwise, isOnScreen(stage) ? 'clear' : null];
}

/** The newest stand last, so the oldest are forgotten first. */
function remember(shown: Shown[], callId: string, stage: Stage | undefined, url: string | null): Shown[] {
  if (stage === undefined) return shown;
  return [...shown.filter((entry) => entry.callId !== callId), { callId, stage, url }].slice(-MAX_SHOWN);
}

const merge = (first: Decision, second: Decision): Decision => ({
  shown: second.shown,
  orders: [...first.orders, ...second.orders],
});

/** Only what a notification says of a ringing call. */
function readsOtherwise(earlier: Call, call: Call): boolean {
  const words = ({ party, queue, transferredBy, dialed }: Call) => [party, queue, transferredBy, dialed];
  return !isSame(words(earlier), words(call));
}
