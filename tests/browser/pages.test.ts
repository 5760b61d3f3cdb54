// The relay's own pages in real browsers: everybody can use them, in both languages, light and dark, on a narrow screen, and
// without a script; and IT gets through the door of /setup as a person does, in both browsers.
// RINGCUE_PICTURES: a folder for pictures of the pages.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test as testWithin } from 'node:test';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { setupLink } from '../../relay/commands/setup-link.ts';
import { startFakePbx } from '../relay/fake-pbx.ts';
import type { FakePbx } from '../relay/fake-pbx.ts';
import { startRelay } from '../relay/relay-process.ts';
import type { RelayProcess } from '../relay/relay-process.ts';
import { BROWSER_PACKAGES, preparePackages } from '../setup/packages.ts';
import { addOnPage } from './browser.ts';
import { CHROMIUM, tabOf } from './chromium.ts';
import { FIREFOX } from './firefox.ts';

const test = (name: string, run: () => Promise<void>): void =>
  void testWithin(name, { timeout: 120_000 }, run);

const LANGUAGES = ['en', 'ru'] as const;
const SCHEMES = ['light', 'dark'] as const;
const WIDTHS = [360, 1000] as const;
/** The doctor listens for three seconds, and the page looks every two. */
const PATIENT = { timeout: 30_000 };
const PROXY = { RINGCUE_TRUST_PROXY: '127.0.0.1' };
const INSTALL = { RINGCUE_ADD_ON_CHROME_STORE: 'https://chromewebstore.google.com/detail/ringcue' };
const WORDS = {
  en: { open: 'Open', again: 'Examine again', used: /wrong, used or too old/, examining: 'Examining…' },
  ru: { open: 'Открыть', again: 'Проверить ещё раз', used: /уже использована/, examining: 'Идёт проверка…' },
} as const;

let browser: Browser;
let pbx: FakePbx;
let folder: string;
let trialFolder: string;
/** One that is paired with and sees its PBX, and a trial that does not. */
let relay: RelayProcess;
let trial: RelayProcess;
const opened = new AsyncDisposableStack();
before(async () => {
  await preparePackages(BROWSER_PACKAGES, (line) => console.log(line));
  const newFolder = async (): Promise<string> =>
    opened.adopt(await mkdtemp(join(tmpdir(), 'ringcue-pages-')), (path) => rm(path, { recursive: true }));
  [folder, trialFolder] = [await newFolder(), await newFolder()];
  pbx = opened.use(await startFakePbx());
  const settings = {
    RINGCUE_DATA: folder,
    RINGCUE_AUTH: 'pairing',
    RINGCUE_BASE_PATH: '/ringcue',
    ...INSTALL,
    ...PROXY,
  };
  relay = opened.use(await startRelay(pbx.account, settings));
  await relay.isReady();
  trial = opened.use(await startRelay({ ...pbx.account, port: 1 }, { RINGCUE_DATA: trialFolder, ...PROXY }));
  browser = opened.adopt(
    await chromium.launch({
      executablePath: CHROMIUM,
      chromiumSandbox: false,
      ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
      args: ['--disable-background-networking', '--disable-component-update', '--no-first-run'],
    }),
    (running) => running.close(),
  );
});
after(() => opened.disposeAsync());

const base = (): string => `http://${relay.address}/ringcue/`;

/** Whoever has this link may look at that relay, once. */
async function linkFor(whose = relay): Promise<{ link: string; code: string }> {
  const said: string[] = [];
  const environment = {
    ...{ RINGCUE_AMI_HOST: 'pbx', RINGCUE_AMI_USERNAME: 'u', RINGCUE_AMI_SECRET: 's', RINGCUE_COUNTRY: 'RU' },
    RINGCUE_DATA: whose === relay ? folder : trialFolder,
    RINGCUE_PUBLIC_URL: whose === relay ? base() : `http://${whose.address}`,
  };
  const say = (line: string): void => void said.push(line);
  assert.equal(await setupLink({ parameters: ['--json'], environment, say, complain: say }), 0);
  return JSON.parse(said.join('')) as { link: string; code: string };
}

