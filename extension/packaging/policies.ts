// The files by which IT rolls the add-on out, for Windows, macOS and Linux: install it by force, and set the relay. All of
// them are made from one description. package.ts writes those of a company; `node extension/packaging/policies.ts` writes the
// examples of extension/policies anew. [chromeenterprise.google/policies; mozilla.github.io/policy-templates]
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GECKO_ID } from '../../manifest.config.ts';
import { renderPowerShell, renderRegistry, type RegistryKey } from './registry.ts';
import { escapeXml } from './update-manifests.ts';

export type Rollout = {
  /** As staff would enter it, without a stroke at its end. */
  relay: string;
  chromiumId: string;
  updatesUrl: string;
  xpiUrl: string;
};

/** What extension/policies is rendered with. */
export const EXAMPLE: Rollout = {
  relay: 'https://ringcue.example',
  chromiumId: 'abcdefghijklmnopabcdefghijklmnop',
  updatesUrl: 'https://ringcue.example/add-on/updates.xml',
  xpiUrl: 'https://ringcue.example/add-on/ringcue.xpi',
};

type Value = string | boolean | { [name: string]: Value };
type Policies = { [name: string]: Value };
type Chromium = 'chrome' | 'edge';

/** What the add-on itself is told; public/managed-schema.json has all that there is. */
const settingsOf = ({ relay }: Rollout): Policies => ({ relay });

/** Each shows the button in its own words. */
const SHOWN: Readonly<Record<Chromium, Policies>> = {
  chrome: { toolbar_pin: 'force_pinned' },
  edge: { toolbar_state: 'force_shown' },
};

const chromiumInstall = (browser: Chromium, { updatesUrl }: Rollout): Policies => ({
  installation_mode: 'force_installed',
  update_url: updatesUrl,
  override_update_url: true,
  ...SHOWN[browser],
});

const firefoxInstall = ({ xpiUrl }: Rollout): Policies => ({
  installation_mode: 'force_installed',
  install_url: xpiUrl,
  default_area: 'navbar',
});

const chromiumPolicies = (browser: Chromium, rollout: Rollout): Policies => ({
  ExtensionSettings: { [rollout.chromiumId]: chromiumInstall(browser, rollout) },
  '3rdparty': { extensions: { [rollout.chromiumId]: settingsOf(rollout) } },
});

export const firefoxPolicies = (rollout: Rollout): Policies => ({
  ExtensionSettings: { [GECKO_ID]: firefoxInstall(rollout) },
  '3rdparty': { Extensions: { [GECKO_ID]: settingsOf(rollout) } },
});

/** `linux/chrome.json` → its text, and so on. */
export function renderPolicies(rollout: Rollout): Readonly<Record<string, string>> {
  const keys = registryKeys(rollout);
  return {
    'linux/chrome.json': json(chromiumPolicies('chrome', rollout)),
    'linux/edge.json': json(chromiumPolicies('edge', rollout)),
    'linux/firefox/policies.json': json({ policies: firefoxPolicies(rollout) }),
    'macos/ringcue.mobileconfig': mobileConfig(rollout),
    'windows/ringcue.reg': renderRegistry(keys),
    'windows/ringcue.ps1': renderPowerShell(keys),
    'windows/intune.txt': intune(rollout),
  };
}

const json = (value: Value): string => `${JSON.stringify(value, null, 2)}\n`;

const VENDORS: Readonly<Record<Chromium, string>> = { chrome: 'Google\\Chrome', edge: 'Microsoft\\Edge' };

function registryKeys(rollout: Rollout): RegistryKey[] {
  const root = 'SOFTWARE\\Policies';
  const flat = (policies: Policies) => policies as RegistryKey['values'];
  const firefox = `${root}\\Mozilla\\Firefox`;
  return [
    ...(['chrome', 'edge'] as const).flatMap((browser) => [
      {
        path: `${root}\\${VENDORS[browser]}\\ExtensionSettings\\${rollout.chromiumId}`,
        values: flat(chromiumInstall(browser, rollout)),
      },
      {
        path: `${root}\\${VENDORS[browser]}\\3rdparty\\extensions\\${rollout.chromiumId}\\policy`,
        values: flat(settingsOf(rollout)),
      },
    ]),
    // Firefox reads this one as a text of JSON.
    {
      path: firefox,
      values: {
        ExtensionSettings: { lines: [JSON.stringify(firefoxPolicies(rollout)['ExtensionSettings'])] },
      },
    },
    { path: `${firefox}\\3rdparty\\Extensions\\${GECKO_ID}`, values: flat(settingsOf(rollout)) },
  ];
}

