// `npm run package`: the add-on as companies and stores take it. For stores always; where the relay's address is told, also
// what that relay hands out (`add-on/`) and the files by which IT rolls it out (`policies/`). The same sources, key and
// address give the same bytes. Shell; called by tests/run.ts and the browser tests.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GECKO_ID, type Packing } from '../../manifest.config.ts';
import project from '../../package.json' with { type: 'json' };
import { buildAddOn } from '../build.ts';
import { archive } from './archive.ts';
import { chromiumIdOf, packCrx, publicKeyOf } from './crx.ts';
import { keyFrom } from './key.ts';
import { writePolicies } from './policies.ts';
import { chromiumUpdates, firefoxUpdates } from './update-manifests.ts';

export type PackageOptions = {
  /** Everything of this packing goes there; what else is there stays. */
  outDir: string;
  /** The address that staff enter; null: for stores only. */
  relay: string | null;
  keyFile: string;
  version?: string;
};

export type Packaged = { files: string[]; chromiumId: string | null; isKeyNew: boolean };

export async function packageAddOn(options: PackageOptions): Promise<Packaged> {
  const { outDir, version = project.version } = options;
  const relay = options.relay === null ? null : readRelay(options.relay);
  const files: string[] = [];
  const write = (name: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(outDir, name)), { recursive: true });
    writeFileSync(join(outDir, name), content);
    files.push(name);
  };
  write('stores/ringcue-chrome-edge.zip', await pack('chromium', { version }));
  write('stores/ringcue-firefox.zip', await pack('firefox', { version }));
  if (relay === null) return { files, chromiumId: null, isKeyNew: false };

  const { key, isNew } = keyFrom(options.keyFile);
  const chromiumId = chromiumIdOf(key);
  const at = (name: string): string => `${relay}/add-on/${name}`;
  const chromium = await pack('chromium', {
    version,
    key: publicKeyOf(key).toString('base64'),
    updateUrl: at('updates.xml'),
  });
  const crx = packCrx(chromium, key);
  write('add-on/ringcue.crx', crx);
  write('add-on/ringcue.xpi', await pack('firefox', { version, updateUrl: at('updates.json') }));
  write('add-on/updates.xml', chromiumUpdates(chromiumId, version, at('ringcue.crx')));
  write('add-on/updates.json', firefoxUpdates(GECKO_ID, version, at('ringcue.xpi')));
  // Last: a relay that reads the folder meanwhile takes nothing before these agree.
  const contents = { version, chromiumId, crxSha256: createHash('sha256').update(crx).digest('hex') };
  write('add-on/contents.json', `${JSON.stringify(contents, null, 2)}\n`);
  writePolicies(join(outDir, 'policies'), {
    relay,
    chromiumId,
    updatesUrl: at('updates.xml'),
    xpiUrl: at('ringcue.xpi'),
  });
  return { files: [...files, 'policies/'], chromiumId, isKeyNew: isNew };
}

async function pack(browser: 'chromium' | 'firefox', packing: Packing): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'ringcue-package-'));
  try {
    return archive(await buildAddOn(browser, folder, packing));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Throws what is wrong with it. */
function readRelay(typed: string): string {
  const url = URL.canParse(typed) ? new URL(typed) : null;
  const isWell =
    url !== null && /^https?:$/.test(url.protocol) && url.search + url.hash + url.username === '';
  if (!isWell)
    throw new Error(
      `"${typed}" is not the address that staff enter: write it whole, such as https://ringcue.example`,
    );
  return url.href.replace(/\/+$/, '');
}
