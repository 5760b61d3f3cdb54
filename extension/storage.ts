// Everything the add-on keeps, typed: settings and the place in the relay's lines on disk (`local`), the rest in the
// browser's memory (`session`: names and numbers of callers never reach the disk). Shell; background and pages use it.
import browser from 'webextension-polyfill';
import type { Settings } from './settings.ts';
import { NO_STATE, type HeldPosition, type State } from './state.ts';

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
