// What `npm run package` makes: packages that stores and browsers take, the same bytes each time, and files for IT that say
// what they mean, whatever stands in the relay's address.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import { SaxesParser } from 'saxes';
import { chromiumIdOf, packCrx } from '../../extension/packaging/crx.ts';
import { keyFrom } from '../../extension/packaging/key.ts';
import { packageAddOn, type Packaged } from '../../extension/packaging/package.ts';
import { EXAMPLE, renderPolicies } from '../../extension/packaging/policies.ts';
import { renderPowerShell, renderRegistry } from '../../extension/packaging/registry.ts';
import { chromiumUpdates } from '../../extension/packaging/update-manifests.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringcue-packaging-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const read = (path: string): Buffer => readFileSync(join(folder, path));
const filesBelow = (path: string): string[] =>
  readdirSync(join(folder, path), { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, path, name)).isFile())
    .sort();
const manifestIn = (zip: Uint8Array) =>
  JSON.parse(strFromU8(unzipSync(zip)['manifest.json'] ?? new Uint8Array())) as Record<string, unknown> & {
    browser_specific_settings?: { gecko: Record<string, unknown> };
  };

let first: Packaged;
let second: Packaged;
before(async () => {
  const options = { relay: 'https://ringcue.example/base/', keyFile: join(folder, 'keys/key.pem') };
  first = await packageAddOn({ ...options, outDir: join(folder, 'first') });
  second = await packageAddOn({ ...options, outDir: join(folder, 'second') });
});

test('packed twice, every file is the same to the byte', () => {
  const names = filesBelow('first');
  assert.ok(names.length > 10, String(names));
  assert.deepEqual(filesBelow('second'), names);
  for (const name of names) assert.ok(read(`first/${name}`).equals(read(`second/${name}`)), name);
});

test('the key is made once, for its owner’s eyes only, and gives the id; a file that is no key is named', () => {
  assert.deepEqual([first.isKeyNew, second.isKeyNew], [true, false]);
  assert.equal(first.chromiumId, second.chromiumId);
  assert.equal(statSync(join(folder, 'keys/key.pem')).mode & 0o777, 0o600);
  const broken = join(folder, 'broken.pem');
  writeFileSync(broken, 'no key');
  assert.throws(() => keyFrom(broken), /broken\.pem is no private key in PEM/);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(broken, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  assert.throws(() => keyFrom(broken), /must hold an RSA key/);
});

test('packages for stores name no key and no place for updates; those of the relay name both', () => {
  const store = manifestIn(read('first/stores/ringcue-chrome-edge.zip'));
  assert.equal('key' in store || 'update_url' in store, false);
  assert.deepEqual(store['storage'], { managed_schema: 'managed-schema.json' });
  assert.ok('managed-schema.json' in unzipSync(read('first/stores/ringcue-chrome-edge.zip')));
  const firefoxStore = manifestIn(read('first/stores/ringcue-firefox.zip'));
  assert.equal('update_url' in (firefoxStore.browser_specific_settings?.gecko ?? {}), false);

  const { zip } = readCrx(read('first/add-on/ringcue.crx'));
  const own = manifestIn(zip);
  assert.equal(own['update_url'], 'https://ringcue.example/base/add-on/updates.xml');
  const idOfKey = createHash('sha256').update(Buffer.from(String(own['key']), 'base64'));
  assert.equal(letters(idOfKey.digest().subarray(0, 16)), first.chromiumId);
  const firefox = manifestIn(read('first/add-on/ringcue.xpi'));
  assert.equal(
    firefox.browser_specific_settings?.gecko['update_url'],
    'https://ringcue.example/base/add-on/updates.json',
  );
});

test('the updates lead to the packages, in the version that they are', () => {
  const { version } = manifestIn(read('first/add-on/ringcue.xpi'));
  const xml = read('first/add-on/updates.xml').toString();
  assert.match(xml, new RegExp(`appid="${first.chromiumId}"`));
  assert.match(
    xml,
    new RegExp(`codebase="https://ringcue.example/base/add-on/ringcue.crx" version="${String(version)}"`),
  );
  assert.deepEqual(JSON.parse(read('first/add-on/updates.json').toString()), {
    addons: {
      'ringcue@ringcue.example': {
        updates: [{ version, update_link: 'https://ringcue.example/base/add-on/ringcue.xpi' }],
      },
    },
  });
});

test('a CRX3 is signed by the key that makes its id, and a changed byte breaks it', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const zip = Buffer.from('PK – as far as the signature is concerned');
  const crx = packCrx(zip, privateKey);
  assert.equal(readCrx(crx).id, chromiumIdOf(privateKey));
  assert.ok(readCrx(crx).isSigned);
  const changed = Buffer.from(crx);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  assert.equal(readCrx(changed).isSigned, false);
});

test('without a relay there are the packages for stores alone, and no key is made', async () => {
  const outDir = join(folder, 'stores-only');
  const packed = await packageAddOn({ outDir, relay: null, keyFile: join(folder, 'none.pem') });
  assert.deepEqual(packed.files, ['stores/ringcue-chrome-edge.zip', 'stores/ringcue-firefox.zip']);
  assert.equal(filesBelow('.').includes('none.pem'), false);
});

for (const relay of [
  'ringcue.example',
  'ftp://ringcue.example',
  'https://u:p@ringcue.example',
  'https://r.example/?a=1',
  '',
])
  test(`"${relay}" is no address to pack for, and nothing is written`, async () => {
    const outDir = join(folder, 'refused');
    await assert.rejects(
      packageAddOn({ outDir, relay, keyFile: join(folder, 'refused.pem') }),
      /is not the address that staff enter: write it whole/,
    );
    assert.throws(() => readdirSync(outDir), /ENOENT/);
  });

