// Everything the add-on keeps, typed: settings and the place in the relay's lines on disk (`local`), the rest in the
// browser's memory (`session`: names and numbers of callers never reach the disk). Shell; background and pages use it.
import browser from 'webextension-polyfill';
import type { Call, Position } from '../shared/protocol.ts';
import { NO_ATTENTION, type Attention } from './background/attention.ts';
import type { Card } from './background/cards.ts';
import type { Line } from './background/line.ts';
import { NO_LINK, type Link } from './background/link.ts';
import type { Shown } from './background/notifications.ts';
import type { Settings } from './settings.ts';

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

const NO_STATE: State = {
  link: NO_LINK,
  line: null,
  shown: [],
  missed: [],
  attention: NO_ATTENTION,
  cards: [],
};
const NO_SETTINGS: Settings = { relayUrl: null, extension: null };

export async function readSettings(): Promise<Settings> {
  return { ...NO_SETTINGS, ...(await browser.storage.local.get(['relayUrl', 'extension'])) };
}

export async function writeSettings(settings: Settings): Promise<void> {
  await browser.storage.local.set(settings);
}

export async function readState(): Promise<State> {
  return { ...NO_STATE, ...(await browser.storage.session.get(Object.keys(NO_STATE))) };
}

export async function writeState(part: Partial<State>): Promise<void> {
  await browser.storage.session.set(part);
}

export async function readPosition(): Promise<HeldPosition | null> {
  const { position } = (await browser.storage.local.get('position')) as { position?: HeldPosition };
  return position ?? null;
}

export async function writePosition(position: HeldPosition): Promise<void> {
  await browser.storage.local.set({ position });
}

export function onSettingsChanged(listener: () => void): void {
  browser.storage.onChanged.addListener((changes, area) => {
    if (area === 'local' && ('relayUrl' in changes || 'extension' in changes)) listener();
  });
}

export function onStateChanged(listener: () => void): void {
  browser.storage.onChanged.addListener((_changes, area) => {
    if (area === 'session') listener();
  });
}
