// The add-on's manifest for both browsers, told apart by Vite's mode. Pure; read by extension/build.ts.
// Paths are relative to extension/. Least permissions: no host permission is needed for the socket or the probe.
// Standards: developer.chrome.com/docs/extensions/reference/manifest and MDN "manifest.json".
import project from './package.json' with { type: 'json' };

export type Browser = 'chromium' | 'firefox';
/** What a package has beside that a company hands out itself; stores refuse it. */
export type Packing = {
  version?: string;
  /** The public key that makes Chromium's id, as base64. */
  key?: string;
  /** Where the browser looks for newer versions. */
  updateUrl?: string;
};

/** Firefox's own name of the add-on, which policies call it by. */
export const GECKO_ID = 'ringcue@ringcue.example';

const icons = { 16: 'icons/16.png', 32: 'icons/32.png', 48: 'icons/48.png', 128: 'icons/128.png' };

// Firefox's own default adds `upgrade-insecure-requests`, which silently turns ws:// into wss://. `data:` is where
// Chromium loads a client's picture from; http(s) is the probe before each connection, and pictures in the popup.
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: http: https:",
  "connect-src 'self' data: ws: wss: http: https:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const shared = {
  manifest_version: 3,
  name: '__MSG_addOnName__',
  description: '__MSG_addOnDescription__',
  version: project.version,
  default_locale: 'en',
  icons,
  permissions: ['notifications', 'storage', 'alarms'],
  content_security_policy: { extension_pages: contentSecurityPolicy },
  action: { default_popup: 'popup/popup.html', default_icon: icons, default_title: '__MSG_addOnName__' },
  options_ui: { page: 'options/options.html', open_in_tab: true },
};

// 120: alarms every 30 s. 116 began to count WebSocket traffic as life.
const chromium = ({ key, updateUrl }: Packing) => ({
  minimum_chrome_version: '120',
  background: { service_worker: 'background/main.ts', type: 'module' },
  // Chromium passes a policy on only where its shape is declared; Firefox does not know this key.
  storage: { managed_schema: 'managed-schema.json' },
  ...(key !== undefined && { key }),
  ...(updateUrl !== undefined && { update_url: updateUrl }),
});

// 140: the first that knows data_collection_permissions. What the add-on sends goes to the company's own relay only.
const firefox = ({ updateUrl }: Packing) => ({
  background: { scripts: ['background/main.ts'], type: 'module' },
  browser_specific_settings: {
    gecko: {
      id: GECKO_ID,
      ...(updateUrl !== undefined && { update_url: updateUrl }),
      strict_min_version: '140.0',
      data_collection_permissions: { required: ['none'] },
    },
  },
});

export default function manifest({ mode, packing = {} }: { mode: string; packing?: Packing }) {
  const { version = project.version } = packing;
  return { ...shared, version, ...(mode === 'firefox' ? firefox(packing) : chromium(packing)) };
}
