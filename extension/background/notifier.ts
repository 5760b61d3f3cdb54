// Puts notifications on the desktop and takes them off, one after the other. Shell; main.ts gives it words.
// Chromium: `clear` is not reported by onClosed; an icon that cannot be loaded rejects; a contextMessage would stand
// above the message. Firefox: throws on requireInteraction, silent and buttons; cannot update; reports its own
// replacing of a notification as closed by the user.
import browser, { type Notifications } from 'webextension-polyfill';
import type { Words } from '../../shared/notice.ts';

export type Notice = {
  id: string;
  words: Words;
  /** A picture of the client; only `data:` images are used. */
  image: string | null;
  /** Stays until the phone stops ringing. */
  isRinging: boolean;
  /** Names of buttons, for Chromium; Firefox knows none, so a click must lead to the same. Whoever has some, stays. */
  buttons?: string[];
};

type Options = Notifications.CreateNotificationOptions & {
  requireInteraction?: boolean;
  silent?: boolean;
  buttons?: { title: string }[];
};
/** What the polyfill passes on and its types leave out. */
const inChromium = browser.notifications as typeof browser.notifications & {
  update(id: string, options: Options): Promise<boolean>;
};

const IS_FIREFOX = import.meta.env.MODE === 'firefox';
const PACKAGED_ICON = browser.runtime.getURL('icons/128.png');

/**
 * Chromium knows a notification only once the desktop has answered that it shows it: what is cleared or shown anew before
 * stays on the screen for ever. A phone that answers by itself, or a link that catches up, is that fast.
 */
const DESKTOP_ANSWERS_WITHIN_MS = 300;
/** Orders for one notification reach the desktop one after the other, so that a slow icon cannot revive what was cleared. */
const turns = new Map<string, Promise<void>>();

function inTurn(id: string, work: () => Promise<unknown>, restMs = 0): Promise<void> {
  const done = (turns.get(id) ?? Promise.resolve()).then(async () => {
    await work();
  });
  const over: Promise<void> = done.catch(reportError).then(async () => {
    if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
    if (turns.get(id) === over) turns.delete(id);
  });
  turns.set(id, over);
  return done;
}

export const show = (notice: Notice): Promise<void> =>
  inTurn(
    notice.id,
    () => withIcon(notice, (options) => browser.notifications.create(notice.id, options)),
    DESKTOP_ANSWERS_WITHIN_MS,
  );

/** Changes what is on the screen; one that a person has closed stays closed (in Firefox the caller sees to it). */
export const update = (notice: Notice): Promise<void> =>
  inTurn(notice.id, () =>
    withIcon(notice, (options) =>
      IS_FIREFOX
        ? browser.notifications.create(notice.id, options)
        : inChromium.update(notice.id, { ...options, silent: true }),
    ),
  );

export const clear = (id: string): Promise<void> => inTurn(id, () => browser.notifications.clear(id));

export function onClicked(listener: (id: string) => void): void {
  browser.notifications.onClicked.addListener(listener);
}

/** The button of a notification. */
export function onPressed(listener: (id: string) => void): void {
  if (!IS_FIREFOX) browser.notifications.onButtonClicked.addListener((id) => listener(id));
}

/** A person has closed the notification: what is still there was only replaced. */
export function onDismissed(listener: (id: string) => void): void {
  browser.notifications.onClosed.addListener((id, isByUser) => {
    if (!isByUser) return;
    void inTurn(id, async () => {
      if (!(id in (await browser.notifications.getAll()))) listener(id);
    });
  });
}

async function withIcon(notice: Notice, put: (options: Options) => Promise<unknown>): Promise<void> {
  const image = notice.image?.startsWith('data:image/') === true ? notice.image : null;
  if (image === null) {
    await put(optionsOf(notice, PACKAGED_ICON));
    return;
  }
  try {
    await put(optionsOf(notice, image));
  } catch {
    await put(optionsOf(notice, PACKAGED_ICON)); // the picture is broken; a ring is never lost for that
  }
}

function optionsOf({ words, isRinging, buttons = [] }: Notice, iconUrl: string): Options {
  const shared: Options = { type: 'basic', iconUrl, ...words };
  if (IS_FIREFOX) return shared;
  const requireInteraction = isRinging || buttons.length > 0;
  return { ...shared, priority: 2, requireInteraction, buttons: buttons.map((title) => ({ title })) };
}
