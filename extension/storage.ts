// Everything the add-on keeps, typed: settings, tokens, the place in the relay's lines and the browsers that people were told
// of on disk (`local`, never `sync`: a token is this computer's), the rest in the browser's memory (`session`: names and
// numbers of callers never reach the disk). What IT has set (`managed`) stands above the settings. Shell; background and
// pages use it.
import browser from 'webextension-polyfill';
import type { KnownDevices } from './background/devices.ts';
import { NO_POLICY, ownOf, readPolicy as readPolicyOf, withPolicy, type Policy } from './managed.ts';
import { readStored, type Settings } from './settings.ts';
import { NO_STATE, type HeldPosition, type State } from './state.ts';
import type { HeldToken } from './tokens.ts';

const { local, managed, session } = browser.storage;
/** A browser that does not answer is as one without a policy; when it does, the change is told. */
const POLICY_DEADLINE_MS = 2_000;

/** What IT has set. Chromium may learn of it only seconds after its first start; Firefox rejects where there is none. */
export async function readPolicy(): Promise<Policy> {
  const none = new Promise<Policy>((resolve) => setTimeout(() => resolve(NO_POLICY), POLICY_DEADLINE_MS));
  return Promise.race([managed.get().then(readPolicyOf, () => NO_POLICY), none]);
}

/** The settings that count: the browser's own under what IT has set. */
export async function readSettings(): Promise<Settings> {
  return withPolicy(...(await Promise.all([readOwnSettings(), readPolicy()])));
}

export async function writeSettings(settings: Settings): Promise<void> {
  const [own, policy] = await Promise.all([readOwnSettings(), readPolicy()]);
  await local.set(ownOf(settings, own, policy));
  await local.remove('extension'); // of versions that knew one only
}

/** Invitations of IT's policy that this browser has used. */
export async function readUsedInvitations(): Promise<string[]> {
  return readList<string>('usedInvitations');
}

export async function writeUsedInvitations(usedInvitations: string[]): Promise<void> {
  await local.set({ usedInvitations });
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
    const isOurs = area === 'local' && ['relayUrl', 'extensions', 'tokens'].some((key) => key in changes);
    if (isOurs || area === 'managed') listener();
  });
}

export function onStateChanged(listener: () => void): void {
  browser.storage.onChanged.addListener((_changes, area) => {
    if (area === 'session') listener();
  });
}

async function readOwnSettings(): Promise<Settings> {
  return readStored(await local.get(['relayUrl', 'extension', 'extensions']));
}

async function readList<T>(key: string): Promise<T[]> {
  const { [key]: list } = await local.get(key);
  return Array.isArray(list) ? (list as T[]) : [];
}
