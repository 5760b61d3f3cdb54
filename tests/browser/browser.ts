// What every test needs of a browser with the add-on in it, the same for Chromium and Firefox: its tabs, and the
// add-on's pages used as a person uses them, by what is written on them. Called by the tests and the demo;
// implemented by chromium.ts and firefox.ts.
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as z from 'zod';
import type { Profile } from './profile.ts';
import { until } from './wait.ts';

const WAIT_MS = 10_000;

export type Language = 'en' | 'ru';
export type PageName = 'options' | 'popup';

export interface BrowserOptions {
  /** The built add-on's folder. */
  addOn: string;
  /** Where its notifications go. */
  desktop: { readonly busAddress: string };
  language: Language;
  /** Without a window; true unless said otherwise. */
  isHeadless?: boolean;
  /** IT's policy installs the add-on, as `policy-files.ts` has written it; the folder only says what its pages are. */
  isRolledOut?: boolean;
  /** A profile that outlives the browser, for one that is opened again; otherwise a new one, which goes with it. */
  profile?: Profile;
}

export interface Browser {
  readonly name: 'chromium' | 'firefox';
  /** Opens a page of the add-on in a tab of its own. */
  open(page: PageName): Promise<AddOnPage>;
  /** Opens a page of the web in a tab of its own. */
  visit(url: string): Promise<AddOnPage>;
  /** All tabs at this moment, oldest first. */
  tabs(): Promise<BrowserTab[]>;
  /** Has the browser look for a newer add-on now, where it would in hours. */
  lookForUpdate(): Promise<void>;
  /** Ends the browser, by its process id where it does not go by itself, and removes a profile of its own. */
  close(): Promise<void>;
}

export interface BrowserTab {
  url: string;
  /** It is the one that is seen. */
  isInFront: boolean;
}

export interface AddOnPage {
  /** Types `text` into the field with that label, in place of what stands there. */
  fill(label: string, text: string): Promise<void>;
  /** Clicks the button with that name. */
  press(button: string): Promise<void>;
  /** What stands in the field with that label. */
  value(label: string): Promise<string>;
  /** The page's text as it is seen now. */
  text(): Promise<string>;
  /** Returns the page's text once it contains, or matches, `wanted`. */
  reads(wanted: string | RegExp, withinMs?: number): Promise<string>;
  /** What axe-core has to object, one line each; empty: nothing. */
  findings(): Promise<string[]>;
  /** Writes a picture of the whole page (PNG). */
  picture(file: string): Promise<void>;
  close(): Promise<void>;
}

/** What a driver can do with one tab; Playwright's page and Puppeteer's page both fit. */
export interface Tab {
  evaluate<R, A>(run: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
  /** Runs a script's text in the page. */
  inject(script: string): Promise<unknown>;
  fill(label: string, text: string): Promise<void>;
  press(button: string): Promise<void>;
  picture(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The size in which a page is shown, in CSS pixels: a tab, and about what a popup gets. */
export const PAGE_SIZES: Record<PageName, { width: number; height: number }> = {
  options: { width: 900, height: 900 },
  popup: { width: 340, height: 480 },
};

/** The add-on's page in a tab. */
export function addOnPage(tab: Tab): AddOnPage {
  const text = () => tab.evaluate(() => document.body.innerText, undefined);
  return {
    fill: (label, value) => tab.fill(label, value),
    press: (button) => tab.press(button),
    value: (label) => tab.evaluate(valueOf, label),
    text,
    reads: async (wanted, ms = WAIT_MS) => {
      let seen = '';
      return until(
        ms,
        () => `the page to read ${String(wanted)}; it reads:\n${seen}`,
        async () => {
          seen = await text();
          const isThere = typeof wanted === 'string' ? seen.includes(wanted) : wanted.test(seen);
          return isThere ? seen : undefined;
        },
      );
    },
    findings: async () => {
      await tab.inject(await axeSource());
      return tab.evaluate(auditPage, undefined);
    },
    picture: async (file) => {
      await writeFile(file, await tab.picture());
    },
    close: () => tab.close(),
  };
}

/** What `look` makes of each page; one that closes while it is looked at is no tab any more. */
export async function lookAtTabs<P>(
  pages: P[],
  look: (page: P) => Promise<BrowserTab>,
): Promise<BrowserTab[]> {
  const looks = await Promise.allSettled(pages.map(look));
  return looks.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** What a built add-on says of itself. */
export async function readManifest(
  folder: string,
): Promise<{ geckoId: string; pages: Record<PageName, string> }> {
  const manifest = manifestShape.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
  return {
    geckoId: manifest.browser_specific_settings?.gecko.id ?? '',
    pages: { options: manifest.options_ui.page, popup: manifest.action.default_popup },
  };
}

const manifestShape = z.object({
  options_ui: z.object({ page: z.string() }),
  action: z.object({ default_popup: z.string() }),
  browser_specific_settings: z.optional(z.object({ gecko: z.object({ id: z.string() }) })),
});

const axeSource = (): Promise<string> =>
  readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// The functions below run in the page and so may use nothing from around them.

function valueOf(label: string): string {
  for (const field of document.querySelectorAll('input, select, textarea')) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) continue;
    if ([...(field.labels ?? [])].some((one) => one.textContent.trim() === label)) return field.value;
  }
  throw new Error(`no field with the label ${label}`);
}

async function auditPage(): Promise<string[]> {
  type Violation = { id: string; help: string; nodes: { html: string }[] };
  const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
  const { violations } = await axe.run();
  return violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`,
  );
}
