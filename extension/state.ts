// What the add-on knows at one moment. Pure; storage.ts keeps it, the background changes it, the pages show it.
import type { Call, Device } from '../shared/protocol.ts';
import { NO_ATTENTION, type Attention } from './background/attention.ts';
import type { Card } from './background/cards.ts';
import type { Line } from './background/line.ts';
import { NO_LINK, type Link, type Place } from './background/link.ts';
import type { Shown } from './background/notifications.ts';
import { NO_PAIRING, type Pairing } from './pairing-state.ts';

/** What is known of one of our extensions; each has its own, so that none disturbs another. */
export type ExtensionState = {
  extension: string;
  line: Line | null;
  shown: Shown[];
  /** The last missed calls, newest first, and what of them nobody has looked at. */
  missed: Call[];
  attention: Attention;
  /** Browsers that are paired with it; null: the relay has not said (it says nothing in open mode). */
  devices: Device[] | null;
  /** Device ids that a person has revoked, until the relay says that they are gone. */
  revoking: string[];
};

/** What a woken background needs to go on, and what the pages show. */
export type State = {
  link: Link;
  extensions: ExtensionState[];
  cards: Card[];
  pairing: Pairing;
};
/** Up to there all that was missed is known. */
export type HeldPosition = Place & { relayUrl: string };

export const NO_STATE: State = { link: NO_LINK, extensions: [], cards: [], pairing: NO_PAIRING };

export const newExtension = (extension: string): ExtensionState => ({
  extension,
  line: null,
  shown: [],
  missed: [],
  attention: NO_ATTENTION,
  devices: null,
  revoking: [],
});
