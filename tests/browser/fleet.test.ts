// The add-on rolled out as IT does it, with the very files that `npm run package` writes: the browser installs it by policy from
// the relay, is set up and paired by policy without anybody at its screen, shows who calls, and takes the next version by
// itself. As root, as policies lie in /etc. RINGCUE_PICTURES: a folder for pictures of the pages.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { packageAddOn } from '../../extension/packaging/package.ts';
import type { RelayProcess } from '../relay/relay-process.ts';
import type { AddOnPage, Browser } from './browser.ts';
import type { Desktop } from './desktop.ts';
import { invite } from './invite.ts';
import { CHROMIUM_POLICY, FIREFOX_POLICY, openPolicyFile } from './policy-files.ts';
import type { PolicyFile } from './policy-files.ts';
import { OPENERS, openCompany } from './scene.ts';
import type { Company } from './scene.ts';
import { until, within } from './wait.ts';

const ANNA = { number: '+79161234567', name: 'Anna Petrova' };
const CLIENTS = `id;name;numbers\n17;${ANNA.name};8 (916) 123-45-67\n`;
const RINGS = /incoming call/i;
const [OLD, NEW] = ['7.0.1', '7.0.2'];
const HELP = 'Ask Igor, room 12.\nHe has a spare headset, too.';
/** What a browser needs to learn of a policy, fetch, install and connect, on a busy machine. */
const ROLLS_OUT_MS = 40_000;
/** Firefox looks every half a minute at most, whatever it is told. */
const UPDATES_MS = 90_000;
const PAGE_MS = 5_000;
const LIMITS = {
  timeout: 200_000,
  skip: process.getuid?.() === 0 ? false : 'policies lie in /etc, so this needs root',
};

test('in chromium, IT’s policy installs, sets up, pairs and updates the add-on', LIMITS, (t) =>
  live(t, 'chromium', CHROMIUM_POLICY, 'linux/chrome.json', async (scene) => {
    // First the relay's address alone, as the file is; the rest comes while the browser runs.
    await scene.policy.write(await scene.rollout());
    const { browser, options } = await scene.begin();
    await isLocked(options, 'Relay address', scene.relay.address);
    assert.doesNotMatch(await options.text(), /Help from your IT department/);
    await scene.policy.write(await scene.rollout(await scene.personal()));
    return { browser, options };
  }),
);
test('in firefox, IT’s policy installs, sets up, pairs and updates the add-on', LIMITS, (t) =>
  live(t, 'firefox', FIREFOX_POLICY, 'linux/firefox/policies.json', async (scene) => {
    await scene.policy.write(await scene.rollout(await scene.personal()));
    const { browser, options } = await scene.begin();
    await isLocked(options, 'Relay address', scene.relay.address);
    return { browser, options };
  }),
);

type Began = { browser: Browser; options: AddOnPage };
type Scene = {
  company: Company;
  relay: RelayProcess;
  policy: PolicyFile;
  /** The file that IT copies, with these settings beside. */
  rollout(settings?: Record<string, unknown>): Promise<unknown>;
  /** What a policy for one person says. */
  personal(): Promise<Record<string, unknown>>;
  /** The browser is opened for the first time on this computer. */
  begin(): Promise<Began>;
};

