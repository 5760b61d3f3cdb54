// Builds the add-on: `node extension/build.ts [chromium|firefox]`, both where none is named, into extension/dist.
// Called by `npm run build`, by the packaging, by the demo and by the browser tests. Shell.
import { resolve } from 'node:path';
import { crx, type ManifestV3Export } from '@crxjs/vite-plugin';
import { build } from 'vite';
import manifest, { type Browser, type Packing } from '../manifest.config.ts';

const root = import.meta.dirname;
const BROWSERS: readonly Browser[] = ['chromium', 'firefox'];

/** Builds for one browser into `outDir`, which is emptied; returns it, ready to be loaded unpacked. */
export async function buildAddOn(
  browser: Browser,
  outDir = resolve(root, 'dist', browser),
  packing: Packing = {},
): Promise<string> {
  await build({
    configFile: false,
    root,
    mode: browser,
    logLevel: 'warn',
    // crxjs's type knows Chrome's manifest only.
    plugins: [
      crx({
        manifest: manifest({ mode: browser, packing }) as unknown as ManifestV3Export,
        browser: browser === 'firefox' ? 'firefox' : 'chrome',
      }),
    ],
    build: {
      outDir,
      emptyOutDir: true,
      target: browser === 'firefox' ? 'firefox140' : 'chrome120',
      modulePreload: false,
    },
  });
  return outDir;
}

if (import.meta.main) {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !BROWSERS.some((browser) => browser === name));
  if (unknown.length > 0) {
    process.stderr.write(`No such browser: ${unknown.join(', ')}. Known: ${BROWSERS.join(', ')}.\n`);
    process.exit(64);
  }
  for (const browser of BROWSERS) {
    if (wanted.length > 0 && !wanted.includes(browser)) continue;
    process.stdout.write(`${await buildAddOn(browser)}\n`);
  }
}
