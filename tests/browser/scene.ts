// A whole company for the browser tests: a real Asterisk with its phones, a real relay with a list of clients, a
// customer database, desktops, and browsers with the add-on just installed. Called by the browser tests.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAddOn } from '../../extension/build.ts';
import type { Office } from '../lab/office.ts';
import { openOffice } from '../lab/office.ts';
import type { RelayProcess } from '../relay/relay-process.ts';
import { startRelay } from '../relay/relay-process.ts';
import { BROWSER_PACKAGES, preparePackages } from '../setup/packages.ts';
import type { Browser, BrowserOptions, Language } from './browser.ts';
import { openChromium } from './chromium.ts';
import type { Crm } from './crm.ts';
import { openCrm } from './crm.ts';
import type { Desktop } from './desktop.ts';
import { openDesktop } from './desktop.ts';
import { openFirefox } from './firefox.ts';

export const OPENERS = { chromium: openChromium, firefox: openFirefox } satisfies Record<
  Browser['name'],
  (options: BrowserOptions) => Promise<Browser>
>;
export const BROWSERS = ['chromium', 'firefox'] as const;

/** What the company has before anybody installs the add-on. */
export interface Company extends AsyncDisposable {
  readonly office: Office;
  readonly crm: Crm;
  /** The settings of its relays. */
  readonly relaySettings: Readonly<Record<string, string>>;
  /** Another relay, with the same clients and the same journal as the first; whoever starts it ends it. */
  startRelay(over?: Record<string, string>): Promise<RelayProcess>;
  /** One more place of work. */
  seat(): Promise<Seat>;
}

/** A desktop of its own, and the add-on for one browser. */
export interface Seat {
  readonly desktop: Desktop;
  /** The folder of an add-on that is built for this company alone. */
  addOn(browser: Browser['name']): Promise<string>;
}

export interface Scene extends AsyncDisposable {
  readonly desktop: Desktop;
  readonly office: Office;
  readonly relay: RelayProcess;
  readonly crm: Crm;
  readonly browser: Browser;
}

export interface CompanyOptions {
  /** The CSV that IT exported. */
  clients: string;
  /** What the relay is told beside the usual. */
  settings?: (crmUrl: string) => Record<string, string>;
  progress: (line: string) => void;
}

export interface SceneOptions extends CompanyOptions {
  browser: Browser['name'];
  language: Language;
}

export async function openCompany({ clients, settings: more, progress }: CompanyOptions): Promise<Company> {
  await preparePackages(BROWSER_PACKAGES, progress);
  await using opened = new AsyncDisposableStack();
  const keep = <T>(part: T, close: (part: T) => Promise<unknown>): T =>
    opened.adopt(part, async (kept) => {
      await close(kept);
    });

  const folder = keep(await mkdtemp(join(tmpdir(), 'ringcue-company-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const clientList = join(folder, 'clients.csv');
  await writeFile(clientList, clients);
  const crm = keep(await openCrm(), (part) => part.close());
  const office = opened.use(
    await openOffice({ asterisk: '22', driver: 'pjsip', phones: ['101', '102'], progress }),
  );
  const { host, port, accounts } = office.ami;
  const all = opened.move();
  const relaySettings = {
    RINGCUE_CLIENTS: clientList,
    RINGCUE_CARD_URL: `${crm.url}/clients/{id}`,
    RINGCUE_UNKNOWN_URL: `${crm.url}/search?phone={number}`,
    RINGCUE_DATA: folder,
  };
  return {
    office,
    crm,
    relaySettings,
    startRelay: async (over = {}) => {
      const settings = { ...relaySettings, ...more?.(crm.url), ...over };
      const relay = await startRelay({ host, port, ...accounts.ringcue }, settings);
      await relay.isReady();
      return relay;
    },
    seat: async () => {
      const desktop = await openDesktop();
      all.defer(() => desktop.close());
      // One of its own, as another run on this machine may build anew while a browser still reads.
      return { desktop, addOn: (browser) => buildAddOn(browser, join(folder, `add-on-${browser}`)) };
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** A company of one, with the relay running and the add-on just installed. */
export async function openScene({ browser: name, language, ...options }: SceneOptions): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const { office, crm, ...company } = opened.use(await openCompany(options));
  const relay = opened.use(await company.startRelay());
  const { desktop, addOn } = await company.seat();
  const browser = opened.adopt(await OPENERS[name]({ addOn: await addOn(name), desktop, language }), (part) =>
    part.close(),
  );
  const all = opened.move();
  return { desktop, office, relay, crm, browser, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
