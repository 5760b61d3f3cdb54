// Which missed calls still want somebody's attention, on all devices of one extension. Pure; called by main.ts.
// `unseen` are counted on the button; `unconfirmed` were seen here, and the relay has not said yet that it knows.
//
//   a missed call is | told here | seen here                 | dealt with elsewhere, or known to the relay
//   –                | unseen    | –                         | –
//   unseen           | –         | unconfirmed, to be sent   | forgotten, off the screen
//   unconfirmed      | –         | –                         | forgotten, off the screen

export const MAX_UNSEEN = 100;

export type Attention = { unseen: string[]; unconfirmed: string[] };

export const NO_ATTENTION: Attention = { unseen: [], unconfirmed: [] };

/** The newest stand last. */
export const wantAttention = ({ unseen, unconfirmed }: Attention, callIds: string[]): Attention => ({
  unseen: added(unseen, callIds),
  unconfirmed,
});

/** Returns `attention` itself where nothing changes. */
export function see(attention: Attention, callIds: string[]): Attention {
  const seen = attention.unseen.filter((id) => callIds.includes(id));
  if (seen.length === 0) return attention;
  return { unseen: without(attention.unseen, seen), unconfirmed: added(attention.unconfirmed, seen) };
}

/** The relay says that these are dealt with. `cleared`: those that may be on this screen. */
export function hearSeen(
  { unseen, unconfirmed }: Attention,
  callIds: string[],
): { attention: Attention; cleared: string[] } {
  return {
    attention: { unseen: without(unseen, callIds), unconfirmed: without(unconfirmed, callIds) },
    cleared: [...unseen, ...unconfirmed].filter((id) => callIds.includes(id)),
  };
}

const without = (ids: string[], gone: string[]): string[] => ids.filter((id) => !gone.includes(id));
const added = (ids: string[], more: string[]): string[] =>
  [...without(ids, more), ...more].slice(-MAX_UNSEEN);
