// The people of a world and what they are doing: who rings whom, who talks with whom, who waits. The operations act on
// it; it keeps the truth beside the model PBX. Pure. Made by `world.ts`.
import { numberDescriber } from '../../relay/numbers.ts';
import type { Bridge, ModelChannel } from './dialect.ts';
import type { Pbx } from './pbx.ts';
import type { Random } from './random.ts';
import type { TrueCall, Truth } from './truth.ts';

/** A device that is being called, and the Local channel it is called through, if any. */
export type Leg = { channel: ModelChannel; local: readonly [ModelChannel, ModelChannel] | null };

/** A Dial or Queue of one channel, as long as nobody has answered. */
export type Dial = {
  source: ModelChannel;
  legs: Leg[];
  isQueue: boolean;
  /** Members of the queue that may still be tried. */
  members: string[];
};

/** Two people in a conversation. `first` is the one who called. */
export type Talk = {
  first: ModelChannel;
  second: ModelChannel;
  local: readonly [ModelChannel, ModelChannel] | null;
  /** The channel whose Dial this came of, if it is still in it [11 tells its end]. */
  dialer: ModelChannel | null;
  holder: ModelChannel | null;
};

/** `talk` waits while its end `asker` calls `asked` through `local`, in a bridge of their own [12+: `room`]. */
export type Consultation = {
  talk: Talk;
  asker: ModelChannel;
  waits: ModelChannel;
  asked: ModelChannel;
  local: readonly [ModelChannel, ModelChannel];
  /** Where `waits` stands alone [12+]. */
  former: Bridge | null;
  room: Bridge | null;
};

export type Office = {
  pbx: Pbx;
  truth: Truth;
  random: Random;
  extensions: readonly string[];
  /** Polls follow everything at once, so that what only polls can tell is told as well. */
  isCalm: boolean;
  isFaulty: boolean;
  /** Who missed whom, for the case that somebody else takes him yet. */
  missed: Map<ModelChannel, TrueCall[]>;
  dials: Dial[];
  talks: Talk[];
  /** Callers in a queue while no member rings. */
  waiting: { source: ModelChannel; members: string[] }[];
  /** Click-to-calls whose own phone rings still. */
  originated: { phone: ModelChannel; number: string }[];
  /** Transfers by feature code while the one who transfers asks the one who is to take the call. */
  consultations: Consultation[];
  parkingLot: Bridge;
  parked: { channel: ModelChannel; by: string; space: string }[];
};

/** Who somebody is to the other side. */
export const partyOf = (channel: ModelChannel): string =>
  channel.extension === null ? partyOfNumber(channel.callerNumber) : `${channel.extension}, internal`;
export const partyOfNumber = (number: string): string =>
  /^\d{3}$/.test(number) ? `${number}, internal` : (describeNumber(number).number ?? 'hidden');

/** The numbering plan of every world. */
export const describeNumber = numberDescriber('RU');

export const otherOf = (talk: Talk, channel: ModelChannel): ModelChannel =>
  talk.first === channel ? talk.second : talk.first;

export function remove<T>(items: T[], item: T): void {
  const at = items.indexOf(item);
  if (at >= 0) items.splice(at, 1);
}

/** An extension that has no channel at all; null where all are in something. */
export function idle(office: Office): string | null {
  const busy = new Set([...office.pbx.channels].map(({ extension }) => extension));
  const free = office.extensions.filter((extension) => !busy.has(extension));
  return free.length === 0 ? null : office.random.pick(free);
}

type Rules = Pick<Office, 'pbx' | 'truth' | 'random' | 'extensions' | 'isCalm' | 'isFaulty'>;

export const createOffice = (rules: Rules): Office => ({
  ...rules,
  missed: new Map(),
  dials: [],
  talks: [],
  waiting: [],
  originated: [],
  consultations: [],
  parkingLot: rules.pbx.makeBridge('holding'),
  parked: [],
});

/** All calls are gone, as the PBX is. */
export function forgetEverybody(office: Office): void {
  office.parkingLot.members = [];
  const { dials, talks, waiting, originated, consultations, parked } = office;
  for (const list of [dials, talks, waiting, originated, consultations, parked]) list.length = 0;
}
