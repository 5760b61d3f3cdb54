// Plays a recorded AMI session through the relay's pure path (events, polls, switchboard, view) and tells what each
// extension would have been told. Polls are taken as `relay/ami/pbx.ts` takes them. Called by tests and by the replay
// command.
import { isSupportedCountry } from 'libphonenumber-js/max';
import { readEvent } from '../../relay/ami/events.ts';
import { readReply } from '../../relay/ami/poll.ts';
import { createPhones } from '../../relay/calls/phones.ts';
import { createExchange } from '../../relay/exchange.ts';
import { numberDescriber } from '../../relay/numbers.ts';
import type { Call } from '../../shared/protocol.ts';
import { tellStory } from '../relay/story.ts';
import type { Moment, Trace, TraceHeader } from './trace.ts';

/** Which of the two sources the relay is given. */
export type Sources = 'events and polls' | 'events only' | 'polls only';
export type Method = { sources: Sources; pollEveryMs: number };

/** How the relay can learn of calls; a company has the last one, unless its account gets no events. */
export const METHODS = {
  'events only': { sources: 'events only', pollEveryMs: 250 },
  'polls 1 s': { sources: 'polls only', pollEveryMs: 1_000 },
  'polls 250 ms': { sources: 'polls only', pollEveryMs: 250 },
  both: { sources: 'events and polls', pollEveryMs: 1_000 },
} as const satisfies Record<string, Method>;
export type MethodName = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

/** One change of one call, as its extension is told it. */
export type Told = { ms: number; extension: string; call: Call };

/** Story by extension; one that was told nothing has none. */
export type Stories = Readonly<Record<string, string>>;

export function storiesOf(told: readonly Told[]): Stories {
  const extensions = [...new Set(told.map(({ extension }) => extension))].sort();
  return Object.fromEntries(
    extensions.map((one) => [
      one,
      tellStory(told.filter(({ extension }) => extension === one).map(({ call }) => call)),
    ]),
  );
}

export function replay({ header, moments }: Trace, { sources, pollEveryMs }: Method = METHODS.both): Told[] {
  const told: Told[] = [];
  let now = 0;
  let isPollWanted = false;
  const ticks = [1_000];
  const exchange = createExchange({
    ...settingsOf(header),
    now: () => 1_700_000_000_000 + now,
    find: () => ({ client: null, url: null }),
    pollSoon: () => (isPollWanted = true),
    tickIn: (ms) => ticks.push(now + ms + 1),
    publish: (extension, cause, calls) => {
      const call = calls.find(({ id }) => id === cause);
      if (call) told.push({ ms: now, extension, call });
    },
  });

  /** The poll that is under way; others of the recording are not asked by this method. */
  let poll: { number: number; askedAt: number } | null = null;
  let lastAskedMs = -Infinity;
  /** In this session. */
  let isPolled = false;

  const take = (moment: Moment): void => {
    if ('lost' in moment) {
      isPolled = false;
      poll = null;
    } else if ('asked' in moment) {
      // A recorded period is never exact.
      const isDue = moment.ms - lastAskedMs > pollEveryMs - 50 || isPollWanted;
      if (isPolled && (sources === 'events only' || !isDue)) return;
      poll = { number: moment.asked, askedAt: exchange.inputsTaken() };
      lastAskedMs = moment.ms;
      isPollWanted = false;
    } else if ('answered' in moment) {
      if (poll?.number !== moment.answered) return;
      const channels = readReply(moment.packets);
      if (channels) exchange.take({ type: 'poll', askedAt: poll.askedAt, isFirst: !isPolled, channels });
      else isPollWanted = true;
      isPolled ||= channels !== null;
      poll = null;
    } else if ('event' in moment && sources !== 'polls only') {
      if (!isPolled) return void (isPollWanted = true);
      const event = readEvent(moment.event);
      if (event === 'malformed') exchange.take({ type: 'doubt' });
      else if (event) exchange.take(event);
    }
  };

  /** Time passes, with the ticks that the relay makes each second and those it was asked for. */
  const passTo = (ms: number): void => {
    for (let next = Math.min(...ticks); next <= ms; next = Math.min(...ticks)) {
      ticks.splice(ticks.indexOf(next), 1);
      if (next % 1_000 === 0) ticks.push(next + 1_000);
      now = next;
      exchange.take({ type: 'tick' });
    }
    now = ms;
  };
  for (const moment of [...moments, ...lastReplyAgain(moments, pollEveryMs)]) {
    passTo(moment.ms);
    take(moment);
  }
  passTo(now + 2_000);
  return told;
}

/** What polls after the recording's end would bring: its last reply, when nothing was told after that was asked. */
function lastReplyAgain(moments: readonly Moment[], pollEveryMs: number): Moment[] {
  const index = moments.findLastIndex((moment) => 'answered' in moment);
  const last = moments[index];
  if (!last || !('answered' in last)) return [];
  if (moments.slice(index).some((moment) => 'event' in moment || 'lost' in moment)) return [];
  return [1, 2, 3].flatMap((times): Moment[] => {
    const ms = last.ms + times * pollEveryMs;
    const number = last.answered + times;
    return [
      { ms, asked: number },
      { ms, answered: number, packets: last.packets },
    ];
  });
}

/** What the trace says of its place, else what the relay takes for granted. */
function settingsOf({ extensions = '\\d{2,6}', phones = {}, country = 'RU' }: TraceHeader) {
  const endpoints = new Map(Object.entries(phones));
  return {
    ...createPhones({ pattern: new RegExp(`^(?:${extensions})$`), endpoints, prefix: '' }),
    describeNumber: numberDescriber(isSupportedCountry(country) ? country : 'RU'),
  };
}
