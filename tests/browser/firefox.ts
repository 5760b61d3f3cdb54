// Firefox with the add-on in it, driven by Puppeteer over WebDriver BiDi; Playwright cannot drive a stock Firefox.
// Called by the tests. [WebDriver BiDi; extensions.webextensions.uuids gives the add-on's pages a known address]
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser as Driver, Page } from 'puppeteer-core';
import puppeteer from 'puppeteer-core';
import type { Browser, BrowserOptions } from './browser.ts';
import { addOnPage, lookAtTabs, PAGE_SIZES, readManifest } from './browser.ts';
import { makeProfile } from './profile.ts';
import { until } from './wait.ts';

export const FIREFOX = '/usr/bin/firefox-esr';
/** Of the add-on's pages; the same at each start, as what it keeps on disk belongs to this address. */
const UUID = '5ca1ab1e-0101-4ca1-8ca1-0123456789ab';
const START_MS = 30_000;
const ACT_MS = 5_000;
/** The driver never hears that an add-on's page has loaded, so it gives up soon and the page itself is asked. */
const GOTO_MS = 1_000;

/** Starts Debian's Firefox with the add-on in its profile, where it stays for the next start. */
export async function openFirefox(options: BrowserOptions): Promise<Browser> {
  const { addOn, language, desktop, isHeadless = true, isRolledOut = false } = options;
  const { geckoId, pages } = await readManifest(addOn);
  const profile = options.profile ?? (await makeProfile());
  let driver: Driver | undefined;
  const close = async () => {
    await profile.quit(async () => driver?.close());
    if (profile !== options.profile) await profile.remove();
  };
  try {
    if (!isRolledOut) await putIn(addOn, join(profile.folder, 'extensions'), geckoId);
    const running = await puppeteer.launch({
      browser: 'firefox',
      executablePath: await writeLauncher(profile.folder),
      headless: isHeadless,
      userDataDir: profile.folder,
      timeout: START_MS,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      defaultViewport: null,
      args: ['--remote-allow-system-access'],
      extraPrefsFirefox: {
        'extensions.webextensions.uuids': JSON.stringify({ [geckoId]: UUID }),
        'intl.locale.requested': language === 'en' ? 'en-US' : language,
        'network.proxy.type': 0,
        'xpinstall.signatures.required': false,
        ...(isRolledOut && ROLLED_OUT_PREFERENCES),
      },
      env: { ...process.env, DBUS_SESSION_BUS_ADDRESS: desktop.busAddress },
    });
    driver = running;
    let canResize = true;
    return {
      name: 'firefox',
      open: async (name) => {
        const page = await running.newPage();
        await goto(page, `moz-extension://${UUID}/${pages[name]}`);
        canResize &&= await resize(page, PAGE_SIZES[name]);
        return addOnPage(tabOf(page));
      },
      visit: async (url) => {
        const page = await running.newPage();
        await page.goto(url);
        return addOnPage(tabOf(page));
      },
      tabs: async () => lookAtTabs(await running.pages(), look),
      lookForUpdate: () => Promise.resolve(), // it does, see below
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** It looks for a newer add-on every few seconds in place of once a day, and takes it from a relay without TLS. */
const ROLLED_OUT_PREFERENCES = {
  'xpinstall.signatures.required': true, // IT's policy says otherwise, and is heard
  'extensions.update.enabled': true,
  'extensions.update.autoUpdateDefault': true,
  'extensions.update.interval': 3,
  'extensions.checkUpdateSecurity': false,
  'app.update.timerFirstInterval': 10_000,
  'app.update.timerMinimumDelay': 3,
  'app.update.lastUpdateTime.addon-background-update-timer': 1,
};

/** Firefox installs what lies there as a packed file; what it is told to install by a driver it forgets at its end. */
async function putIn(addOn: string, folder: string, id: string): Promise<void> {
  const file = join(folder, `${id}.xpi`);
  await mkdir(folder, { recursive: true });
  await rm(file, { force: true });
  await promisify(execFile)('zip', ['-qr', file, '.'], { cwd: addOn });
}

/** The kernel ends Firefox when this process ends, even by SIGKILL; Chromium goes by itself when its driver does. */
async function writeLauncher(folder: string): Promise<string> {
  const file = join(folder, 'launch');
  await writeFile(file, `#!/bin/sh\nexec setpriv --pdeathsig KILL ${FIREFOX} "$@"\n`, { mode: 0o700 });
  return file;
}

/** Asked for again until it is there: an add-on that opens a page of its own at first takes over our blank tab. */
const goto = (page: Page, url: string): Promise<true> =>
  until(START_MS, `${url} to load`, async () => {
    page.goto(url, { timeout: GOTO_MS }).catch(() => undefined); // see GOTO_MS; what counts is asked below
    return until(GOTO_MS, url, async () => {
      const state = await page.evaluate(() => [document.readyState, location.href]);
      return (state[0] === 'complete' && state[1] === url) || undefined;
    });
  });

/**
 * Firefox refuses while the page moves to another process, which it does after it is loaded; 140 never answers for a page
 * of an add-on, which then is as large as the window. @returns whether it can
 */
async function resize(page: Page, size: { width: number; height: number }): Promise<boolean> {
  try {
    return await until(ACT_MS, 'the size of the page', async () => {
      await page.setViewport(size);
      return true;
    });
  } catch (error) {
    console.log(`  pages of the add-on keep the size of the window: ${(error as Error).message}`);
    return false;
  }
}

/** The driver's own `page.url()` misses a move to an add-on's page. */
const look = (page: Page) =>
  page.evaluate(() => ({ url: location.href, isInFront: document.visibilityState === 'visible' }));

function tabOf(page: Page) {
  /** Clicks with the mouse, as the element's own handle may belong to a document that was just replaced. */
  const click = async (find: (name: string) => Point | null, name: string, what: string, count = 1) => {
    const point = await until(ACT_MS, `${what} "${name}"`, async () => {
      return (await page.evaluate(find, name)) ?? undefined;
    });
    await page.mouse.click(point.x, point.y, { count });
  };
  return {
    evaluate: <R, A>(run: (argument: A) => R | Promise<R>, argument: A) =>
      page.evaluate(run as (argument: unknown) => R | Promise<R>, argument) as Promise<R>,
    inject: (script: string) => page.evaluate(script),
    fill: async (label: string, text: string) => {
      await click(fieldWithLabel, label, 'a field', 3); // the third click selects what stands there
      await page.keyboard.press('Backspace');
      await page.keyboard.type(text);
    },
    press: (name: string) => click(buttonWithName, name, 'an enabled button'),
    picture: () => page.screenshot({ fullPage: true }),
    close: () => page.close(),
  };
}

type Point = { x: number; y: number };

// These two run in the page and so may use nothing from around them.

function fieldWithLabel(label: string): Point | null {
  for (const one of document.querySelectorAll('label')) {
    if (one.textContent.trim() !== label || one.control === null) continue;
    one.control.scrollIntoView({ block: 'center' });
    const { x, y, width, height } = one.control.getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2 };
  }
  return null;
}

function buttonWithName(name: string): Point | null {
  for (const button of document.querySelectorAll('button')) {
    if ((button.ariaLabel ?? button.innerText).trim() !== name || button.disabled) continue;
    button.scrollIntoView({ block: 'center' });
    const { x, y, width, height } = button.getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2 };
  }
  return null;
}
