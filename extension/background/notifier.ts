// Puts notifications on the desktop and takes them off, one after the other. Shell; main.ts gives it words.
// Chromium: `clear` is not reported by onClosed; an icon that cannot be loaded rejects; a contextMessage would stand
// above the message. Firefox: throws on requireInteraction, silent and buttons; cannot update; reports its own
// replacing of a notification as closed by the user.
import browser, { type Notifications } from 'webextension-polyfill';
import type { Words } from '../phrases.ts';

export type Notice = {
  id: string;
  words: Words;
  /** A picture of the client; only `data:` images are used. */
  image: string | null;
  /** Stays until the phone stops ringing. */
  isRinging: boolean;
};

type Options = Notifications.CreateNotificationOptions & { requireInteraction?: boolean; silent?: boolean };
/** What the polyfill passes on and its types leave out. */
const inChromium = browser.notifications as typeof browser.notifications & {
  update(id: string, options: Options): Promise<boolean>;
};

const IS_FIREFOX = import.meta.env.MODE === 'firefox';
const PACKAGED_ICON = browser.runtime.getURL('icons/128.png');

/** Orders reach the desktop in the order they were given, so that a slow icon cannot revive what was cleared. */
let last: Promise<unknown> = Promise.resolve();
function inTurn(work: () => Promise<unknown>): Promise<void> {
  const done = last.then(async () => {
    await work();
  });
  last = done.catch(reportError);
  return done;
}

/**
 * Chromium forgets a notification that is cleared before the desktop has answered that it shows it, and then it stays
 * for ever: a phone that answers by itself is that fast.
 */
const DESKTOP_ANSWERS_WITHIN_MS = 300;
const MAX_SHOWINGS = 64;
/** When each is on the screen at the earliest; its promise is another for each showing. */
const showings = new Map<string, Promise<number>>();

export function show(notice: Notice): Promise<void> {
  const done = inTurn(() => withIcon(notice, (options) => browser.notifications.create(notice.id, options)));
  showings.set(
    notice.id,
    done.then(
      () => performance.now(),
      () => 0, // it could not be shown: `inTurn` has told
    ),
  );
  const [oldest] = showings.keys();
  if (showings.size > MAX_SHOWINGS && oldest !== undefined) showings.delete(oldest);
  return done;
}

/** Changes what is on the screen; one that a person has closed stays closed (in Firefox the caller sees to it). */
export const update = (notice: Notice): Promise<void> =>
  inTurn(() =>
    withIcon(notice, (options) =>
      IS_FIREFOX
        ? browser.notifications.create(notice.id, options)
        : inChromium.update(notice.id, { ...options, silent: true }),
    ),
  );

export async function clear(id: string): Promise<void> {
  const showing = showings.get(id);
  if (showing !== undefined) {
    const waitMs = (await showing) + DESKTOP_ANSWERS_WITHIN_MS - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (showings.get(id) !== showing) return; // shown anew since
    showings.delete(id);
  }
  return inTurn(() => browser.notifications.clear(id));
}

export function onClicked(listener: (id: string) => void): void {
  browser.notifications.onClicked.addListener(listener);
}

/** A person has closed the notification: what is still there was only replaced. */
export function onDismissed(listener: (id: string) => void): void {
  browser.notifications.onClosed.addListener((id, isByUser) => {
    if (!isByUser) return;
    void inTurn(async () => {
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

function optionsOf({ words, isRinging }: Notice, iconUrl: string): Options {
  const shared: Options = { type: 'basic', iconUrl, ...words };
  return IS_FIREFOX ? shared : { ...shared, priority: 2, requireInteraction: isRinging };
}