async function live(
  t: TestContext,
  name: Browser['name'],
  policyPath: string,
  copied: string,
  rollOut: (scene: Scene) => Promise<Began>,
): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const company = opened.use(await openCompany({ clients: CLIENTS, progress: (line) => t.diagnostic(line) }));
  const packages = opened.adopt(await mkdtemp(join(tmpdir(), 'ringcue-packages-')), (folder) =>
    rm(folder, { recursive: true, force: true }),
  );
  const settings = { RINGCUE_AUTH: 'pairing', RINGCUE_ADD_ON_FOLDER: join(packages, 'add-on') };
  const relay = opened.use(await company.startRelay(settings));
  const handOut = async (version: string): Promise<void> => {
    const address = `http://${relay.address}/`;
    await packageAddOn({ outDir: packages, relay: address, keyFile: join(packages, 'key.pem'), version });
    await relay.logs((line) => line['version'] === version, `that it hands out ${version}`);
  };
  await handOut(OLD);
  const policy = opened.use(await openPolicyFile(policyPath));
  const { desktop, addOn } = await company.seat();
  const begin = async (): Promise<Began> => {
    const browser = opened.adopt(
      await OPENERS[name]({ addOn: await addOn(name), desktop, language: 'en', isRolledOut: true }),
      (part) => part.close(),
    );
    return { browser, options: await browser.open('options') };
  };
  try {
    const { browser, options } = await rollOut({
      ...{ company, relay, policy, begin },
      rollout: async (more = {}) =>
        withSettings(await readFile(join(packages, 'policies', copied), 'utf8'), more),
      personal: async () => ({
        extension: '101',
        invitation: (await invite(company, relay, '101')).link,
        helpText: HELP,
        helpLink: 'javascript:alert(1)',
      }),
    });
    await works(options, name);
    // Whoever comes to the relay's page without a policy is told what his own browser can do.
    const front = await browser.visit(`http://${relay.address}/`);
    await front.reads(
      name === 'firefox' ? 'Install for Firefox' : 'takes Ringcue from your IT department only',
    );
    await front.close();
    await rings(company, desktop);
    await options.close();

    const startedAt = performance.now();
    await handOut(NEW);
    await browser.lookForUpdate();
    const renewed = await until(UPDATES_MS, `the add-on to be ${NEW}`, async () => {
      // One that is opened as the new version begins is closed under our hands.
      const page = await within(PAGE_MS, 'the page', browser.open('options'));
      if ((await page.text()).includes(`Ringcue ${NEW}`)) return page;
      await page.close();
      return undefined;
    });
    t.diagnostic(
      `${NEW} was there ${((performance.now() - startedAt) / 1000).toFixed(1)} s after it was packed`,
    );
    await renewed.reads(/101\s+Calls are shown\./);
    await rings(company, desktop);
  } catch (error) {
    t.diagnostic(`The relay wrote:\n${relay.log.map((line) => JSON.stringify(line)).join('\n')}`);
    throw error;
  }
}

/** `text`: a file of policies. Chromium and Firefox write the same with other letters. */
function withSettings(text: string, more: Record<string, unknown>): unknown {
  type Folder = Record<string, Record<string, Record<string, unknown>>>;
  const file = JSON.parse(text) as Folder & { policies?: Folder };
  const third = (file.policies ?? file)['3rdparty'] ?? assert.fail();
  for (const settings of Object.values(third['extensions'] ?? third['Extensions'] ?? assert.fail()))
    Object.assign(settings as Record<string, unknown>, more);
  // Chromium lets nobody look into what a policy has installed, drivers of tests included, unless it is told to.
  if (file.policies === undefined) return { ...file, DeveloperToolsAvailability: 1 };
  // Nobody has signed this package; an ESR takes it where IT says so.
  const Preferences = { 'xpinstall.signatures.required': { Value: false, Status: 'locked' } };
  return { policies: { ...file.policies, Preferences } };
}

/** The page says that IT has set it, and takes no other value. */
async function isLocked(options: AddOnPage, label: string, value: string): Promise<void> {
  await until(
    ROLLS_OUT_MS,
    `the policy's ${label}`,
    async () => (await options.value(label)) === value || undefined,
  );
  await options.reads('Set by your IT department.');
}

/** Set up, paired and connected, with what IT says about help; the value that nobody can use is named, and stops nothing. */
async function works(options: AddOnPage, name: Browser['name']): Promise<void> {
  await options.reads(/101\s+Calls are shown\./, ROLLS_OUT_MS);
  await isLocked(options, 'Your extension', '101');
  const text = await options.reads(
    /Help from your IT department\s+Ask Igor, room 12.\s+He has a spare headset, too\./,
  );
  assert.match(text, /cannot be used: helpLink/);
  assert.match(text, new RegExp(`Ringcue ${OLD}`));
  assert.doesNotMatch(text, /Another extension|Open the help page/);
  const folder = process.env['RINGCUE_PICTURES'];
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true });
    await options.picture(join(folder, `options-policy-en-${name}.png`));
  }
  assert.deepEqual(await options.findings(), []);
}

async function rings({ office }: Company, desktop: Desktop): Promise<void> {
  const anna = office.client(ANNA);
  await anna.calls(office.phone('101'));
  await desktop.shows({ title: ANNA.name, text: RINGS });
  await anna.hangsUp();
  desktop.dismiss((await desktop.shows({ title: ANNA.name, text: /missed at/i })).id);
}