let visitors = 0;
/** Each comes from an address of his own, as tries at links are counted by it: a new visitor's page, closed with all that is his. What the policy stops, or a script fails at, is told by `faults`. */
async function visitor(options: BrowserContextOptions) {
  visitors += 1;
  const context = await browser.newContext({
    ...options,
    extraHTTPHeaders: { 'x-forwarded-for': `192.0.2.${visitors}` },
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('403')) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  return { page, context, faults, [Symbol.asyncDispose]: () => context.close() };
}

/** axe-core objects to nothing, and nothing is wider than the screen; the page is pictured where pictures are wanted. */
async function looksWell(page: Page, name: string): Promise<void> {
  const pictures = process.env['RINGCUE_PICTURES'];
  if (pictures !== undefined) {
    await mkdir(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  }
  assert.deepEqual(await addOnPage(tabOf(page)).findings(), [], name);
  const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok((needed ?? 0) <= (there ?? 0), `${name} is ${needed} wide on a screen of ${there}`);
}

for (const language of LANGUAGES)
  for (const colorScheme of SCHEMES)
    test(`in ${language} and ${colorScheme}, everybody can use each page, on a narrow screen too`, async () => {
      for (const width of WIDTHS) {
        const viewport = { width, height: 800 };
        const locale = language === 'en' ? 'en-US' : 'ru-RU';
        await using seat = await visitor({ locale, colorScheme, viewport });
        const { page, faults } = seat;
        const name = (what: string): string => `${what}-${language}-${colorScheme}-${width}`;
        await page.goto(base());
        assert.equal(await page.locator('html').getAttribute('lang'), language);
        await looksWell(page, name('front'));
        await page.goto(`http://${trial.address}/`);
        await looksWell(page, name('front-trial'));
        await page.goto(`${base()}pair#7K3M-AAAA-BBBB-CCCC-DDDD`);
        await page.getByText('7K3M-AAAA-BBBB-CCCC-DDDD', { exact: true }).waitFor();
        await looksWell(page, name('invitation'));
        await page.goto(`${base()}pair#1111-2222`);
        await page.getByText('1111-2222', { exact: true }).waitFor();
        await page.goto((await linkFor()).link);
        await looksWell(page, name('setup-locked'));
        const open = page.getByRole('button', { name: WORDS[language].open, exact: true });
        await open.click();
        await page.getByText(WORDS[language].examining).waitFor();
        await looksWell(page, name('setup-examining'));
        // The trial's doctor has more to say: lines to paste.
        const { link } = await linkFor(trial);
        await page.goto(link);
        await open.click();
        await page.getByRole('button', { name: WORDS[language].again }).waitFor(PATIENT); // it goes on by itself
        await page.getByText('bindaddr = 0.0.0.0').waitFor();
        await looksWell(page, name('setup-open'));
        await seat.context.clearCookies();
        await page.reload(); // locked again, and the link is opened where the page stands already
        await page.goto(link);
        await open.click();
        await page.getByText(WORDS[language].used).waitFor();
        await looksWell(page, name('setup-used'));
        assert.deepEqual(faults, []);
      }
    });

test('in Chromium, the secret of the link is in no address that stays, and its cookie goes to /setup alone', async () => {
  const { link, code } = await linkFor();
  await using seat = await visitor({ locale: 'en-US' });
  const { page, context } = seat;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.url()} ${JSON.stringify(request.headers())}`));
  await page.goto(link.replace('/setup/#', '/setup#')); // led on to where the page is
  assert.equal(page.url(), `${base()}setup/`);
  assert.equal(await page.getByLabel('The code of the link').inputValue(), code);
  assert.deepEqual(
    asked.filter((one) => one.includes(code)),
    [],
    'nothing was asked with it',
  );
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('button', { name: 'Examine again' }).waitFor(PATIENT);
  assert.equal(page.url(), `${base()}setup/`);
  const [cookie] = await context.cookies(`${base()}setup/`);
  assert.deepEqual(
    [cookie?.name, cookie?.path, cookie?.httpOnly, cookie?.sameSite],
    ['ringcue_setup', '/ringcue/setup', true, 'Strict'],
  );
  assert.deepEqual(await context.cookies(base()), []);
  await page.getByRole('button', { name: 'Examine again' }).click();
  await page.getByText('Examining…').waitFor();
  await page.getByRole('link', { name: 'По-русски' }).click();
  await page.getByRole('button', { name: 'Проверить ещё раз' }).click();
  await page.getByText('Идёт проверка…').waitFor();
});

test('without a script, staff read the front page and IT opens /setup by hand', async () => {
  const { code } = await linkFor();
  await using seat = await visitor({ locale: 'en-US', javaScriptEnabled: false });
  const { page } = seat;
  await page.goto(base());
  await page.getByText('Connected to the phone system').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Install for Chrome' }).count(), 1);
  assert.equal(await page.getByText(base().replace(/\/$/, ''), { exact: true }).count(), 1);
  await page.getByRole('link', { name: 'set-up' }).click();
  await page.getByLabel('The code of the link').fill(code);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByText('Examining…').waitFor();
  await page.getByRole('button', { name: 'Examine again' }).waitFor(PATIENT);
});

test('in Firefox, IT opens /setup by its link and examines again', async () => {
  const { link, code } = await linkFor();
  const driver = await puppeteer.launch({
    ...{ browser: 'firefox', executablePath: FIREFOX, headless: true },
    ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
    extraPrefsFirefox: { 'network.proxy.type': 0, 'intl.locale.requested': 'en-US' },
  });
  try {
    const page = await driver.newPage();
    await page.goto(link);
    assert.equal(page.url(), `${base()}setup/`);
    assert.equal(await page.$eval('#secret', (field) => (field as HTMLInputElement).value), code);
    await page.click('#open');
    for (let n = 0; n < 2; n += 1) {
      await page.waitForSelector('button[name=examine]', { timeout: 20_000 });
      assert.match(await page.$eval('main', (main) => main.innerText), /login: /);
      await page.click('button[name=examine]');
      await page.waitForSelector('[role=status]', { timeout: 20_000 });
    }
  } finally {
    await driver.close();
  }
});
