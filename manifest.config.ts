// The add-on's manifest for both browsers, told apart by Vite's mode. Pure; read by extension/build.ts.
// Paths are relative to extension/. Least permissions: no host permission is needed for the socket or the probe.
// Standards: developer.chrome.com/docs/extensions/reference/manifest and MDN "manifest.json".
import project from './package.json' with { type: 'json' };

export type Browser = 'chromium' | 'firefox';

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
const chromium = {
  minimum_chrome_version: '120',
  background: { service_worker: 'background/main.ts', type: 'module' },
};

// 140: the first that knows data_collection_permissions. What the add-on sends goes to the company's own relay only.
const firefox = {
  background: { scripts: ['background/main.ts'], type: 'module' },
  browser_specific_settings: {
    gecko: {
      id: 'ringcue@ringcue.example',
      strict_min_version: '140.0',
      data_collection_permissions: { required: ['none'] },
    },
  },
};

export default function manifest({ mode }: { mode: string }) {
  return { ...shared, ...(mode === 'firefox' ? firefox : chromium) };
}
