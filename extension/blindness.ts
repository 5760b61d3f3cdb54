// Since when the add-on sees no rings, for button and popup alike. Pure. A short blindness heals itself and is not told, so
// that nobody learns to overlook the mark.
import type { Link } from './background/link.ts';

export const BLIND_SHOWN_AFTER_MS = 5_000;

/** Since when no ring could be seen, if that is worth telling; ms since 1970. */
export const blindSince = (link: Link, now: number): number | null =>
  link.blindSince !== null && now >= link.blindSince + BLIND_SHOWN_AFTER_MS ? link.blindSince : null;
