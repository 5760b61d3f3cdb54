// How many may be connected: in all, from one address, and for one extension; and, apart, how many may not have said hello
// yet, so that who proves nothing keeps nobody out. Pure; `feed/server.ts` makes one, `feed/session.ts` says who greeted.
import { networkOf } from '../network.ts';

/** Far above the browsers of one person, or of those who share a wallboard. */
export const MAX_SESSIONS_OF_EXTENSION = 64;

export type Place = {
  /** Where it comes from. */
  readonly address: string;
  /** Hello was said. Returns those of the extensions that take one session more. */
  greet(extensions: readonly string[]): string[];
  leave(): void;
};

export type Limits = {
  /** null: no place for this one, for now. */
  enter(address: string): Place | null;
  count(): number;
};

/** Of one address, or of the /64 of an IPv6 one; all sessions, and those of them without a hello. */
type Count = { network: string; sessions: number; greeting: number };
type Counts = {
  maxSessions: number;
  all: Count;
  ofNetwork: Map<string, Count>;
  ofExtension: Map<string, number>;
};

/** Of all sessions one address may hold half; half may be without a hello, and half of those of one address. */
export function createLimits(maxSessions: number): Limits {
  const all: Count = { network: 'all', sessions: 0, greeting: 0 };
  const counts: Counts = { maxSessions, all, ofNetwork: new Map(), ofExtension: new Map() };
  return {
    enter(address) {
      const network = networkOf(address);
      const own = counts.ofNetwork.get(network) ?? { network, sessions: 0, greeting: 0 };
      const isFull =
        all.sessions >= maxSessions ||
        own.sessions >= Math.ceil(maxSessions / 2) ||
        all.greeting >= Math.ceil(maxSessions / 2) ||
        own.greeting >= Math.ceil(maxSessions / 4);
      return isFull ? null : new TakenPlace(counts, own, address);
    },
    count: () => all.sessions,
  };
}

/** A class, as there are 10,000 of them and closures for each are a kilobyte. */
class TakenPlace implements Place {
  readonly address: string;
  readonly #counts: Counts;
  readonly #own: Count;
  #stage: 'greeting' | 'greeted' | 'left' = 'greeting';
  #extensions: readonly string[] = [];

  constructor(counts: Counts, own: Count, address: string) {
    this.address = address;
    this.#counts = counts;
    this.#own = own;
    counts.ofNetwork.set(own.network, own);
    for (const count of [counts.all, own]) {
      count.sessions += 1;
      count.greeting += 1;
    }
  }

  greet(extensions: readonly string[]): string[] {
    const { ofExtension } = this.#counts;
    const taken = extensions.filter((one) => (ofExtension.get(one) ?? 0) < MAX_SESSIONS_OF_EXTENSION);
    for (const one of taken) ofExtension.set(one, (ofExtension.get(one) ?? 0) + 1);
    this.#endGreeting('greeted');
    this.#extensions = taken;
    return taken;
  }

  leave(): void {
    if (this.#stage === 'left') return;
    this.#endGreeting('left');
    const { all, ofNetwork, ofExtension } = this.#counts;
    for (const count of [all, this.#own]) count.sessions -= 1;
    if (this.#own.sessions === 0) ofNetwork.delete(this.#own.network);
    for (const one of this.#extensions) {
      const left = (ofExtension.get(one) ?? 0) - 1;
      if (left > 0) ofExtension.set(one, left);
      else ofExtension.delete(one);
    }
    this.#extensions = [];
  }

  #endGreeting(stage: 'greeted' | 'left'): void {
    if (this.#stage === 'greeting') for (const count of [this.#counts.all, this.#own]) count.greeting -= 1;
    this.#stage = stage;
  }
}
