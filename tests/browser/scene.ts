// A whole company for the browser tests: a real Asterisk with its phones, a real relay with a list of clients, a
// customer database, a desktop, and a browser with the add-on just installed. Called by add-on.test.ts.
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

export interface Scene extends AsyncDisposable {
  readonly desktop: Desktop;
  readonly office: Office;
  readonly relay: RelayProcess;
  readonly crm: Crm;
  readonly browser: Browser;
}

export interface SceneOptions {
  browser: Browser['name'];
  language: Language;
  /** The CSV that IT exported. */
  clients: string;
  progress: (line: string) => void;
}

export async function openScene({
  browser: name,
  language,
  clients,
  progress,
}: SceneOptions): Promise<Scene> {
  await preparePackages(BROWSER_PACKAGES, progress);
  await using opened = new AsyncDisposableStack();
  const keep = <T>(part: T, close: (part: T) => Promise<unknown>): T =>
    opened.adopt(part, async (kept) => {
      await close(kept);
    });

  const folder = keep(await mkdtemp(join(tmpdir(), 'ringcue-scene-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const clientList = join(folder, 'clients.csv');
  await writeFile(clientList, clients);
  const crm = keep(await openCrm(), (part) => part.close());
  const office = opened.use(
    await openOffice({ asterisk: '22', driver: 'pjsip', phones: ['101', '102'], progress }),
  );
  const { host, port, accounts } = office.ami;
  const relay = opened.use(
    await startRelay(
      { host, port, ...accounts.ringcue },
      {
        RINGCUE_CLIENTS: clientList,
        RINGCUE_CARD_URL: `${crm.url}/clients/{id}`,
        RINGCUE_UNKNOWN_URL: `${crm.url}/search?phone={number}`,
      },
    ),
  );
  await relay.isReady();
  const desktop = keep(await openDesktop(), (part) => part.close());
  // One of its own, as another run on this machine may build anew while a browser still reads.
  const addOn = await buildAddOn(name, join(folder, 'add-on'));
  const browser = keep(await OPENERS[name]({ addOn, desktop, language }), (part) => part.close());
  const all = opened.move();
  return { desktop, office, relay, crm, browser, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
