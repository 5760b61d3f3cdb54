// Chromium with the add-on in it, driven by Playwright. Called by the tests and the demo. The driver keeps the
// background worker alive, so its lifetime cannot be tested through this. [Playwright: Chrome extensions]
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';
import type { Browser, BrowserOptions, BrowserTab, Language } from './browser.ts';
import { addOnPage, lookAtTabs, PAGE_SIZES, readManifest } from './browser.ts';
import { makeProfile } from './profile.ts';
import { until } from './wait.ts';

export const CHROMIUM = '/usr/bin/chromium';
const START_MS = 30_000;
const ACT_MS = 5_000;
const LOCALES = { en: 'en_US.UTF-8', ru: 'ru_RU.UTF-8' } as const;

/** Starts Debian's Chromium and returns once the add-on's background runs. */
export async function openChromium(options: BrowserOptions): Promise<Browser> {
  const { addOn, language, desktop, isHeadless = true, isRolledOut = false } = options;
  const { pages } = await readManifest(addOn);
  const profile = options.profile ?? (await makeProfile());
  let context: BrowserContext | undefined;
  const close = async () => {
    await profile.quit(async () => context?.close());
    if (profile !== options.profile) await profile.remove();
  };
  try {
    const running = await chromium.launchPersistentContext(profile.folder, {
      executablePath: CHROMIUM,
      headless: isHeadless,
      chromiumSandbox: false,
      viewport: null,
      timeout: START_MS,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      ignoreDefaultArgs: [
        '--disable-extensions',
        '--enable-automation',
        // what keeps it from fetching anything by itself
        ...(isRolledOut ? ['--disable-background-networking'] : []),
      ],
      args: [
        ...(isHeadless ? ['--headless=new'] : []),
        ...(isRolledOut ? [] : loadArguments(addOn)),
        ...quietArguments(language),
      ],
      env: chromiumEnvironment(desktop, language),
    });
    context = running;
    const worker =
      running.serviceWorkers()[0] ?? (await running.waitForEvent('serviceworker', { timeout: START_MS }));
    const origin = `chrome-extension://${new URL(worker.url()).host}`;
    return {
      name: 'chromium',
      open: async (name) => {
        const page = await running.newPage();
        await page.setViewportSize(PAGE_SIZES[name]);
        await goto(page, `${origin}/${pages[name]}`);
        return addOnPage(tabOf(page));
      },
      visit: async (url) => {
        const page = await running.newPage();
        await goto(page, url);
        return addOnPage(tabOf(page));
      },
      tabs: () => lookAtTabs(running.pages(), look),
      lookForUpdate: async () => {
        const page = await running.newPage();
        await goto(page, `${origin}/${pages.options}`);
        await page.evaluate(() => chrome.runtime.requestUpdateCheck());
        await page.close().catch(() => undefined); // the new version has closed it
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What it is told when a test drives it and when it is started plainly. */
export const chromiumArguments = (addOn: string, language: Language): string[] => [
  ...loadArguments(addOn),
  '--disable-background-networking',
  ...quietArguments(language),
];

const loadArguments = (addOn: string): string[] => [
  `--disable-extensions-except=${addOn}`,
  `--load-extension=${addOn}`,
];

/** Nothing may be asked of the internet. */
const quietArguments = (language: Language): string[] => [
  `--lang=${language}`,
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

export const chromiumEnvironment = (
  desktop: BrowserOptions['desktop'],
  language: Language,
): Record<string, string> => ({
  ...definedOf(process.env),
  DBUS_SESSION_BUS_ADDRESS: desktop.busAddress,
  LANGUAGE: language,
  LANG: LOCALES[language],
  LC_ALL: LOCALES[language],
});

/** Asked for again until it is there: an add-on that opens a page of its own at first takes over our blank tab. */
const goto = (page: Page, url: string): Promise<boolean> =>
  until(START_MS, `${url} to load`, async () => {
    await page.goto(url);
    return true;
  });

/** The driver makes every page believe that it has the focus, so that belief is taken away first. */
async function look(page: Page): Promise<BrowserTab> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
  const isInFront = await page.evaluate(() => document.hasFocus());
  await session.detach();
  return { url: page.url(), isInFront };
}

export function tabOf(page: Page) {
  page.setDefaultTimeout(ACT_MS);
  return {
    evaluate: <R, A>(run: (argument: A) => R | Promise<R>, argument: A) =>
      page.evaluate(run as (argument: unknown) => R | Promise<R>, argument),
    inject: (script: string) => page.evaluate(script),
    fill: (label: string, text: string) => page.getByLabel(label, { exact: true }).fill(text),
    press: (name: string) => page.getByRole('button', { name, exact: true }).click(),
    picture: () => page.screenshot({ fullPage: true }),
    close: () => page.close(),
  };
}

/** As much of it as is used: the page that it runs in is the add-on's. */
declare const chrome: { runtime: { requestUpdateCheck(): Promise<unknown> } };

const definedOf = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
