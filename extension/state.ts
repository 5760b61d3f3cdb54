// What the add-on knows at one moment. Pure; storage.ts keeps it, core.ts changes it, the popup shows it.
import type { Call, Position } from '../shared/protocol.ts';
import { NO_ATTENTION, type Attention } from './background/attention.ts';
import type { Card } from './background/cards.ts';
import type { Line } from './background/line.ts';
import { NO_LINK, type Link } from './background/link.ts';
import type { Shown } from './background/notifications.ts';

/** What a woken background needs to go on, and what the popup shows. */
export type State = {
  link: Link;
  line: Line | null;
  shown: Shown[];
  /** The last missed calls, newest first, and what of them nobody has looked at. */
  missed: Call[];
  attention: Attention;
  cards: Card[];
};
/** Up to there all that was missed is known. */
export type HeldPosition = Position & { extension: string; relayUrl: string };

export const NO_STATE: State = {
  link: NO_LINK,
  line: null,
  shown: [],
  missed: [],
  attention: NO_ATTENTION,
  cards: [],
};