/** [Apple: Configuration Profile Reference] One payload for each program's preferences. */
function mobileConfig(rollout: Rollout): string {
  const { chromiumId } = rollout;
  const install = (browser: Chromium) => ({
    ExtensionSettings: { [chromiumId]: chromiumInstall(browser, rollout) },
  });
  const payloads: [type: string, content: Policies][] = [
    ['com.google.Chrome', install('chrome')],
    [`com.google.Chrome.extensions.${chromiumId}`, settingsOf(rollout)],
    ['com.microsoft.Edge', install('edge')],
    [`com.microsoft.Edge.extensions.${chromiumId}`, settingsOf(rollout)],
    ['org.mozilla.firefox', { EnterprisePoliciesEnabled: true, ...firefoxPolicies(rollout) }],
  ];
  const payload = (type: string, content: Policies): string =>
    dict(
      {
        ...content,
        PayloadType: type,
        PayloadIdentifier: `ringcue.${type}`,
        PayloadUUID: uuidOf(type + rollout.relay),
        PayloadDisplayName: `Ringcue (${type})`,
      },
      '    ',
      '<key>PayloadVersion</key><integer>1</integer>',
    );
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadContent</key>
  <array>
${payloads.map(([type, content]) => `    ${payload(type, content)}`).join('\n')}
  </array>
  <key>PayloadDisplayName</key><string>Ringcue</string>
  <key>PayloadIdentifier</key><string>ringcue</string>
  <key>PayloadScope</key><string>System</string>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadUUID</key><string>${uuidOf(rollout.relay)}</string>
  <key>PayloadVersion</key><integer>1</integer>
</dict>
</plist>
`;
}

function dict(values: Policies, indent: string, ...more: string[]): string {
  const inner = `${indent}  `;
  const entries = Object.entries(values).map(([name, value]) => {
    const written =
      typeof value === 'string'
        ? `<string>${escapeXml(value)}</string>`
        : typeof value === 'boolean'
          ? `<${value}/>`
          : dict(value, inner);
    return `${inner}<key>${escapeXml(name)}</key>${written}`;
  });
  return ['<dict>', ...entries, ...more.map((line) => inner + line), `${indent}</dict>`].join('\n');
}

/** The same for the same words, so that a profile that is installed again replaces the one before [RFC 9562 5.8]. */
function uuidOf(words: string): string {
  const hex = createHash('sha256').update(words).digest('hex').toUpperCase();
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function intune(rollout: Rollout): string {
  const settings = (browser: Chromium) =>
    JSON.stringify({ [rollout.chromiumId]: chromiumInstall(browser, rollout) });
  return `Ringcue by Microsoft Intune

1. Edge: Devices, Configuration, Settings catalog, Microsoft Edge, Extensions, "Configure extension management settings":
${settings('edge')}

2. Chrome: the same catalog, Google Chrome, Extensions, "Extension management settings"; or, after importing chrome.admx, as
OMA-URI ./Device/Vendor/MSFT/Policy/Config/Chrome~Policy~googlechrome~Extensions/ExtensionSettings (String):
<enabled/><data id="ExtensionSettings" value='${settings('chrome')}'/>

3. Firefox: after importing firefox.admx, as
OMA-URI ./Device/Vendor/MSFT/Policy/Config/Firefox~Policy~firefox~Extensions/ExtensionSettings (String):
<enabled/><data id="ExtensionSettings" value='${JSON.stringify(firefoxPolicies(rollout)['ExtensionSettings'])}'/>

4. The add-on's own settings (the relay's address) have no template of these vendors: deploy ringcue.ps1 as a platform
script (run as system, 64 bit). It writes all keys of ringcue.reg, so it can also stand in place of 1 to 3.
`;
}

/** Writes below `folder`. */
export function writePolicies(folder: string, rollout: Rollout): void {
  for (const [name, text] of Object.entries(renderPolicies(rollout))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

if (import.meta.main) writePolicies(join(import.meta.dirname, '../policies'), EXAMPLE);
