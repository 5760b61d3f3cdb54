// Which version of the add-on this is, as the browser knows it. Shell; the options page shows it to whoever helps.
import browser from 'webextension-polyfill';

export const readVersion = (): string => browser.runtime.getManifest().version;
