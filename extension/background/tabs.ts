// Opens a client's card: in the tab that already shows it, if the add-on opened that one. Shell; cards.ts remembers.
import browser from 'webextension-polyfill';
import { type Card, type TabEvent, findCard } from './cards.ts';

/** Brings the card to the front and returns its tab's id; null where the browser tells none. */
export async function openCard(cards: Card[], url: string): Promise<number | null> {
  const known = findCard(cards, url);
  const tab = (known === undefined ? null : await activate(known.tabId)) ?? (await openTab(url));
  if (tab?.windowId !== undefined) await browser.windows.update(tab.windowId, { focused: true });
  return tab?.id ?? null;
}

/** The options page, at the list of browsers. */
export async function openDevices(): Promise<void> {
  const tab = await openTab(browser.runtime.getURL('options/options.html#devices'));
  if (tab?.windowId !== undefined) await browser.windows.update(tab.windowId, { focused: true });
}

/** The browser asks whether the program may be opened; in a new tab, as a page in front may hold what somebody types. */
export async function openProgram(url: string): Promise<void> {
  await openTab(url);
}

/** To be called in the background's first turn. */
export function onTabEvent(listener: (event: TabEvent) => void): void {
  browser.tabs.onUpdated.addListener((tabId, { status }) => {
    if (status === 'loading') listener({ type: 'loading', tabId });
    else if (status === 'complete') listener({ type: 'loaded', tabId });
  });
  browser.tabs.onRemoved.addListener((tabId) => listener({ type: 'closed', tabId }));
}

async function activate(tabId: number) {
  try {
    return await browser.tabs.update(tabId, { active: true });
  } catch {
    return null; // the tab is gone
  }
}

async function openTab(url: string) {
  try {
    return await browser.tabs.create({ url });
  } catch {
    const window = await browser.windows.create({ url }); // the browser runs without any window
    return window.tabs?.[0] ?? null;
  }
}
