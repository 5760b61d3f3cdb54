// Visits each member once a period, when its own time comes round, with one timer for all: a timer for each of 10,000
// sessions is megabytes, and all at the same moment would hold up a ring. A timing wheel [Varghese and Lauck, 1987]. Shell;
// `feed/server.ts` has one for the pings.
const SLOTS = 60;
const SHORTEST_TICK_MS = 10;

export type Rounds<Member> = {
  /** The slot it is in from now on; its first visit comes at most a period later. */
  add(member: Member): number;
  remove(member: Member, slot: number): void;
  all(): Member[];
  stop(): void;
};

export function createRounds<Member>(periodMs: number, visit: (member: Member) => void): Rounds<Member> {
  const count = Math.max(1, Math.min(SLOTS, Math.floor(periodMs / SHORTEST_TICK_MS)));
  const tickMs = periodMs / count;
  const slots = Array.from({ length: count }, () => new Set<Member>());
  const ticks = (): number => Math.floor(performance.now() / tickMs);
  const slotAt = (tick: number): number => tick % count;

  let visited = ticks();
  const walk = (): void => {
    const now = ticks();
    // By the clock, so that it neither drifts nor, after a pause of the process, visits anybody twice.
    for (visited = Math.max(visited, now - count); visited < now;) {
      visited += 1;
      for (const member of slots[slotAt(visited)] ?? []) visit(member);
    }
  };
  const timer = setInterval(walk, tickMs).unref(); // it is not for this that the relay lives

  return {
    add(member) {
      const slot = slotAt(visited);
      slots[slot]?.add(member);
      return slot;
    },
    remove: (member, slot) => void slots[slot]?.delete(member),
    all: () => slots.flatMap((slot) => [...slot]),
    stop: () => clearInterval(timer),
  };
}
