// The add-on in a real Chromium, as one more screen: what it shows is read at the desktop's D-Bus. Called by world.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAddOn } from '../../extension/build.ts';
import { openChromium } from '../browser/chromium.ts';
import { BROWSER_PACKAGES, preparePackages } from '../setup/packages.ts';
import { openDesktopApart, type Seen } from './desktop-thread.ts';
import type { Screen, Sight } from './facts.ts';
import { readNotice } from './read-notice.ts';

export type BrowserScreen = Screen & AsyncDisposable;

export async function openBrowserScreen(
  extension: string,
  port: number,
  say: (text: string) => void,
): Promise<BrowserScreen> {
  await preparePackages(BROWSER_PACKAGES, say);
  await using opened = new AsyncDisposableStack();
  const folder = opened.adopt(await mkdtemp(join(tmpdir(), 'ringcue-chaos-browser-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const sights: Sight[] = [];
  const onScreen = new Map<string, Sight>();
  const take = (seen: Seen): void => {
    const noticeId = String(seen.id);
    if (seen.what === 'cleared') {
      onScreen.delete(noticeId);
      sights.push({ at: seen.at, noticeId, what: 'cleared', number: null, isNew: false });
      return;
    }
    const read = readNotice(seen.title, seen.text);
    const sight: Sight = {
      at: seen.at,
      noticeId,
      ...read,
      isNew: onScreen.get(noticeId)?.what !== read.what,
    };
    onScreen.set(noticeId, sight);
    sights.push(sight);
  };
  const desktop = opened.adopt(await openDesktopApart(take), (part) => part.close());
  const addOn = await buildAddOn('chromium', join(folder, 'add-on'));
  const chromium = opened.adopt(await openChromium({ addOn, desktop, language: 'en' }), (part) =>
    part.close(),
  );
  const options = await chromium.open('options');
  await options.fill('Relay address', `127.0.0.1:${port}`);
  await options.fill('Your extension', extension);
  await options.press('Save');
  await options.reads('Saved.');
  await options.close();
  const all = opened.move();
  return {
    name: `${extension} in Chromium`,
    extension,
    sights,
    blind: null,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