test('the examples in extension/policies are as the packing renders them', () => {
  const examples = new URL('../../extension/policies/', import.meta.url);
  const rendered = renderPolicies(EXAMPLE);
  for (const [name, text] of Object.entries(rendered))
    assert.equal(
      readFileSync(new URL(name, examples), 'utf8'),
      text,
      'run: node extension/packaging/policies.ts',
    );
  const kept = readdirSync(examples, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  assert.equal(kept.length, Object.keys(rendered).length);
});

const AWKWARD = {
  relay: "https://ringcue.example/o'neil&<sons>",
  chromiumId: EXAMPLE.chromiumId,
  updatesUrl: "https://ringcue.example/o'neil&<sons>/add-on/updates.xml",
  xpiUrl: "https://ringcue.example/o'neil&<sons>/add-on/ringcue.xpi",
};

test('every file for IT names the relay and the packages, and an awkward address changes nothing else in it', () => {
  const policies = renderPolicies(AWKWARD);
  for (const browser of ['chrome', 'edge']) {
    const file = JSON.parse(policies[`linux/${browser}.json`] ?? '') as Record<
      string,
      Record<string, unknown>
    >;
    const settings = (file['ExtensionSettings'] ?? {})[EXAMPLE.chromiumId] as Record<string, unknown>;
    assert.equal(settings['update_url'], AWKWARD.updatesUrl);
    assert.deepEqual(file['3rdparty'], { extensions: { [EXAMPLE.chromiumId]: { relay: AWKWARD.relay } } });
  }
  const profile = textsOf(policies['macos/ringcue.mobileconfig'] ?? '');
  assert.equal(profile.filter((text) => text === AWKWARD.relay).length, 3);
  assert.equal(profile.filter((text) => text === AWKWARD.updatesUrl).length, 2);
  assert.ok(profile.includes(AWKWARD.xpiUrl));
  const uuids = profile.filter((text) => /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/.test(text));
  assert.equal(new Set(uuids).size, 6, 'each payload has a UUID of its own');
  const script = policies['windows/ringcue.ps1'] ?? '';
  assert.equal(script.split(`'https://ringcue.example/o''neil&<sons>'`).length - 1, 3);
  assert.deepEqual(textsOf(chromiumUpdates(EXAMPLE.chromiumId, '1', 'https://r.example/?a&b="<')), []);
});

test('a registry file holds texts, a yes and lines as Windows reads them, and the script writes the same', () => {
  const keys = [
    {
      path: 'SOFTWARE\\X',
      values: { 'a"b': 'C:\\"', yes: true, no: false, many: { lines: ['{é🔔}', 'b'] } },
    },
  ];
  const [header, , key, text, yes, no, many] = renderRegistry(keys).split('\r\n');
  assert.equal(header, 'Windows Registry Editor Version 5.00');
  assert.equal(key, '[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]');
  assert.equal(text, String.raw`"a\"b"="C:\\\""`);
  assert.deepEqual([yes, no], ['"yes"=dword:00000001', '"no"=dword:00000000']);
  const bytes = Buffer.from((many ?? '').replace('"many"=hex(7):', '').replaceAll(',', ''), 'hex');
  assert.equal(bytes.toString('utf16le'), '{é🔔}\0b\0\0');
  assert.match(renderPowerShell(keys), /-Name 'many' -PropertyType MultiString -Value @\('\{é🔔\}', 'b'\)/);
  assert.match(renderPowerShell(keys), /-Name 'yes' -PropertyType DWord -Value 1 /);
});

/** All texts between the tags; throws where it is not well-formed. */
function textsOf(xml: string): string[] {
  const parser = new SaxesParser();
  const texts: string[] = [];
  parser.on('text', (text) => {
    if (text.trim() !== '') texts.push(text.trim());
  });
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(xml).close();
  return texts;
}

const letters = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/./g, (digit) => 'abcdefghijklmnop'[parseInt(digit, 16)] ?? '');

/** Read by itself, after Chromium's crx_verifier.cc, and not by what has written it. */
function readCrx(crx: Buffer): { id: string; isSigned: boolean; zip: Buffer } {
  assert.equal(crx.subarray(0, 4).toString(), 'Cr24');
  assert.equal(crx.readUInt32LE(4), 3);
  const end = 12 + crx.readUInt32LE(8);
  const header = fieldsOf(crx.subarray(12, end));
  const proof = fieldsOf(header.get(2) ?? assert.fail('no proof'));
  const signedHeader = header.get(10_000) ?? assert.fail('no signed header');
  const [publicKey, signature] = [proof.get(1) ?? assert.fail(), proof.get(2) ?? assert.fail()];
  const crxId = fieldsOf(signedHeader).get(1) ?? assert.fail();
  assert.ok(crxId.equals(createHash('sha256').update(publicKey).digest().subarray(0, 16)));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(signedHeader.length);
  const zip = crx.subarray(end);
  const signed = Buffer.concat([Buffer.from('CRX3 SignedData\0'), length, signedHeader, zip]);
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  return { id: letters(crxId), isSigned: verify('sha256', signed, key, signature), zip };
}

/** Fields of bytes in a protobuf message, by their numbers. */
function fieldsOf(message: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>();
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = message[at++] ?? assert.fail('cut off');
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    assert.equal(tag % 8, 2, 'bytes of a length');
    const length = varint();
    fields.set((tag - 2) / 8, message.subarray(at, at + length));
    at += length;
  }
  return fields;
}
