// Everything the add-on keeps, typed: settings, tokens, the place in the relay's lines and the browsers that people were told
// of on disk (`local`, never `sync`: a token is this computer's), the rest in the browser's memory (`session`: names and
// numbers of callers never reach the disk). Shell; background and pages use it.
import browser from 'webextension-polyfill';
import type { KnownDevices } from './background/devices.ts';
import { readStored, type Settings } from './settings.ts';
import { NO_STATE, type HeldPosition, type State } from './state.ts';
import type { HeldToken } from './tokens.ts';

const { local, session } = browser.storage;

export async function readSettings(): Promise<Settings> {
  return readStored(await local.get(['relayUrl', 'extension', 'extensions']));
}

export async function writeSettings(settings: Settings): Promise<void> {
  await local.set(settings);
  await local.remove('extension'); // of versions that knew one only
}

export async function readTokens(): Promise<HeldToken[]> {
  return readList<HeldToken>('tokens');
}

export async function writeTokens(tokens: HeldToken[]): Promise<void> {
  await local.set({ tokens });
}

export async function readKnownDevices(): Promise<KnownDevices[]> {
  return readList<KnownDevices>('knownDevices');
}

export async function writeKnownDevices(knownDevices: KnownDevices[]): Promise<void> {
  await local.set({ knownDevices });
}

export async function readPositions(): Promise<HeldPosition[]> {
  const { position } = (await local.get('position')) as { position?: HeldPosition };
  const positions = await readList<HeldPosition>('positions');
  return positions.length === 0 && position !== undefined ? [position] : positions;
}

export async function writePositions(positions: HeldPosition[]): Promise<void> {
  await local.set({ positions });
}

export async function readState(): Promise<State> {
  return { ...NO_STATE, ...(await session.get(Object.keys(NO_STATE))) };
}

export async function writeState(part: Partial<State>): Promise<void> {
  await session.set(part);
}

/** Whom to connect to has changed, or as whom. */
export function onSettingsChanged(listener: () => void): void {
  browser.storage.onChanged.addListener((changes, area) => {
    if (area === 'local' && ['relayUrl', 'extensions', 'tokens'].some((key) => key in changes)) listener();
  });
}

export function onStateChanged(listener: () => void): void {
  browser.storage.onChanged.addListener((_changes, area) => {
    if (area === 'session') listener();
  });
}

async function readList<T>(key: string): Promise<T[]> {
  const { [key]: list } = await local.get(key);
  return Array.isArray(list) ? (list as T[]) : [];
}
