// Whether the company's PBXs are seen. Pure; `serve.ts` keeps it, and the hub tells each extension of those PBXs that it
// may have phones on.
//
//   up      all of them are seen, since the last came
//   down    one is not, since the first of those that are not was lost: whoever waits for a ring must be told
//   known   the line may be told: each was seen or has failed, and one was seen. One that is down for long must not hide
//           the others' calls, and no line may be told as empty that is only about to be polled
export type Sight = {
  seen(name: string, at: number): void;
  unseen(name: string, reason: string, at: number): void;
  /** Of these taken together. */
  of(names: readonly string[]): { state: 'up' | 'down'; since: number; isKnown: boolean };
  /** Why those that are not seen are not. */
  missing(): { name: string; reason: string }[];
  /** Each: since when it is seen, or is not. */
  all(): { name: string; isSeen: boolean; since: number; reason: string }[];
};

type Seen = { isSeen: boolean; wasSeen: boolean; isTried: boolean; since: number; reason: string };

export function createSight(names: readonly string[], at: number): Sight {
  const reason = 'not connected to Asterisk yet';
  const pbxs = new Map<string, Seen>(
    names.map((name) => [name, { isSeen: false, wasSeen: false, isTried: false, since: at, reason }]),
  );
  return {
    seen(name, at) {
      pbxs.set(name, { isSeen: true, wasSeen: true, isTried: true, since: at, reason: '' });
    },
    unseen(name, reason, at) {
      const before = pbxs.get(name);
      if (before)
        pbxs.set(name, {
          isSeen: false,
          wasSeen: before.wasSeen,
          isTried: true,
          since: before.isSeen ? at : before.since,
          reason,
        });
    },
    of(names) {
      const all = names.flatMap((name) => pbxs.get(name) ?? []);
      const lost = all.filter(({ isSeen }) => !isSeen);
      const times = (lost.length > 0 ? lost : all).map(({ since }) => since);
      return {
        state: lost.length > 0 ? 'down' : 'up',
        since: lost.length > 0 ? Math.min(...times) : Math.max(0, ...times),
        isKnown: all.some(({ wasSeen }) => wasSeen) && all.every(({ isTried }) => isTried),
      };
    },
    missing: () => [...pbxs].flatMap(([name, { isSeen, reason }]) => (isSeen ? [] : [{ name, reason }])),
    all: () => [...pbxs].map(([name, { isSeen, since, reason }]) => ({ name, isSeen, since, reason })),
  };
}
