// Whose number is it? Asks the sources in order and never keeps a ring waiting: one question a number at a time, a limit for
// each source, answers remembered for a while, a source that fails left alone. Shell; `open-directory.ts` makes it.
//
// What is in memory is told at once. Else the first source is asked, once the ring itself is out (a request takes a while
// even to begin); the next one as soon as it knows nobody, fails, or its
// soft limit has passed, after which both may answer. At its hard limit a question is given up.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { createBreaker } from './breaker.ts';
import type { BreakerState } from './breaker.ts';
import { faultOf, SourceFault } from './fault.ts';
import { queryFor } from './query.ts';
import type { Client, Query, Source, Step } from './source.ts';

const MAX_ASKED_AT_ONCE = 32;
const MAX_NUMBERS_AT_ONCE = 256;

export type Asked = {
  source: Source;
  softMs: number;
  hardMs: number;
};

export type DirectoryOptions = {
  /** In the order in which they are believed. */
  sources: readonly Asked[];
  /** How long an answer is remembered, and how many. 0 ms: not at all. */
  foundMs: number;
  nobodyMs: number;
  maxNumbers: number;
  onStep(step: Step): void;
  onBreaker(source: string, state: BreakerState): void;
  /** Runs evenly, in milliseconds. */
  now(): number;
  random(): number;
};

export type Directory = {
  /** At once where it is known already. A promise never rejects, and is kept after the hard limits at the latest. */
  find(number: string): readonly Client[] | Promise<readonly Client[]>;
  /** Asks every source, one after the other, whatever is remembered: for people who want to know why. */
  trace(number: string): Promise<Step[]>;
  /** How many clients are in memory; null: none is held there. */
  size(): number | null;
  stop(): Promise<void>;
};

type Place = Asked & { breaker: ReturnType<typeof createBreaker>; asked: number };

export function createDirectory(options: DirectoryOptions): Directory {
  const places: Place[] = options.sources.map((asked) => ({
    ...asked,
    breaker: createBreaker(options.now, options.random),
    asked: 0,
  }));
  const remembered = new LRUCache<string, readonly Client[]>({
    max: options.maxNumbers,
    perf: { now: options.now },
    ttlResolution: 0, // what is over is over,
    ttlAutopurge: true, // and is not kept in memory until somebody asks
  });
  const waiting = new Map<string, Promise<readonly Client[]>>();

  const remember = (number: string, clients: readonly Client[]): void => {
    const ttl = clients.length > 0 ? options.foundMs : options.nobodyMs;
    if (ttl > 0) remembered.set(number, clients, { ttl });
  };

  return {
    find(number) {
      const known = remembered.get(number) ?? waiting.get(number);
      if (known) return known;
      const query = queryFor(number);
      const { clients, next } = fromMemory(places, query, options);
      if (clients.length > 0) return clients;
      const awake = places.slice(next).filter((place) => {
        const rests = place.breaker.rests();
        if (rests) tellUnasked(place, 'directory.resting', options);
        return !rests;
      });
      if (awake.length === 0) return []; // known without a question
      if (waiting.size >= MAX_NUMBERS_AT_ONCE) return [];
      const answer = nextTurn()
        .then(() => askInOrder(awake, query, options))
        .then(({ found, isWhole }) => {
          waiting.delete(number);
          if (isWhole) remember(number, found);
          return found;
        });
      waiting.set(number, answer);
      return answer;
    },
    async trace(number) {
      const query = queryFor(number);
      const steps: Step[] = [];
      for (const place of places) steps.push(await askOne(place, query, options));
      return steps;
    },
    size() {
      const sizes = places.flatMap(({ source }) => source.size() ?? []);
      return sizes.length === 0 ? null : sizes.reduce((sum, size) => sum + size, 0);
    },
    async stop() {
      await Promise.allSettled(places.map(async ({ source }) => source.stop()));
    },
  };
}

/** The sources that hold their clients in memory, up to the first that must be asked. */
function fromMemory(
  places: readonly Place[],
  query: Query,
  options: DirectoryOptions,
): { clients: readonly Client[]; next: number } {
  for (const [next, { source }] of places.entries()) {
    if (source.size() === null) return { clients: [], next };
    const clients = source.find(query, NEVER);
    if (clients instanceof Promise) return { clients: [], next };
    options.onStep(stepOf(source.name, clients, 0));
    if (clients.length > 0) return { clients, next };
  }
  return { clients: [], next: places.length };
}
const NEVER = new AbortController().signal;

/** `isWhole`: everybody has answered who was asked, so it may be remembered. */
function askInOrder(
  places: readonly Place[],
  query: Query,
  options: DirectoryOptions,
): Promise<{ found: readonly Client[]; isWhole: boolean }> {
  return new Promise((resolve) => {
    let begun = 0;
    let open = 0;
    let isWhole = true;
    let isSettled = false;
    const settle = (found: readonly Client[]): void => {
      isSettled = true;
      resolve({ found, isWhole: isWhole && (open === 0 || found.length > 0) });
    };
    const next = (): void => {
      const place = isSettled ? undefined : places[begun];
      if (!place) {
        if (!isSettled && open === 0) settle([]);
        return;
      }
      begun += 1;
      open += 1;
      const mine = begun;
      const soft = setTimeout(() => {
        if (mine === begun) next();
      }, place.softMs);
      void askOne(place, query, options).then(({ clients, problem }) => {
        clearTimeout(soft);
        open -= 1;
        if (problem !== null) isWhole = false;
        if (isSettled) return;
        if (clients.length > 0) settle(clients);
        else if (mine === begun || open === 0) next();
      });
    };
    next();
  });
}

/** Never rejects, and resolves at the hard limit at the latest. */
async function askOne(place: Place, query: Query, options: DirectoryOptions): Promise<Step> {
  const { source, hardMs, breaker } = place;
  const startedAt = options.now();
  if (place.asked >= MAX_ASKED_AT_ONCE) return tellUnasked(place, 'directory.busy', options);
  const before = breaker.state();
  if (!breaker.allows()) return tellUnasked(place, 'directory.resting', options);
  place.asked += 1;
  const giveUp = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let step: Step;
  try {
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new SourceFault('directory.timeout', `it did not answer within ${hardMs} ms`));
        giveUp.abort();
      }, hardMs);
    });
    const clients = await Promise.race([source.find(query, giveUp.signal), limit]);
    step = stepOf(source.name, clients, options.now() - startedAt);
  } catch (error) {
    const { code, message } = faultOf(error);
    const tookMs = options.now() - startedAt;
    step = { source: source.name, outcome: code, tookMs, clients: [], problem: message };
  } finally {
    clearTimeout(timer);
    place.asked -= 1;
  }
  breaker.done(step.problem === null);
  if (breaker.state() !== before) options.onBreaker(source.name, breaker.state());
  options.onStep(step);
  return step;
}

const UNASKED = {
  'directory.busy': `${MAX_ASKED_AT_ONCE} questions wait for it already`,
  'directory.resting': 'it failed so often that it is left alone for a while',
} as const;

function tellUnasked({ source }: Place, outcome: keyof typeof UNASKED, { onStep }: DirectoryOptions): Step {
  const step: Step = { source: source.name, outcome, tookMs: 0, clients: [], problem: UNASKED[outcome] };
  onStep(step);
  return step;
}

const stepOf = (source: string, clients: readonly Client[], tookMs: number): Step => ({
  source,
  outcome: clients.length > 0 ? 'found' : 'nobody',
  tookMs,
  clients,
  problem: null,
});
