// Whether the company's PBXs are seen, taken together. Pure; `main.ts` keeps it and tells the hub.
//
//   up      every PBX is seen, since the last of them came
//   down    one is not, since the first of those that are not was lost: whoever waits for a ring must be told
//   known   the lines may be told: each PBX was seen or has failed, and one was seen. One that is down for long must not
//           hide the others' calls, and none may be told as empty that is only about to be polled.
export type Sight = {
  seen(name: string, at: number): void;
  unseen(name: string, reason: string, at: number): void;
  now(): { state: 'up' | 'down'; since: number; isKnown: boolean; notSeen: string[]; isAnySeen: boolean };
};

/** `notSeen` tells why, with the PBX's name where there are several. */
export function createSight(names: readonly string[], at: number): Sight {
  const first = { isSeen: false, isTried: false, since: at, reason: 'not connected to Asterisk yet' };
  const pbxs = new Map(names.map((name) => [name, first]));
  return {
    seen(name, at) {
      pbxs.set(name, { isSeen: true, isTried: true, since: at, reason: '' });
    },
    unseen(name, reason, at) {
      const before = pbxs.get(name);
      const since = before && !before.isSeen ? before.since : at;
      pbxs.set(name, { isSeen: false, isTried: true, since, reason });
    },
    now() {
      const all = [...pbxs.values()];
      const lost = all.filter(({ isSeen }) => !isSeen);
      const times = (lost.length > 0 ? lost : all).map(({ since }) => since);
      return {
        state: lost.length > 0 ? 'down' : 'up',
        since: lost.length > 0 ? Math.min(...times) : Math.max(...times),
        isKnown: lost.length < all.length && all.every(({ isTried }) => isTried),
        notSeen: [...pbxs]
          .filter(([, { isSeen }]) => !isSeen)
          .map(([name, { reason }]) => (names.length > 1 ? `${name}: ${reason}` : reason)),
        isAnySeen: lost.length < all.length,
      };
    },
  };
}
